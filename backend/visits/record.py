"""The record types of a home visit. Nothing in a visit's contents can stop it."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from fieldforms.vocabulary import codes
from sync.entries import Entry
from sync.registry import Policy, Problem, RecordType

from .models import Visit, VisitPart


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
    }


def check_visits(entries: Sequence[Entry]) -> list[list[Problem]]:
    known = set(codes("visit_mode"))
    return [[] if str(entry.data.get("mode")) in known else [_MODE] for entry in entries]


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
        [] if isinstance(entry.data.get("answers"), Mapping) else [_ANSWERS] for entry in entries
    ]


def _uuid(value: object) -> UUID | None:
    try:
        return UUID(str(value))
    except ValueError:
        return None


def _contents(rows: Sequence[Any], opened: Mapping[Any, Any]) -> list[dict[str, Any]]:
    return [
        {"person": str(row.person), "observed": row.observed.isoformat(), "data": opened[row.id]}
        for row in rows
    ]


VISIT = RecordType(
    name="visit",
    model=Visit,
    policy=Policy.APPEND,
    kinds={"visit.record": True},
    columns=["person", "mode", "observed"],
    check=check_visits,
    project=visit_columns,
    render=_contents,
)
VISIT_PART = RecordType(
    name="visit_part",
    model=VisitPart,
    policy=Policy.APPEND,
    kinds={"visit.part": True},
    columns=["visit", "person", "observed", "child_seen", "skipped"],
    check=check_parts,
    project=part_columns,
    render=_contents,
)
RECORD_TYPES = [VISIT, VISIT_PART]
