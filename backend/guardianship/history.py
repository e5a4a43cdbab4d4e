"""What is on record of one case: its steps with their words, orders, assessments and warnings."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from backend.accounts import queries as accounts
from fieldforms.sealing import split
from sync import oplog
from sync.entries import Entry

from . import case_flow, case_life, order_life
from .clocks import Clock
from .models import AlertGiven, Assessment, Case, GuardianWarning, ProtectionOrder

# Beside the words and codes of a step: what the server needs of it and nobody reads.
_INNER = {"revision", "clocks", "proposal", "step", "given", "alone", "note", "case", "sealed",
          "division", "escalation", "ends", "skips", "kept_out"}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One operation: `said` are its answers by `case_field`. Both times, as everywhere.

    `of` is the step that was put before a lead, `note` what she added; `alone`: nobody else could.
    """

    op: UUID
    step: str
    observed: datetime
    received: datetime
    person: UUID
    name: str
    said: dict[str, Any]
    of: str
    note: str
    alone: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    id: UUID
    revision: int
    status: str
    applicant: str
    urgent: bool
    applied_at: datetime
    issued_on: date | None
    valid_until: date | None
    extensions: int
    clocks: list[Clock]
    possible: list[str]
    steps: list[Step]


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessed:
    id: UUID
    form: str
    form_version: str
    observed: datetime
    person: UUID
    name: str
    answers: dict[str, Any]
    problems: list[dict[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Warned:
    id: UUID
    kind: str
    by: str
    given_on: date
    name: str
    to: str
    text: str
    document: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    clock: str
    at: datetime
    severity: str
    given_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """What waits for a lead: the step with its answers, by whom and since when."""

    step: str
    by: UUID
    name: str
    at: datetime
    observed: datetime
    said: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Detail:
    """`possible` are the steps from here; `columns` the case's own codes and dates."""

    escalation: UUID | None
    clocks: list[Clock]
    possible: list[str]
    proposal: Proposal | None
    columns: dict[str, Any]
    steps: list[Step]
    orders: list[Order]
    assessments: list[Assessed]
    warnings: list[Warned]
    alerts: list[Alert]


_COLUMNS = ("placement", "temporary_ground", "temporary_on", "revocation_grounds", "applicant",
            "revoked_on", "guardian_kind", "intentional_crime", "monitor_days", "monitor_until",
            "outcome")  # fmt: skip


def of(row: Case) -> Detail:
    """A fixed number of statements, however much is on record."""
    orders = list(ProtectionOrder.objects.filter(case=row.id).order_by("-applied_at"))
    assessments = list(Assessment.objects.filter(case=row.id).order_by("-observed"))
    warnings = list(_warnings(row))
    entries = _entries([row.id, *(order.id for order in orders)])
    opened = {e.op: e for e in _opened([*assessments, *warnings])}
    told = {o.op: o.problems for o in oplog.outcomes([a.op for a in assessments]) if o.op}
    names = accounts.names({e.person for e in (*entries, *opened.values())})
    steps = [_step(entry, names) for entry in entries if entry.target == row.id]
    return Detail(
        escalation=row.escalation,
        clocks=row.clocks,
        possible=case_flow.possible(row.status),
        proposal=_proposal(row, entries, names),
        columns={name: getattr(row, name) for name in _COLUMNS},
        steps=steps,
        orders=[_order(order, entries, names) for order in orders],
        assessments=[_assessed(one, opened, told, names) for one in assessments],
        warnings=[_warned(one, opened, names) for one in warnings],
        alerts=_alerts(row, orders),
    )


def _warnings(row: Case) -> Any:
    """Those given within a sealed case are for whoever sees sealed cases."""
    rows = GuardianWarning.objects.filter(file=row.file).order_by("given_on", "feed")
    return rows if row.sealed else rows.filter(sealed=False)


def _entries(targets: list[UUID]) -> list[Entry]:
    return oplog.load(
        "target = ANY(%s) AND outcome = 'applied' AND kind = ANY(%s)",
        [targets, [*case_life.KINDS, *order_life.KINDS]],
        order="decision",
    )


def _opened(rows: list[Any]) -> list[Entry]:
    return oplog.load("op = ANY(%s)", [[row.op for row in rows]])


def _step(entry: Entry, names: Mapping[UUID, str]) -> Step:
    data = entry.data
    return Step(
        op=entry.op, step=entry.kind.split(".")[1], observed=entry.observed,
        received=entry.received, person=entry.person, name=names.get(entry.person, ""),
        said=_said(data.get("given", data)), of=str(data.get("step", "")),
        note=str(data.get("note", "")), alone=data.get("alone") is True,
    )  # fmt: skip


def _said(data: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in data.items() if name not in _INNER}


def _proposal(row: Case, entries: list[Entry], names: Mapping[UUID, str]) -> Proposal | None:
    found = next((entry for entry in entries if entry.op == row.proposed_op), None)
    if found is None:
        return None
    return Proposal(
        step=found.data["step"], by=found.person, name=names.get(found.person, ""),
        at=found.received, observed=found.observed, said=_said(found.data["given"]),
    )  # fmt: skip


def _order(order: ProtectionOrder, entries: list[Entry], names: Mapping[UUID, str]) -> Order:
    return Order(
        id=order.id, revision=order.revision, status=order.status, applicant=order.applicant,
        urgent=order.urgent, applied_at=order.applied_at, issued_on=order.issued_on,
        valid_until=order.valid_until, extensions=order.extensions, clocks=order.clocks,
        possible=order_life.possible(order.status),
        steps=[_step(entry, names) for entry in entries if entry.target == order.id],
    )  # fmt: skip


def _assessed(
    row: Assessment, opened: Mapping[UUID, Entry], told: Mapping[UUID, Any],
    names: Mapping[UUID, str],
) -> Assessed:  # fmt: skip
    data = opened[row.op].data if row.op in opened else {}
    return Assessed(
        id=row.id, form=row.form, form_version=row.form_version, observed=row.observed,
        person=row.person, name=names.get(row.person, ""), answers=split(data.get("answers"))[0],
        problems=told.get(row.op) or [],
    )  # fmt: skip


def _warned(
    row: GuardianWarning, opened: Mapping[UUID, Entry], names: Mapping[UUID, str]
) -> Warned:
    data = opened[row.op].data if row.op in opened else {}
    return Warned(
        id=row.id, kind=row.kind, by=row.by, given_on=row.given_on,
        name=names.get(row.person, ""), to=str(data.get("to", "")), text=str(data.get("text", "")),
        document=str(data.get("document", "")),
    )  # fmt: skip


def _alerts(row: Case, orders: list[ProtectionOrder]) -> list[Alert]:
    given = AlertGiven.objects.filter(record__in=[row.id, *(order.id for order in orders)])
    return [
        Alert(clock=one.clock, at=one.at, severity=one.severity, given_at=one.given_at)
        for one in given.order_by("at", "id")
    ]
