"""The way of a missing child's record. Pure: no database, no clock.

Nothing here publishes anything: the police platform does. The office records what was published, and
shows nobody a notice that a lead has not confirmed (Minors Protection Law 103).
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from fieldforms.vocabulary import label
from sync.entries import Entry
from sync.registry import Columns, Refused

from .life import stale

MISSING_ENDED = ("closed",)
OPEN = ("noted", "reported", "published")


@dataclass(frozen=True, slots=True, kw_only=True)
class MissingStep:
    """`needs` are required members of what is given, `may` are others. `lead`: a county lead's alone."""

    before: tuple[str, ...]
    after: str | None
    needs: tuple[str, ...] = ()
    may: tuple[str, ...] = ()
    lead: bool = False


STEPS: Mapping[str, MissingStep] = {
    "report": MissingStep(before=OPEN, after="reported", needs=("called_at", "receipt")),
    "prepare": MissingStep(
        before=OPEN, after=None,
        needs=("description", "last_seen_at", "last_seen_place", "contact"), may=("photo", "names"),
    ),
    "confirm": MissingStep(before=OPEN, after=None, lead=True),
    "publish": MissingStep(
        before=("reported", "published"), after="published", needs=("number", "published_on")
    ),
    "find": MissingStep(before=OPEN, after="found", needs=("found_on", "words")),
    "revisit": MissingStep(before=("found",), after="closed", needs=("visited_on", "words")),
    "close": MissingStep(before=OPEN, after="closed", needs=("reason",)),
}  # fmt: skip
TRANSFER = "missing.transfer"
KINDS = {
    "missing.note": True,
    **{f"missing.{step}": False for step in STEPS},
    TRANSFER: False,
}
COLUMNS = [
    "status", "division", "finding", "noted_at", "observed_at", "reported_at", "prepared_op",
    "prepared_by", "confirmed_op", "confirmed_at", "published_on", "found_on", "ended_at",
]  # fmt: skip


def possible(status: str, *, confirmed: bool = True, prepared: bool = True) -> list[str]:
    """`publish` needs a confirmed notice, `confirm` one that was written."""
    lacking = {"publish": not confirmed, "confirm": not prepared}
    return [n for n, step in STEPS.items() if status in step.before and not lacking.get(n)]


def advance(columns: Columns | None, entry: Entry) -> Columns:
    """The record after one operation. Raises `Refused`: `stale`, `missing.transition`."""
    if entry.kind == "missing.note":
        return _noted(columns, entry)
    if columns is None:
        raise Refused(
            "target.unknown", fields=["target"], zh="没有这条记录。", en="There is no such record."
        )
    before = {name: value for name, value in columns.items() if name != "revision"}
    if entry.kind == TRANSFER:
        return {**before, "division": entry.data["division"]}
    if entry.data.get("revision") != columns["revision"]:
        raise stale(columns["revision"])
    name = entry.kind.removeprefix("missing.")
    if name not in ways(before):
        raise not_possible(before, name)
    return {**before, **_status(before["status"], name), **_facts(name, before, entry)}


def ways(columns: Mapping[str, Any]) -> list[str]:
    return possible(
        columns["status"], confirmed=columns["confirmed_op"] is not None,
        prepared=columns["prepared_op"] not in (None, columns["confirmed_op"]),
    )  # fmt: skip


def not_possible(columns: Mapping[str, Any], step: str) -> Refused:
    def said(language: str) -> str:
        names = [label("missing_step", name, language) for name in ways(columns)]
        nothing = "无" if language == "zh" else "none"
        return ("、" if language == "zh" else ", ").join(names) or nothing

    return Refused(
        "missing.transition",
        fields=["step"],
        zh=f"“{label('missing_status', columns['status'], 'zh')}”时不能"
        f"“{label('missing_step', step, 'zh')}”；可以：{said('zh')}。",
        en=f"{label('missing_status', columns['status'], 'en')}:"
        f" “{label('missing_step', step, 'en')}” is not possible; possible: {said('en')}.",
    )


def _noted(columns: Columns | None, entry: Entry) -> Columns:
    if columns is not None:
        raise Refused(
            "target.taken", fields=["target"], zh="此编号已被使用。", en="This id is already taken."
        )
    finding = entry.data.get("finding")
    return {
        "status": "noted", "division": entry.data["division"],
        "finding": UUID(finding) if finding else None, "noted_at": entry.received,
        "observed_at": entry.observed, "reported_at": None, "prepared_op": None,
        "prepared_by": None, "confirmed_op": None, "confirmed_at": None, "published_on": None,
        "found_on": None, "ended_at": None,
    }  # fmt: skip


def _status(before: str, step: str) -> Columns:
    """A second police report does not undo a publication."""
    after = STEPS[step].after
    return (
        {} if after is None or (before, after) == ("published", "reported") else {"status": after}
    )


def _facts(step: str, before: Columns, entry: Entry) -> Columns:
    data = entry.data
    match step:
        case "report":
            return {"reported_at": dt.datetime.fromisoformat(data["called_at"])}
        case "prepare":
            return {"prepared_op": entry.op, "prepared_by": entry.person}
        case "confirm":
            return {"confirmed_op": before["prepared_op"], "confirmed_at": entry.received}
        case "publish":
            return {"published_on": dt.date.fromisoformat(data["published_on"])}
        case "find":
            return {"found_on": dt.date.fromisoformat(data["found_on"])}
        case "revisit" | "close":
            return {"ended_at": entry.received}
    return {}
