"""What sync is told about cases, protection orders, assessments and warnings. All but the checks are pure."""

import datetime as dt
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from fieldforms import checking
from fieldforms.vocabulary import codes, label
from sync import oplog
from sync.entries import Entry
from sync.registry import Columns, Policy, Problem, RecordType, Reference

from . import case_life, clocks, order_life
from .models import (
    CLOSED,
    RUNNING_ORDER,
    Assessment,
    Case,
    CaseCard,
    GuardianWarning,
    ProtectionOrder,
)


def check_cases(entries: Sequence[Entry]) -> list[list[Problem]]:
    """Under the file's lock: a second open case of a child is not begun."""
    opening = [entry for entry in entries if entry.kind == "case.open"]
    if opening:
        rows = Case.objects.filter(file__in={entry.file for entry in opening})
        taken = set(rows.exclude(status=CLOSED).values_list("file", "sealed", "skips"))
        for entry in opening:
            place = (entry.file, bool(entry.data["sealed"]), entry.data.get("skips", ""))
            if place in taken:
                entry.quarantine("case.open_already", "child", message=_OPEN_ALREADY)
            taken.add(place)
    _hold_open(entries)
    return [[] for _ in entries]


def _hold_open(entries: Sequence[Entry]) -> None:
    """A case is not closed while a protection order of it is before the court or in force."""
    closing = {entry.target: entry for entry in entries if entry.kind == "case.close"}
    if not closing:
        return
    rows = ProtectionOrder.objects.filter(case__in=closing, status__in=RUNNING_ORDER)
    for case, until in rows.values_list("case", "valid_until"):
        if until is None or until >= closing[case].observed.astimezone(clocks.CHINA).date():
            closing[case].quarantine("protection_order.running", "step", message=_RUNNING)


def check_orders(entries: Sequence[Entry]) -> list[list[Problem]]:
    """Under the file's lock: one order at a time runs beside a case."""
    applied = [entry for entry in entries if entry.kind == "protection_order.apply"]
    if applied:
        cases = {UUID(entry.data["case"]) for entry in applied}
        closed = set(Case.objects.filter(id__in=cases, status=CLOSED).values_list("id", flat=True))
        rows = ProtectionOrder.objects.filter(case__in=cases, status__in=RUNNING_ORDER)
        taken = set(rows.values_list("case", flat=True))
        for entry in applied:
            case = UUID(entry.data["case"])
            if case in closed:
                entry.quarantine("case.closed", "case", message=_CLOSED)
            elif case in taken:
                entry.quarantine("protection_order.running", "case", message=_RUNNING)
            taken.add(case)
    return [[] for _ in entries]


_OPEN_ALREADY = (
    "这个孩子已有一个未结的个案，请在该个案中办理。",
    "This child has an open case already; go on there.",
)
_CLOSED = ("个案已结，不能再申请保护令。", "The case is closed; open a new one first.")
_RUNNING = (
    "此个案已有一份申请中或有效的人身安全保护令；请先登记其结果或失效。",
    "A protection order of this case is applied for or in force; record how it ended first.",
)


def assessment_columns(entry: Entry) -> Columns:
    return {
        "case": UUID(entry.data["case"]),
        "form": entry.data["form"],
        "form_version": entry.data["form_version"],
        "person": entry.person,
        "observed": entry.observed,
    }


def check_assessments(entries: Sequence[Entry]) -> list[list[Problem]]:
    """An office's operation names its form in its data: only a phone's line has members for it."""
    for entry in entries:
        entry.form, entry.form_version = entry.data["form"], entry.data["form_version"]
    return checking.check(entries)


def warning_columns(entry: Entry) -> Columns:
    data = entry.data
    return {
        "kind": _code("guardian_warning_kind", data.get("kind")),
        "by": _code("guardian_warning_by", data.get("by")),
        "given_on": _day(data.get("given_on")) or entry.observed.astimezone(clocks.CHINA).date(),
        "person": entry.person,
        # Only the office gives one within a sealed case.
        "sealed": entry.trusted and data.get("sealed") is True,
    }


def check_warnings(entries: Sequence[Entry]) -> list[list[Problem]]:
    return [
        [
            Problem(
                name, "guardian_warning.unknown", "缺失或无法识别，请重新登记一份。",
                "Missing or unknown; record another one that says it.",
            )
            for name in ("kind", "by")
            if not warning_columns(entry)[name]
        ]
        for entry in entries
    ]  # fmt: skip


def card_columns(columns: Columns | None, entry: Entry) -> Columns:
    """Each operation says all of it: the last one is the card."""
    data = entry.data
    return {
        "op": entry.op,
        "case": UUID(data["case"]),
        "state": data["state"],
        "placement": data["placement"],
        "monitor_days": data["monitor_days"],
        "monitor_until": _day(data["monitor_until"]),
    }


def render_cards(rows: Any, opened: Any) -> list[dict[str, Any]]:
    told = oplog.contents(row.op for row in rows)
    return [
        {
            "case": str(row.case),
            "state": row.state,
            "state_words": _words("case_state", row.state),
            "placement": row.placement,
            "placement_words": _words("placement", row.placement),
            "task": _words("case_task", row.state),
            "text": told.get(row.op, {}).get("text", ""),
            "monitoring": row.monitor_days
            and {"every_days": row.monitor_days, "until": row.monitor_until.isoformat()},
        }
        for row in rows
    ]


def _words(name: str, code: str) -> dict[str, str]:
    """Both languages, so that an older phone can show a code it does not know."""
    return {language: label(name, code, language) for language in ("zh", "en")} if code else {}


def _code(name: str, value: Any) -> str:
    return value if isinstance(value, str) and value in codes(name) else ""


def _day(value: Any) -> dt.date | None:
    try:
        return dt.date.fromisoformat(str(value))
    except ValueError:
        return None


_OF_CASE = Reference("case", "case")
CASE = RecordType(
    name="case", model=Case, policy=Policy.SERIALISED, kinds=case_life.KINDS,
    columns=case_life.COLUMNS, check=check_cases, advance=case_life.advance, server_only=True,
    references=[Reference("escalation", "escalation")],
    harmless={
        **dict.fromkeys(("kept_out", "worker", "opened_by", "proposed_by"), "people"),
        "proposed_op": "its own step",
    },
)  # fmt: skip
PROTECTION_ORDER = RecordType(
    name="protection_order", model=ProtectionOrder, policy=Policy.SERIALISED,
    kinds=order_life.KINDS, columns=order_life.COLUMNS, check=check_orders,
    advance=order_life.advance, server_only=True, references=[_OF_CASE],
)  # fmt: skip
ASSESSMENT = RecordType(
    name="assessment", model=Assessment, policy=Policy.APPEND, kinds={"assessment.record": True},
    columns=["case", "form", "form_version", "person", "observed"], check=check_assessments,
    project=assessment_columns, server_only=True, references=[_OF_CASE],
    harmless={"person": "who made it"},
)  # fmt: skip
# No `render`: one that was given within a sealed case would stand beside the others.
GUARDIAN_WARNING = RecordType(
    name="guardian_warning", model=GuardianWarning, policy=Policy.APPEND,
    kinds={"guardian_warning.give": True}, columns=["kind", "by", "given_on", "person", "sealed"],
    check=check_warnings, project=warning_columns, harmless={"person": "who gave it"},
)  # fmt: skip
CASE_CARD = RecordType(
    name="case_card", model=CaseCard, policy=Policy.SERIALISED, kinds={"case_card.show": True},
    columns=["op", "case", "state", "placement", "monitor_days", "monitor_until"],
    advance=card_columns, render=render_cards, references=[_OF_CASE],
)  # fmt: skip
RECORD_TYPES = [CASE, PROTECTION_ORDER, ASSESSMENT, GUARDIAN_WARNING, CASE_CARD]
