"""What sync is told about concerns, findings and escalations. All but the checks are pure."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from fieldforms import checking, sealing, suspects
from fieldforms.vocabulary import codes
from sync import oplog
from sync.entries import Entry
from sync.registry import Columns, Policy, Problem, RecordType, Reference, Refused

from . import life_cycle, scope
from .models import Concern, Escalation, Feedback, Finding, Gap, Resolution


def concern_columns(entry: Entry) -> Columns:
    return {
        "kind": _kind(entry.data), "observed": entry.observed, "reporter": entry.person,
        "skips": suspects.skipped(entry.data),
    }  # fmt: skip


def _kind(data: Mapping[str, Any]) -> str:
    """The first code of the list; a text that is none stays in the operation, sealed."""
    answers = data.get("answers")
    kinds = answers.get("concern_kinds") if isinstance(answers, Mapping) else None
    said = [data.get("kind"), *(kinds if isinstance(kinds, list) else [])]
    known = codes("concern_kind")
    return next((kind for kind in said if isinstance(kind, str) and kind in known), "")


def check_concerns(entries: Sequence[Entry]) -> list[list[Problem]]:
    return checking.check(entries)


def named_concerns(data: dict[str, Any]) -> list[UUID]:
    """The concern ids a resolution names; what is not an id closes nothing."""
    found = []
    given = data.get("concerns")
    for text in given if isinstance(given, list) else []:
        try:
            found.append(UUID(text))
        except (ValueError, TypeError, AttributeError):
            continue
    return found


def check_resolutions(entries: Sequence[Entry]) -> list[list[Problem]]:
    """Quarantines those whose author may not end a concern of that child: the danger stays open."""
    entitled = scope.may_resolve([entry for entry in entries if not entry.trusted])
    for entry in entries:
        if not entry.trusted and ("person" in entry.flags or entry.op not in entitled):
            entry.quarantine("not_allowed", "person", message=_NOT_ALLOWED)
    return [[] if named_concerns(entry.data) else [_NONE_NAMED] for entry in entries]


_NOT_ALLOWED = (
    "只有乡镇儿童督导员或县级民政部门可以结束关切，已保存待查。",
    "Only the township supervisor or the county may end a concern. It is kept for review.",
)
_NONE_NAMED = Problem(
    "concerns", "required", "没有指明要结束的关切。", "Names no concern to close."
)


def resolution_columns(entry: Entry) -> Columns:
    return {"concerns": named_concerns(entry.data), "observed": entry.observed}


def finding_columns(entry: Entry) -> Columns:
    data = entry.data
    return {
        "rule": data["rule"],
        "rule_version": data["rule_version"],
        "branch": data["branch"],
        "severity": data["severity"],
        "source": data["source"],
        "sealed": data["sealed"],
        "by_hand": data["by_hand"],
        "observed": dt.datetime.fromisoformat(data["observed"]),
        "received": dt.datetime.fromisoformat(data["received"]),
        "basis": list(data["basis"]),
        "cause": UUID(data["cause"]),
    }


def gap_columns(entry: Entry) -> Columns:
    data = entry.data
    return {
        "rule": data["rule"],
        "rule_version": data["rule_version"],
        "branch": data["branch"],
        "missing": list(data["missing"]),
        "ask": list(data.get("ask", [])),
        "sealed": data["sealed"],
        "observed": dt.datetime.fromisoformat(data["observed"]),
        "cause": UUID(data["cause"]),
    }


def render_opened(rows: Any, opened: Any) -> list[dict[str, Any]]:
    return [{"data": suspects.shown(sealing.opened(opened[row.id]))} for row in rows]


def feedback_columns(columns: Columns | None, entry: Entry) -> Columns:
    """Serialised, so that no phone can write one; it is said once and never changed."""
    if columns is not None:
        raise Refused(
            "target.taken", fields=["target"], zh="此编号已被使用。", en="This id is already taken."
        )
    return {
        "op": entry.op,
        "escalation": UUID(entry.data["escalation"]),
        "outcome": entry.data["outcome"],
        "sent_at": entry.received,
    }


def render_feedback(rows: Any, opened: Any) -> list[dict[str, Any]]:
    told = oplog.contents(row.op for row in rows)
    return [
        {
            "escalation": str(row.escalation),
            "outcome": row.outcome,
            "text": told.get(row.op, {}).get("text", ""),
            "sent": row.sent_at.isoformat(),
        }
        for row in rows
    ]


CONCERN = RecordType(
    name="concern", model=Concern, policy=Policy.APPEND, kinds={"concern.raise": True},
    columns=["kind", "observed", "reporter", "skips"], check=check_concerns, project=concern_columns,
    render=render_opened, urgent=True, references=[Reference("visit", "visit")],
    harmless={"reporter": "who raised it"},
)  # fmt: skip
RESOLUTION = RecordType(
    name="resolution", model=Resolution, policy=Policy.APPEND, kinds={"concern.resolve": True},
    columns=["concerns", "observed"], check=check_resolutions, project=resolution_columns,
    render=render_opened, references=[Reference("concerns", "concern", many=True)],
)  # fmt: skip
FINDING = RecordType(
    name="finding", model=Finding, policy=Policy.APPEND, kinds={"finding.record": True},
    columns=[
        "rule", "rule_version", "branch", "severity", "source", "sealed", "by_hand", "observed",
        "received", "basis", "cause",
    ],
    project=finding_columns, server_only=True,
    harmless={"cause": "the operation it follows from; the server names it"},
)  # fmt: skip
GAP = RecordType(
    name="gap", model=Gap, policy=Policy.APPEND, kinds={"gap.record": True},
    columns=["rule", "rule_version", "branch", "missing", "ask", "sealed", "observed", "cause"],
    project=gap_columns, server_only=True,
    harmless={"cause": "the operation it follows from; the server names it"},
)  # fmt: skip
ESCALATION = RecordType(
    name="escalation", model=Escalation, policy=Policy.SERIALISED, kinds=life_cycle.KINDS,
    columns=[
        "status", "severity", "deadline", "to", "sealed", "episode", "findings", "division",
        "opened_at", "observed_at", "received_at", "acknowledged_at", "acknowledged_by",
        "assigned_to", "resolved_at", "outcome", "closed_by_op", "level", "level_since",
        "waits_since", "climbs", "skips", "kept_out", "deadline_fallback", "reported_at",
        "reported_by", "uncalled_since", "uncalled_observed", "round_deadline", "resume",
    ],
    advance=life_cycle.advance, server_only=True,
    references=[Reference("findings", "finding", many=True)],
    harmless={
        **dict.fromkeys(("kept_out", "reported_by", "acknowledged_by", "assigned_to"), "people"),
        "closed_by_op": "the step that closed it",
    },
)  # fmt: skip
FEEDBACK = RecordType(
    name="feedback", model=Feedback, policy=Policy.SERIALISED, kinds={"feedback.send": True},
    columns=["op", "escalation", "outcome", "sent_at"], advance=feedback_columns,
    render=render_feedback, references=[Reference("escalation", "escalation")],
)  # fmt: skip
RECORD_TYPES = [CONCERN, RESOLUTION, FINDING, GAP, ESCALATION, FEEDBACK]
