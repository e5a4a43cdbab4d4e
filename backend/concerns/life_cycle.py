"""The way of an escalation. Pure: no database, no clock."""

import datetime as dt
from typing import Any
from uuid import UUID

from fieldforms.vocabulary import codes, label
from sync.entries import Entry
from sync.registry import Columns, Refused

TRANSITIONS: dict[str, tuple[str, ...]] = {
    "open": ("acknowledged",),
    "acknowledged": ("assigned", "in_progress", "resolved", "unfounded"),
    "assigned": ("assigned", "in_progress", "resolved", "unfounded"),
    "in_progress": ("assigned", "referred", "case_opened", "resolved", "unfounded"),
    "referred": ("in_progress", "case_opened", "resolved", "unfounded"),
    "case_opened": ("in_progress", "referred", "resolved", "unfounded"),
    "resolved": ("open",),
    "unfounded": ("open",),
}
STEPS = {
    "escalation.acknowledge": "acknowledged",
    "escalation.assign": "assigned",
    "escalation.start": "in_progress",
    "escalation.resolve": "resolved",
    "escalation.unfounded": "unfounded",
}
# The office's steps name the revision their author saw. What the server adds by itself does not:
# it runs under the child's lock and must never lose to a person who clicked at the same time.
KINDS = {
    "escalation.open": True,
    "escalation.extend": False,
    "escalation.reopen": False,
    **dict.fromkeys(STEPS, False),
}


def advance(columns: Columns | None, entry: Entry) -> Columns:
    """The escalation after one operation. Raises `Refused` with `stale` or `escalation.transition`."""
    if entry.kind == "escalation.open":
        return _opened(columns, entry)
    if columns is None:
        raise Refused(
            "target.unknown",
            fields=["target"],
            zh="没有这条预警。",
            en="There is no such escalation.",
        )
    before = {name: value for name, value in columns.items() if name != "revision"}
    if entry.kind in STEPS:
        if entry.data.get("revision") != columns["revision"]:
            raise stale(columns["revision"])
        return _stepped(before, entry)
    return _reopened(before, entry) if entry.kind == "escalation.reopen" else _joined(before, entry)


def may(status: str, after: str) -> bool:
    return after in TRANSITIONS[status]


def stale(revision: int) -> Refused:
    return Refused(
        "stale",
        fields=["revision"],
        zh=f"记录已被他人更改（现为第 {revision} 版）。请刷新后再试。",
        en=f"Somebody changed the record (now revision {revision}). Reload it and try again.",
    )


def not_possible(status: str, after: str) -> Refused:
    """Says which steps are possible from here, so that the answer is also the way on."""
    zh = "、".join(label("escalation_status", code, "zh") for code in TRANSITIONS[status])
    en = ", ".join(label("escalation_status", code, "en") for code in TRANSITIONS[status])
    return Refused(
        "escalation.transition",
        fields=["status"],
        zh=f"“{label('escalation_status', status, 'zh')}”状态下不能变为"
        f"“{label('escalation_status', after, 'zh')}”；可以变为：{zh}。{_why(status, 'zh')}",
        en=f"{label('escalation_status', status, 'en')} cannot become"
        f" {label('escalation_status', after, 'en')}; possible: {en}. {_why(status, 'en')}",
    )


def _why(status: str, language: str) -> str:
    reasons = {
        "open": ("须先由一名工作人员受理。", "Somebody has to acknowledge it first."),
        "resolved": (
            "已结束的预警只会因新证据重新打开。",
            "An ended one reopens by new evidence only.",
        ),
        "unfounded": (
            "已结束的预警只会因新证据重新打开。",
            "An ended one reopens by new evidence only.",
        ),
    }
    zh, en = reasons.get(status, ("步骤不能倒退。", "Steps do not go back."))
    return zh if language == "zh" else en


def _opened(columns: Columns | None, entry: Entry) -> Columns:
    if columns is not None:
        raise Refused(
            "target.taken", fields=["target"], zh="此编号已被使用。", en="This id is already taken."
        )
    data = entry.data
    return {
        "status": "open",
        "sealed": bool(data["sealed"]),
        "episode": data["episode"],
        "division": data["division"],
        "opened_at": entry.received,
        **_evidence(data),
        "acknowledged_at": None, "acknowledged_by": None, "assigned_to": None,
        "resolved_at": None, "outcome": "", "closed_by_op": None,
    }  # fmt: skip


def _evidence(data: dict[str, Any]) -> Columns:
    return {
        "severity": data["severity"],
        "deadline": dt.datetime.fromisoformat(data["deadline"]),
        "to": sorted(set(data["to"])),
        "findings": [UUID(finding) for finding in data["findings"]],
        "observed_at": dt.datetime.fromisoformat(data["observed"]),
        "received_at": dt.datetime.fromisoformat(data["received"]),
    }


def _joined(before: Columns, entry: Entry) -> Columns:
    """New findings only ever sharpen: highest severity, earliest deadline, all recipients."""
    added = _evidence(entry.data)
    known = before["findings"]
    return {
        **before,
        "severity": max(before["severity"], added["severity"], key=codes("severity").index),
        "deadline": min(before["deadline"], added["deadline"]),
        "to": sorted({*before["to"], *added["to"]}),
        "findings": [*known, *(item for item in added["findings"] if item not in known)],
        "observed_at": min(before["observed_at"], added["observed_at"]),
        "received_at": min(before["received_at"], added["received_at"]),
    }


def _reopened(before: Columns, entry: Entry) -> Columns:
    """Evidence from before the end undoes it. Its deadline is its own: the old one has passed."""
    if not may(before["status"], "open"):
        raise not_possible(before["status"], "open")
    deadline = dt.datetime.fromisoformat(entry.data["deadline"])
    return {
        **_joined(before, entry),
        "status": "open", "deadline": deadline, "acknowledged_at": None, "acknowledged_by": None,
        "resolved_at": None, "outcome": "", "closed_by_op": None,
    }  # fmt: skip


def _stepped(before: Columns, entry: Entry) -> Columns:
    after = STEPS[entry.kind]
    if not may(before["status"], after):
        raise not_possible(before["status"], after)
    changes: Columns = {"status": after}
    if after == "acknowledged":
        changes |= {"acknowledged_at": entry.received, "acknowledged_by": entry.person}
    elif after == "assigned":
        changes["assigned_to"] = UUID(entry.data["assigned_to"])
    elif after in ("resolved", "unfounded"):
        changes |= {
            "resolved_at": entry.received,
            "outcome": entry.data.get("outcome", after),
            "closed_by_op": entry.op,
        }
    return {**before, **changes}
