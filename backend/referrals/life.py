"""The way of a referral. Pure: no database, no clock."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from fieldforms.vocabulary import codes, label
from sync.entries import Entry
from sync.registry import Columns, Refused

ENDED = ("refused", "done", "withdrawn")
WAITING = ("sent", "accepted")
NEEDS = [code for code in codes("need") if code not in ("none", "not_collected")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """`after` is None where the status stays. `needs` are members of `StepIn` that must be given."""

    before: tuple[str, ...]
    after: str | None
    needs: tuple[str, ...] = ()
    may: tuple[str, ...] = ()


STEPS: Mapping[str, Step] = {
    "send": Step(before=("draft",), after="sent", needs=("organisation", "due_on", "purpose")),
    "accept": Step(before=("sent",), after="accepted", may=("note",)),
    "refuse": Step(before=WAITING, after="refused", needs=("reason",)),
    "done": Step(before=WAITING, after="done", needs=("outcome", "report")),
    "withdraw": Step(before=("draft", *WAITING), after="withdrawn", needs=("reason",)),
    "extend": Step(before=WAITING, after=None, needs=("due_on", "reason")),
    "tell": Step(before=("sent", "accepted", "refused", "done"), after=None, needs=("words",)),
}
# What the organisation does itself. The office may write down what it was told by telephone.
ANSWERS = ("accept", "refuse", "done")
TRANSFER = "referral.transfer"
KINDS = {
    "referral.draft": True,
    **{f"referral.{step}": False for step in STEPS},
    TRANSFER: False,
}
COLUMNS = [
    "status", "kind", "need", "agency", "auto", "sealed", "division", "escalation", "cause",
    "organisation", "shared", "due_on", "drafted_at", "sent_at", "sent_op", "asked_by",
    "accepted_at", "ended_at", "outcome",
]  # fmt: skip


def possible(status: str) -> list[str]:
    return [name for name, step in STEPS.items() if status in step.before]


def advance(columns: Columns | None, entry: Entry) -> Columns:
    """The referral after one operation. Raises `Refused`: `stale`, `referral.transition`."""
    if entry.kind == "referral.draft":
        return _drafted(columns, entry)
    if columns is None:
        raise Refused(
            "target.unknown",
            fields=["target"],
            zh="没有这项转介。",
            en="There is no such referral.",
        )
    before = {name: value for name, value in columns.items() if name != "revision"}
    if entry.kind == TRANSFER:  # The server's own: it must not lose to a person who clicked.
        return {**before, "division": entry.data["division"]}
    if entry.data.get("revision") != columns["revision"]:
        raise stale(columns["revision"])
    name = entry.kind.removeprefix("referral.")
    if name not in possible(before["status"]):
        raise not_possible(before["status"], name)
    step = STEPS[name]
    return {**before, **({"status": step.after} if step.after else {}), **_facts(name, entry)}


def stale(revision: int) -> Refused:
    return Refused(
        "stale",
        fields=["revision"],
        zh=f"记录已被他人更改（现为第 {revision} 版）。请刷新后再试。",
        en=f"Somebody changed the record (now revision {revision}). Reload it and try again.",
    )


def not_possible(status: str, step: str) -> Refused:
    """Says which steps are possible from here, so that the answer is also the way on."""

    def ways(language: str) -> str:
        said = [label("referral_step", name, language) for name in possible(status)]
        return ("、" if language == "zh" else ", ").join(said) or (
            "无" if language == "zh" else "none"
        )

    return Refused(
        "referral.transition",
        fields=["step"],
        zh=f"转介“{label('referral_status', status, 'zh')}”时不能"
        f"“{label('referral_step', step, 'zh')}”；可以：{ways('zh')}。",
        en=f"A referral that is “{label('referral_status', status, 'en')}”:"
        f" “{label('referral_step', step, 'en')}” is not possible; possible: {ways('en')}.",
    )


def _drafted(columns: Columns | None, entry: Entry) -> Columns:
    if columns is not None:
        raise Refused(
            "target.taken", fields=["target"], zh="此编号已被使用。", en="This id is already taken."
        )
    data = entry.data
    return {
        "status": "draft", "kind": data.get("kind", "referral"), "need": data.get("need", ""),
        "agency": data.get("agency", ""), "auto": data.get("auto") is True,
        "sealed": data.get("sealed") is True, "division": data["division"],
        "escalation": _uuid(data.get("escalation")), "cause": _uuid(data.get("cause")),
        "organisation": None, "shared": [], "due_on": None, "drafted_at": entry.received,
        "sent_at": None, "sent_op": None, "asked_by": None, "accepted_at": None, "ended_at": None,
        "outcome": "",
    }  # fmt: skip


def _facts(step: str, entry: Entry) -> Columns:
    """What the step leaves in the columns: codes, ids and dates, never words."""
    data = entry.data
    match step:
        case "send":
            return {
                "kind": data["kind"], "organisation": UUID(data["organisation"]),
                "shared": list(data["shown"]), "due_on": dt.date.fromisoformat(data["due_on"]),
                "sent_at": entry.received, "sent_op": entry.op, "asked_by": entry.person,
            }  # fmt: skip
        case "accept":
            return {"accepted_at": entry.received}
        case "done":
            return {"ended_at": entry.received, "outcome": data["outcome"]}
        case "refuse" | "withdraw":
            return {"ended_at": entry.received}
        case "extend":
            return {"due_on": dt.date.fromisoformat(data["due_on"])}
    return {}


def _uuid(text: Any) -> UUID | None:
    return UUID(str(text)) if text else None
