"""The way of a protection order, beside the case it belongs to. Pure: no database, no clock.

Anti-Domestic Violence Law 23 to 30: the court decides within 72 hours, within 24 when it is urgent; an
order is valid for six months at most and can be extended before it ends.
"""

import datetime as dt
from typing import Any
from uuid import UUID

from fieldforms.vocabulary import label
from sync.entries import Entry
from sync.registry import Columns, Refused

from . import clocks
from .case_flow import DOCUMENT, REASON, Need, Step
from .case_life import stale

ORDER_STEPS = {
    "issue": Step(
        before=("applied",), after="issued", needs=(DOCUMENT, Need("valid_until", "day")),
        ends=("protection_court",), starts=("protection_valid",), basis=("advl-28", "advl-30"),
    ),
    "refuse": Step(
        before=("applied",), after="refused", needs=(DOCUMENT, REASON), ends=("protection_court",),
        basis=("advl-28",),
    ),
    "extend": Step(
        before=("issued",), after=None,
        needs=(DOCUMENT, Need("applied_on", "day"), Need("valid_until", "day")),
        ends=("protection_valid",), starts=("protection_valid",), basis=("advl-30",),
    ),
    "end": Step(before=("issued",), after="ended", needs=(REASON,), ends=("protection_valid",)),
}  # fmt: skip
APPLY = Step(
    before=(), after="applied",
    needs=(
        Need("applicant", "code", "protection_applicant"), Need("applicant_name", "line"),
        Need("respondent", "line"), Need("court", "line"), Need("urgent", "yes_no"), REASON,
    ),
    starts=("protection_court",), basis=("advl-23", "advl-28"),
)  # fmt: skip
KINDS = {
    "protection_order.apply": True,
    **{f"protection_order.{step}": False for step in ORDER_STEPS},
}
COLUMNS = [
    "case", "status", "applicant", "urgent", "applied_at", "issued_on", "valid_until", "extensions",
    "ended_at", "clocks", "next_due",
]  # fmt: skip


def advance(columns: Columns | None, entry: Entry) -> Columns:
    """The order after one operation. Raises `Refused`: `stale`, `protection_order.transition`."""
    if entry.kind == "protection_order.apply":
        return _applied(columns, entry)
    if columns is None:
        raise Refused(
            "target.unknown", fields=["target"], zh="没有这份申请。", en="There is no such order."
        )
    if entry.data.get("revision") != columns["revision"]:
        raise stale(columns["revision"])
    name = entry.kind.removeprefix("protection_order.")
    before = {key: value for key, value in columns.items() if key != "revision"}
    if name not in possible(before["status"]):
        raise not_possible(before["status"], name)
    return _stepped(before, name, entry)


def possible(status: str) -> list[str]:
    return [name for name, step in ORDER_STEPS.items() if status in step.before]


def not_possible(status: str, step: str) -> Refused:
    def said(language: str) -> tuple[str, str, str]:
        ways = [label("protection_step", name, language) for name in possible(status)]
        nothing = "无" if language == "zh" else "none"
        return (
            label("protection_status", status, language),
            label("protection_step", step, language),
            ("、" if language == "zh" else ", ").join(ways) or nothing,
        )

    zh, en = said("zh"), said("en")
    return Refused(
        "protection_order.transition",
        fields=["step"],
        zh=f"保护令“{zh[0]}”时不能“{zh[1]}”；可以：{zh[2]}。",
        en=f"A protection order that is “{en[0]}”: “{en[1]}” is not possible; possible: {en[2]}.",
    )


def _applied(columns: Columns | None, entry: Entry) -> Columns:
    if columns is not None:
        raise Refused(
            "target.taken", fields=["target"], zh="此编号已被使用。", en="This id is already taken."
        )
    data, running = entry.data, entry.data["clocks"]
    return {
        "case": UUID(data["case"]), "status": "applied", "applicant": data["applicant"],
        "urgent": data["urgent"] == "yes", "applied_at": entry.observed, "issued_on": None,
        "valid_until": None, "extensions": 0, "ended_at": None, "clocks": running,
        "next_due": clocks.first(running),
    }  # fmt: skip


def _stepped(before: Columns, name: str, entry: Entry) -> Columns:
    step, day = ORDER_STEPS[name], entry.observed.astimezone(clocks.CHINA).date()
    running = clocks.running(before["clocks"], step.ends, entry.data.get("clocks", []))
    after: dict[str, Any] = {"clocks": running, "next_due": clocks.first(running)}
    if step.after:
        after["status"] = step.after
    if name in ("issue", "extend"):
        after["valid_until"] = dt.date.fromisoformat(entry.data["valid_until"])
    if name == "issue":
        after["issued_on"] = day
    if name == "extend":
        after["extensions"] = before["extensions"] + 1
    if name in ("end", "refuse"):
        after["ended_at"] = entry.observed
    return {**before, **after}
