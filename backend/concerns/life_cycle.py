"""The way of an escalation. Pure: no database, no clock."""

import datetime as dt
from typing import Any
from uuid import UUID

from fieldforms.vocabulary import codes, label
from sync.entries import Entry
from sync.registry import Columns, Refused

from . import levels

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
ENDS = ("escalation.resolve", "escalation.unfounded")
# The office's own too, but they change nothing about where it is on its way.
NOTES = ("escalation.reported", "escalation.keep_out")
# The office's steps name the revision their author saw. What the server adds by itself does not:
# it runs under the child's lock and must never lose to a person who clicked at the same time.
KINDS = {
    "escalation.open": True,
    "escalation.extend": False,
    "escalation.reopen": False,
    "escalation.transfer": False,
    "escalation.case_open": False,
    "escalation.refer": False,
    "escalation.climb": False,
    "escalation.reclock": False,
    "escalation.call": False,
    **dict.fromkeys((*STEPS, *NOTES), False),
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
    if entry.kind in STEPS or entry.kind in NOTES:
        if entry.data.get("revision") != columns["revision"]:
            raise stale(columns["revision"])
        return _stepped(before, entry) if entry.kind in STEPS else _noted(before, entry)
    return _BY_THE_SERVER[entry.kind](before, entry)


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
        "skips": data.get("skips", ""),
        "kept_out": [],
        "opened_at": entry.received,
        **_evidence(data),
        **_waits(_level(data), entry.received),
        "acknowledged_at": None, "acknowledged_by": None, "assigned_to": None,
        "resolved_at": None, "outcome": "", "closed_by_op": None,
    }  # fmt: skip


def _evidence(data: dict[str, Any]) -> Columns:
    return {
        "severity": data["severity"],
        "deadline": dt.datetime.fromisoformat(data["deadline"]),
        "to": sorted(set(data["to"])),
        "deadline_fallback": bool(data.get("deadline_fallback")),
        "findings": [UUID(finding) for finding in data["findings"]],
        **_report(data.get("police")),
        "observed_at": dt.datetime.fromisoformat(data["observed"]),
        "received_at": dt.datetime.fromisoformat(data["received"]),
    }


def _level(data: dict[str, Any]) -> str:
    """As it was decided; operations from before there were levels decided none."""
    decided: str = data.get("level") or levels.start(
        data["to"], data["severity"], sealed=bool(data["sealed"]), skips=data.get("skips", "")
    )
    return decided


def _waits(level: str, since: dt.datetime) -> Columns:
    """A new round: somebody at that level has to take it on, from now."""
    return {"level": level, "level_since": since, "waits_since": since, "climbs": 0}


def _report(call: dict[str, Any] | None) -> Columns:
    """The first call to the police that is on record. Its receipt and the officer stay sealed."""
    if not call:
        return {"reported_at": None, "reported_by": None}
    return {
        "reported_at": dt.datetime.fromisoformat(call["at"]),
        "reported_by": UUID(call["by"]),
    }


def _joined(before: Columns, entry: Entry) -> Columns:
    """New findings only ever sharpen: highest severity, earliest deadline, all recipients."""
    added = _evidence(entry.data)
    known = before["findings"]
    rises = {}
    if added["severity"] == "critical" != before["severity"]:
        # Whoever took on something milder has not seen this: a person acknowledges it anew.
        level = max(before["level"], _level(entry.data), key=levels.rank)
        rises = {
            "status": "open", "acknowledged_at": None, "acknowledged_by": None,
            **_waits(level, entry.received),
        }  # fmt: skip
    elif levels.rank(before["level"]) < levels.rank(_level(entry.data)):
        rises = {"level": _level(entry.data), "level_since": entry.received}
    earlier = added["deadline"] < before["deadline"]
    return {
        **before,
        **rises,
        "severity": max(before["severity"], added["severity"], key=codes("severity").index),
        "deadline": min(before["deadline"], added["deadline"]),
        "deadline_fallback": (added if earlier else before)["deadline_fallback"],
        "reported_at": before["reported_at"] or added["reported_at"],
        "reported_by": before["reported_by"] or added["reported_by"],
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
        # The child may live in another county by now.
        "division": entry.data.get("division", before["division"]),
        "status": "open", "deadline": deadline, "acknowledged_at": None, "acknowledged_by": None,
        "deadline_fallback": bool(entry.data.get("deadline_fallback")),
        "resolved_at": None, "outcome": "", "closed_by_op": None,
        **_waits(_level(entry.data), entry.received),
    }  # fmt: skip


def _moved(before: Columns, entry: Entry) -> Columns:
    """Another county answers for it now: somebody there has to take it on. The deadline stays."""
    return {
        **before, "division": entry.data["division"], "status": "open",
        "acknowledged_at": None, "acknowledged_by": None, "assigned_to": None,
        **_waits(_level({**before, **entry.data}), entry.received),
    }  # fmt: skip


def _case_opened(before: Columns, entry: Entry) -> Columns:
    """Whoever opened the case has taken it on, whatever steps were left out."""
    if before["status"] in ("resolved", "unfounded"):
        raise not_possible(before["status"], "case_opened")
    return {**before, **_taken_on(before, entry), "status": "case_opened"}


def _referred(before: Columns, entry: Entry) -> Columns:
    """Whoever referred it has taken it on. A case that is open says more than a referral."""
    if before["status"] in ("resolved", "unfounded"):
        raise not_possible(before["status"], "referred")
    status = before["status"] if before["status"] == "case_opened" else "referred"
    return {**before, **_taken_on(before, entry), "status": status}


def _taken_on(before: Columns, entry: Entry) -> Columns:
    return {
        "acknowledged_at": before["acknowledged_at"] or entry.received,
        "acknowledged_by": before["acknowledged_by"] or entry.person,
    }


def _climbed(before: Columns, entry: Entry) -> Columns:
    """It answers to `level` since `due_at`, when it should have risen, however late the server was."""
    if levels.rank(entry.data["level"]) <= levels.rank(before["level"]):
        return before
    return {
        **before, "level": entry.data["level"], "climbs": before["climbs"] + 1,
        "level_since": dt.datetime.fromisoformat(entry.data["due_at"]),
    }  # fmt: skip


def _reclocked(before: Columns, entry: Entry) -> Columns:
    """It was written while the server's clock was ahead: its times move back to `now`."""
    now = dt.datetime.fromisoformat(entry.data["now"])
    ahead = max(before["waits_since"] - now, dt.timedelta(0))
    return {
        **before, "deadline": before["deadline"] - ahead,
        "waits_since": min(before["waits_since"], now),
        "level_since": min(before["level_since"], now),
    }  # fmt: skip


def _called(before: Columns, entry: Entry) -> Columns:
    """The supervisor wrote down a call after it was opened."""
    return before if before["reported_at"] else {**before, **_report(entry.data["police"])}


def _noted(before: Columns, entry: Entry) -> Columns:
    if entry.kind == "escalation.reported":
        call = _report({"at": entry.data["called_at"], "by": str(entry.person)})
        return before if before["reported_at"] else {**before, **call}
    kept_out = {UUID(person) for person in entry.data["people"]}
    # Nobody works on what she must not know of.
    freed = {"assigned_to": None} if before["assigned_to"] in kept_out else {}
    return {**before, **freed, "kept_out": sorted({*before["kept_out"], *kept_out})}


_BY_THE_SERVER = {
    "escalation.extend": _joined,
    "escalation.reopen": _reopened,
    "escalation.transfer": _moved,
    "escalation.case_open": _case_opened,
    "escalation.refer": _referred,
    "escalation.climb": _climbed,
    "escalation.reclock": _reclocked,
    "escalation.call": _called,
}


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
