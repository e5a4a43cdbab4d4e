"""How operations fold into a case. Pure: no database, no clock.

An operation holds what was decided when it was made: its clocks, and that its conditions held. Only
the order of steps, the revision and the approval are judged here, because only they can have changed.
"""

import datetime as dt
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from fieldforms.vocabulary import codes, label
from sync.entries import Entry
from sync.registry import Columns, Refused

from . import clocks
from .case_flow import STEPS, possible

PROPOSE, DECLINE = "case.propose", "case.decline"
# The server's own name no revision: they run under the child's lock and must never lose to a person
# who clicked at the same time.
BY_THE_SERVER = ("case.assessed", "case.transfer", "case.keep_out")
KINDS = {
    "case.open": True,
    **{f"case.{step}": False for step in STEPS},
    **dict.fromkeys((PROPOSE, DECLINE, *BY_THE_SERVER), False),
}
COLUMNS = [
    "status", "sealed", "skips", "kept_out", "division", "escalation", "worker", "opened_at", "opened_by", "since",
    "since_observed", "assessed_from", "clocks", "next_due", "placement", "temporary_ground",
    "temporary_on", "revocation_grounds", "applicant", "revoked_on", "guardian_kind",
    "intentional_crime", "monitor_days", "monitor_from", "monitor_until", "outcome", "closed_at",
    "proposed_step", "proposed_op", "proposed_by", "proposed_at",
]  # fmt: skip
_NO_PROPOSAL: Columns = {
    "proposed_step": "", "proposed_op": None, "proposed_by": None, "proposed_at": None,
}  # fmt: skip


def advance(columns: Columns | None, entry: Entry) -> Columns:
    """The case after one operation. Raises `Refused`: `stale`, `case.transition`, `case.approval`."""
    if entry.kind == "case.open":
        return _opened(columns, entry)
    if columns is None:
        raise Refused(
            "target.unknown", fields=["target"], zh="没有这个个案。", en="There is no such case."
        )
    before = {name: value for name, value in columns.items() if name != "revision"}
    if entry.kind == "case.transfer":
        return {**before, "division": entry.data["division"], "worker": None, **_NO_PROPOSAL}
    if entry.kind == "case.keep_out":
        hidden = _hidden(entry.data)
        freed = {"worker": None} if before["worker"] in hidden["kept_out"] else {}
        return {**before, **hidden, **freed}
    if entry.kind == "case.assessed":
        return _timed(before, (entry.data["ends"],), [])
    if entry.data.get("revision") != columns["revision"]:
        raise stale(columns["revision"])
    if entry.kind == PROPOSE:
        return _proposed(before, entry)
    if entry.kind == DECLINE:
        return {**before, **_NO_PROPOSAL}
    return _stepped(before, entry)


def stale(revision: int) -> Refused:
    return Refused(
        "stale",
        fields=["revision"],
        zh=f"个案已被他人更改（现为第 {revision} 版）。请刷新后再试。",
        en=f"Somebody changed the case (now revision {revision}). Reload it and try again.",
    )


def not_possible(status: str, step: str) -> Refused:
    """Says which steps are possible and what each needs, so that the answer is also the way on."""
    return Refused(
        "case.transition",
        fields=["step"],
        zh=f"“{label('case_state', status, 'zh')}”阶段不能“{_step(step, 'zh')}”。{_ways(status, 'zh')}",
        en=f"{label('case_state', status, 'en')}: “{_step(step, 'en')}” is not possible. "
        + _ways(status, "en"),
    )


def _ways(status: str, language: str) -> str:
    said = [f"{_step(name, language)}{_needs(name, language)}" for name in possible(status)]
    if not said:
        return "已结案，不能再变更。" if language == "zh" else "It is closed for good."
    if language == "zh":
        return f"可以：{'；'.join(said)}。"
    return f"Possible: {'; '.join(said)}."


def _needs(step: str, language: str) -> str:
    names = [label("case_field", n.name, language) for n in STEPS[step].needs if n.required]
    return f"（{'、'.join(names)}）" if language == "zh" else f" ({', '.join(names)})"


def _step(step: str, language: str) -> str:
    return label("case_step", step, language) if step in codes("case_step") else step


def _opened(columns: Columns | None, entry: Entry) -> Columns:
    if columns is not None:
        raise Refused(
            "target.taken", fields=["target"], zh="此编号已被使用。", en="This id is already taken."
        )
    data, running = entry.data, entry.data["clocks"]
    return {
        "status": "concern", "sealed": bool(data["sealed"]), **_hidden(data), "division": data["division"],
        "escalation": _uuid(data.get("escalation")), "worker": entry.person,
        "opened_at": entry.received, "opened_by": entry.person, "since": entry.received,
        "since_observed": entry.observed, "assessed_from": None, "clocks": running,
        "next_due": clocks.first(running), "placement": "", "temporary_ground": "",
        "temporary_on": None, "revocation_grounds": [], "applicant": "", "revoked_on": None,
        "guardian_kind": "", "intentional_crime": False, "monitor_days": None,
        "monitor_from": None, "monitor_until": None, "outcome": "", "closed_at": None, **_NO_PROPOSAL,
    }  # fmt: skip


def _hidden(data: Mapping[str, Any]) -> Columns:
    """From whom the case is kept because of a suspect in the reporting chain."""
    return {
        "skips": data.get("skips", ""),
        "kept_out": [UUID(person) for person in data.get("kept_out", [])],
    }


def is_quiet(columns: Mapping[str, Any]) -> bool:
    """Whether nothing that many people read may tell of the case."""
    return bool(columns["sealed"] or columns["skips"] or columns["kept_out"])


def _proposed(before: Columns, entry: Entry) -> Columns:
    step = entry.data["step"]
    if step not in possible(before["status"]):
        raise not_possible(before["status"], step)
    return {
        **before, "proposed_step": step, "proposed_op": entry.op, "proposed_by": entry.person,
        "proposed_at": entry.received,
    }  # fmt: skip


def _stepped(before: Columns, entry: Entry) -> Columns:
    name = entry.kind.removeprefix("case.")
    if name not in possible(before["status"]):
        raise not_possible(before["status"], name)
    step = STEPS[name]
    if step.approved and _uuid(entry.data.get("proposal")) != before["proposed_op"]:
        raise Refused(
            "case.approval", fields=["proposal"],
            zh="此步骤须由科室负责人批准已提请的内容。请刷新后再试。",
            en="A lead has to approve what was put before her; reload the case and try again.",
        )  # fmt: skip
    after = {**before, **_facts(name, entry)}
    if step.after is not None:
        after |= {
            "status": step.after, "since": entry.received, "since_observed": entry.observed,
            **_NO_PROPOSAL,
        }  # fmt: skip
    ends = [c["code"] for c in before["clocks"]] if step.after == "closed" else step.ends
    return _timed(after, ends, entry.data.get("clocks", []))


def _timed(before: Columns, ended: Any, added: list[clocks.Clock]) -> Columns:
    running = clocks.running(before["clocks"], ended, added)
    return {**before, "clocks": running, "next_due": clocks.first(running)}


def _facts(step: str, entry: Entry) -> Columns:
    """What the step leaves in the columns: codes and dates, never words."""
    data, day = entry.data, entry.observed.astimezone(clocks.CHINA).date()
    match step:
        case "place":
            return {"placement": data["placement"], "assessed_from": entry.observed, **_UNWATCHED}
        case "begin_assessment":
            return {"assessed_from": entry.observed, **_UNWATCHED}
        case "take_guardianship":
            return {
                "temporary_ground": data["temporary_ground"], "placement": data["care_form"],
                "temporary_on": day,
            }  # fmt: skip
        case "move_placement":
            return {"placement": data["placement"]}
        case "return_home" | "restore":
            return {
                "placement": "home", "temporary_on": None, "monitor_days": data["interval_days"],
                "monitor_from": entry.observed,
                "monitor_until": dt.date.fromisoformat(data["until"]),
                **({"revoked_on": None} if step == "restore" else {}),
            }  # fmt: skip
        case "file_revocation":
            return {
                "revocation_grounds": sorted(data["revocation_grounds"]),
                "applicant": data["applicant"],
            }  # fmt: skip
        case "appoint":
            return {
                "guardian_kind": data["guardian_kind"], "revoked_on": day,
                "intentional_crime": data["intentional_crime"] == "yes", "temporary_on": None,
            }  # fmt: skip
        case "assume":
            return {"guardian_kind": "civil_affairs", "temporary_on": None}
        case "record_crime":
            return {"intentional_crime": True}
        case "assign":
            return {"worker": UUID(data["worker"])}
        case "close":
            return {"outcome": data["outcome"], "closed_at": entry.received, **_UNWATCHED}
    return {}


_UNWATCHED: Columns = {"monitor_days": None, "monitor_from": None, "monitor_until": None}


def _uuid(text: Any) -> UUID | None:
    return UUID(str(text)) if text else None
