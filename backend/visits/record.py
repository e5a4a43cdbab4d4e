"""The record types of a home visit. Nothing in a visit's contents can stop it."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from fieldforms import checking, sealing, suspects
from fieldforms.vocabulary import codes
from sync.entries import Entry
from sync.registry import Policy, Problem, RecordType, Reference

from . import queries
from .models import Visit, VisitPart, VisitSealed


def visit_columns(entry: Entry) -> dict[str, Any]:
    mode = entry.data.get("mode")
    known = mode if isinstance(mode, str) and mode in codes("visit_mode") else ""
    return {"person": entry.person, "mode": known, "observed": entry.observed}


def part_columns(entry: Entry) -> dict[str, Any]:
    answers, skipped = entry.data.get("answers"), entry.data.get("skipped")
    seen = answers.get("child_seen") if isinstance(answers, Mapping) else None
    return {
        "visit": _uuid(entry.data.get("visit")),
        "person": entry.person,
        "observed": entry.observed,
        "child_seen": {"yes": True, "no": False}.get(seen) if isinstance(seen, str) else None,
        "skipped": [str(name) for name in skipped] if isinstance(skipped, list) else [],
        "skips": suspects.skipped(entry.data),
    }


def sealed_columns(entry: Entry) -> dict[str, Any]:
    return {
        "of": _uuid(entry.data.get("part") or entry.data.get("concern")),
        "person": entry.person,
        "observed": entry.observed,
        "skips": suspects.skipped(entry.data, sealed=True),
    }


def check_visits(entries: Sequence[Entry]) -> list[list[Problem]]:
    known = set(codes("visit_mode"))
    return [
        [*([] if str(entry.data.get("mode")) in known else [_MODE]), *problems]
        for entry, problems in zip(entries, checking.check(entries), strict=True)
    ]


_MODE = Problem(
    "mode",
    "visit.mode",
    "走访方式缺失或无法识别,请在后续记录中补充。",
    "How the visit was made is missing or unknown; add it in a later record.",
)
_ANSWERS = Problem(
    "answers",
    "visit.answers",
    "没有可用的回答,记录已保存,请联系本人补充。",
    "There are no usable answers. The record is kept; ask its author to complete it.",
)


def check_parts(entries: Sequence[Entry]) -> list[list[Problem]]:
    return [
        problems if isinstance(entry.data.get("answers"), Mapping) else [_ANSWERS]
        for entry, problems in zip(entries, checking.check(entries, repeated=True), strict=True)
    ]


def _uuid(value: object) -> UUID | None:
    try:
        return UUID(str(value))
    except ValueError:
        return None


def _shared(rows: Sequence[Any], opened: Mapping[Any, Any]) -> list[dict[str, Any]]:
    """As the parts are shown: what the whole household says of a danger goes round the same suspect."""
    withheld = queries.accusing_visits(rows)
    shown = _contents(rows, opened)
    for row, record in zip(rows, shown, strict=True):
        if row.id in withheld:
            record["data"] = suspects.WITHHELD
    return shown


def _contents(rows: Sequence[Any], opened: Mapping[Any, Any]) -> list[dict[str, Any]]:
    return [
        {
            "person": str(row.person),
            "observed": row.observed.isoformat(),
            "data": suspects.shown(sealing.opened(opened[row.id])),
        }
        for row in rows
    ]


VISIT = RecordType(
    name="visit",
    model=Visit,
    policy=Policy.APPEND,
    kinds={"visit.record": True},
    urgent=True,
    columns=["person", "mode", "observed"],
    harmless={"person": "who made it"},
    check=check_visits,
    project=visit_columns,
    dated="observed",
    render=_shared,
)
VISIT_PART = RecordType(
    name="visit_part",
    model=VisitPart,
    policy=Policy.APPEND,
    kinds={"visit.part": True},
    urgent=True,
    columns=["visit", "person", "observed", "child_seen", "skipped", "skips"],
    references=[Reference("visit", "visit")],
    harmless={"person": "who made it"},
    check=check_parts,
    project=part_columns,
    dated="observed",
    render=_contents,
)
# No `render`: it never leaves the server. No `check`: a problem in a receipt would tell what is in it.
VISIT_SEALED = RecordType(
    name="visit_sealed",
    model=VisitSealed,
    policy=Policy.APPEND,
    kinds={"visit.sealed": True},
    urgent=True,
    columns=["of", "person", "observed", "skips"],
    references=[
        Reference("part", "visit_part"),
        Reference("concern", "concern"),
        Reference("visit", "visit"),
    ],
    harmless={"person": "who made it", "of": "what `part` or `concern` names"},
    project=sealed_columns,
)
RECORD_TYPES = [VISIT, VISIT_PART, VISIT_SEALED]
