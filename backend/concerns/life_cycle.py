"""The way of an escalation. Pure: no database, no clock."""

import datetime as dt
from typing import Any
from uuid import UUID

from fieldforms.vocabulary import codes, label
from sync.entries import Entry
from sync.registry import Columns, Refused

from . import levels, news

# Another process has it, with clocks of its own: a referral, a guardianship case.
ELSEWHERE = ("referred", "case_opened")
TRANSITIONS: dict[str, tuple[str, ...]] = {
    "open": ("acknowledged",),
    "acknowledged": ("assigned", "in_progress", *ELSEWHERE, "resolved", "unfounded"),
    "assigned": ("assigned", "in_progress", *ELSEWHERE, "resolved", "unfounded"),
    "in_progress": ("assigned", *ELSEWHERE, "resolved", "unfounded"),
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
# It came back from a case or a referral because something new joined it, and goes on there.
RESUME = "escalation.resume"
ENDS = ("escalation.resolve", "escalation.unfounded")
# The office's own too, but they change nothing about where it is on its way.
NOTES = ("escalation.reported", "escalation.keep_out")
BY_PEOPLE = (*STEPS, RESUME, *NOTES)
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
    **dict.fromkeys(BY_PEOPLE, False),
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
    if entry.kind in BY_PEOPLE:
        if entry.data.get("revision") != columns["revision"]:
            raise stale(columns["revision"])
        return _noted(before, entry) if entry.kind in NOTES else _stepped(before, entry)
    return _BY_THE_SERVER[entry.kind](before, entry)


def may(status: str, after: str) -> bool:
    return after in TRANSITIONS[status]


def after(kind: str, resume: str) -> str:
    """The status that a person's step leads to; `resume`: where the escalation would go on."""
    return resume or ELSEWHERE[0] if kind == RESUME else STEPS[kind]


def stale(revision: int) -> Refused:
    return Refused(
        "stale",
        fields=["revision"],
        zh=f"记录已被他人更改（现为第 {revision} 版）。请刷新后再试。",
        en=f"Somebody changed the record (now revision {revision}). Reload it and try again.",
    )


def not_possible(status: str, wanted: str) -> Refused:
    """Says which steps are possible from here, so that the answer is also the way on."""
    zh = "、".join(label("escalation_status", code, "zh") for code in TRANSITIONS[status])
    en = ", ".join(label("escalation_status", code, "en") for code in TRANSITIONS[status])
    return Refused(
        "escalation.transition",
        fields=["status"],
        zh=f"“{label('escalation_status', status, 'zh')}”状态下不能变为"
        f"“{label('escalation_status', wanted, 'zh')}”；可以变为：{zh}。{_why(status, 'zh')}",
        en=f"{label('escalation_status', status, 'en')} cannot become"
        f" {label('escalation_status', wanted, 'en')}; possible: {en}. {_why(status, 'en')}",
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
        **_uncalled([], entry),
        "round_deadline": dt.datetime.fromisoformat(data["deadline"]), "resume": "",
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


def _uncalled(waiting: list[dt.datetime], entry: Entry) -> Columns:
    """The calls to the police that `waiting` lacks, and those that new evidence calls for.

    Operations from before each event asked for a call of its own do not say.
    """
    data = entry.data
    unsaid = data["observed"] if "police" in data["to"] and not data.get("police") else None
    observed = data.get("uncalled", unsaid)
    if observed is None:
        return {"uncalled_since": waiting} if waiting else _CALLED
    return {
        "uncalled_since": [*waiting, entry.received],
        "uncalled_observed": dt.datetime.fromisoformat(observed),
    }


_WRITTEN_DOWN_WITHIN = dt.timedelta(hours=6)
_CALLED: Columns = {"uncalled_since": [], "uncalled_observed": None}


def _answered(before: Columns, call: dict[str, Any] | None) -> Columns:
    """A call answers for what was observed before somebody wrote it down, and not for what came after."""
    last = before["uncalled_observed"]
    if last is None or not call or dt.datetime.fromisoformat(call["observed"]) < last:
        return {}
    return _CALLED


def _joined(before: Columns, entry: Entry) -> Columns:
    """New findings only ever sharpen: highest severity, earliest deadline, all recipients."""
    return {**before, **_sharpened(before, entry), **_round(before, entry)}


def _round(before: Columns, entry: Entry) -> Columns:
    """What is news begins a new round, whatever the status: a person acknowledges it anew.

    Where nobody has acknowledged anything yet and it can still rise, its clock is running and is not
    set back. Where it is as high as it gets, or sealed, the old round has nothing left to call for.
    """
    level, received = _level(entry.data), entry.received
    graver = entry.data["severity"] == "critical" != before["severity"]
    if entry.data.get("news", news.ALL if graver else news.NOBODY) != news.ALL:
        return _raised(before, level, received) | _answered(before, entry.data.get("police"))
    deadline = dt.datetime.fromisoformat(entry.data["deadline"])
    answered = _answered(before, entry.data.get("police"))
    calls = _uncalled([] if answered else before["uncalled_since"], entry)
    if before["status"] == "open" and not graver and _runs(before):
        first = min(before["round_deadline"], deadline)
        return {**_raised(before, level, received), **calls, "round_deadline": first}
    # The deadline of what a case or a referral took over, or of what is late anyway, is not this one's.
    gone = before["status"] in ELSEWHERE
    late = gone or before["round_deadline"] <= received
    return {
        "status": "open", "acknowledged_at": None, "acknowledged_by": None,
        "resume": _left_for(before), **calls,
        **_waits(max(before["level"], level, key=levels.rank), received),
        "round_deadline": deadline if late else min(before["round_deadline"], deadline),
        **({"deadline": deadline} if gone else {}),
    }  # fmt: skip


def _runs(before: Columns) -> bool:
    top = levels.rank(before["level"]) >= levels.rank(levels.ceiling(before["severity"]))
    return not before["sealed"] and not top


def _raised(before: Columns, level: str, since: dt.datetime) -> Columns:
    if levels.rank(before["level"]) >= levels.rank(level):
        return {}
    return {"level": level, "level_since": since}


def _left_for(before: Columns) -> str:
    """The case or referral in which it goes on, once somebody has looked at what is new."""
    status: str = before["status"]
    resume: str = before["resume"]
    return status if status in ELSEWHERE else resume


def _sharpened(before: Columns, entry: Entry) -> Columns:
    added = _evidence(entry.data)
    known = before["findings"]
    earlier = added["deadline"] < before["deadline"]
    return {
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
        **before,
        **_sharpened(before, entry),
        **_uncalled(before["uncalled_since"], entry),
        # The child may live in another county by now.
        "division": entry.data.get("division", before["division"]),
        "status": "open", "deadline": deadline, "acknowledged_at": None, "acknowledged_by": None,
        "deadline_fallback": bool(entry.data.get("deadline_fallback")),
        "resolved_at": None, "outcome": "", "closed_by_op": None,
        **_waits(_level(entry.data), entry.received),
        "round_deadline": deadline, "resume": "",
    }  # fmt: skip


def _moved(before: Columns, entry: Entry) -> Columns:
    """Another county answers for it now: somebody there has to take it on. The deadline stays."""
    return {
        **before, "division": entry.data["division"], "status": "open",
        "acknowledged_at": None, "acknowledged_by": None, "assigned_to": None,
        "resume": _left_for(before),
        **_waits(_level({**before, **entry.data, "level": ""}), entry.received),
    }  # fmt: skip


def _case_opened(before: Columns, entry: Entry) -> Columns:
    """Whoever opened the case has taken it on, whatever steps were left out."""
    if before["status"] in ("resolved", "unfounded"):
        raise not_possible(before["status"], "case_opened")
    return {**before, **_taken_on(before, entry), "status": "case_opened", "resume": ""}


def _referred(before: Columns, entry: Entry) -> Columns:
    """Whoever referred it has taken it on. A case that is open says more than a referral."""
    if before["status"] in ("resolved", "unfounded"):
        raise not_possible(before["status"], "referred")
    if before["status"] == "open" and before["resume"]:
        # Sent by somebody who had not seen what is new: that waits all the same.
        return before
    in_a_case = "case_opened" in (before["status"], before["resume"])
    status = "case_opened" if in_a_case else "referred"
    return {**before, **_taken_on(before, entry), "status": status, "resume": ""}


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
        "round_deadline": before["round_deadline"] - ahead,
        "uncalled_since": [min(since, now) for since in before["uncalled_since"]],
        "waits_since": min(before["waits_since"], now),
        "level_since": min(before["level_since"], now),
    }  # fmt: skip


def _called(before: Columns, entry: Entry) -> Columns:
    """The supervisor wrote down a call after it was opened."""
    first = {} if before["reported_at"] else _report(entry.data["police"])
    return {**before, **first, **_answered(before, entry.data["police"])}


def _noted(before: Columns, entry: Entry) -> Columns:
    if entry.kind == "escalation.reported":
        call = _report({"at": entry.data["called_at"], "by": str(entry.person)})
        # She may have called from the doorstep, and written the visit down afterwards.
        heard = dt.datetime.fromisoformat(entry.data["called_at"]) + _WRITTEN_DOWN_WITHIN
        answered = _answered(before, {"observed": heard.isoformat()})
        return {**before, **({} if before["reported_at"] else call), **answered}
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
    status = after(entry.kind, before["resume"])
    if not may(before["status"], status) or (entry.kind == RESUME and not before["resume"]):
        raise not_possible(before["status"], status)
    changes: Columns = {"status": status}
    if status == "acknowledged":
        changes |= {"acknowledged_at": entry.received, "acknowledged_by": entry.person}
    elif status == "assigned":
        changes["assigned_to"] = UUID(entry.data["assigned_to"])
    elif status in ELSEWHERE:
        changes["resume"] = ""
    elif status in ("resolved", "unfounded"):
        changes |= {
            "resolved_at": entry.received,
            "outcome": entry.data.get("outcome", status),
            "closed_by_op": entry.op,
        }
    return {**before, **changes}
