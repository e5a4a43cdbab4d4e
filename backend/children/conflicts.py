"""Registers on which people disagree: every value, who wrote it and when, and which one is shown."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from django.db.models import CharField, QuerySet, Value
from django.utils import timezone

from backend.accounts import queries as accounts
from backend.audit import services as audit
from backend.common import encrypted
from backend.common.errors import NotFound
from backend.regions import queries as regions
from sync import oplog
from sync.merge import registers
from sync.models import RegisterRecord
from sync.protocol import messages

from .models import Child, Guardian, Household
from .record import CHILD, GUARDIAN, HOUSEHOLD
from .search import lives_in

# They are asked; an administrator works with files and decides nothing about a child.
DECIDERS = ("township_supervisor", "county_officer", "county_lead")
TYPES = {record_type.name: record_type for record_type in (CHILD, GUARDIAN, HOUSEHOLD)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One of the values. `at` is the corrected time; `uncertainty` in milliseconds says how sure."""

    op: UUID
    value: Any
    person: UUID | None
    name: str
    at: datetime
    uncertainty: int
    received: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Disputed:
    register: str
    kind: str
    shown: Any
    values: list[Said]


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One record with its open conflicts; `name` is whom it is about as far as it is agreed."""

    type: str
    id: UUID
    file: UUID
    name: str
    division: str
    place: str
    registers: list[Disputed]


def prefixes(viewer: UUID, *, on: date) -> list[str]:
    return accounts.prefixes(viewer, on=on, roles=DECIDERS)


def records(kind: str, area: Iterable[str]) -> QuerySet[Any]:
    """The records of one type in an area; a guardian lives where the household does."""
    inside = lives_in(area)
    if kind == "child":
        return Child.objects.filter(inside)
    homes = Household.objects.filter(inside)
    if kind == "household":
        return homes
    return Guardian.objects.filter(household__in=homes.values("id"))


def open_in_area(*, viewer: UUID, kind: str, division: str, now: datetime) -> QuerySet[Any]:
    """`(id, type)` of records with an open conflict; `kind` and `division` empty mean any."""
    area = prefixes(viewer, on=timezone.localdate(now))
    if division:
        area = (
            [division] if _within(division, area) else [p for p in area if p.startswith(division)]
        )
    wanted = [kind] if kind else list(TYPES)
    first, *others = (
        records(name, area)
        .exclude(conflicts=[])
        .annotate(type=Value(name, output_field=CharField()))
        .order_by()
        .values_list("id", "type", named=True)
        for name in wanted
    )
    return first.union(*others, all=True).order_by("type", "id") if others else first.order_by("id")


def _within(division: str, area: Iterable[str]) -> bool:
    return any(division.startswith(prefix) for prefix in area)


def items(found: Sequence[tuple[UUID, str]], *, viewer: UUID, now: datetime) -> list[Item]:
    """A page for showing, opened and audited, in a fixed number of statements."""
    rows: dict[UUID, tuple[str, Any]] = {}
    for name, record_type in TYPES.items():
        wanted = [record for record, kind in found if kind == name]
        if wanted:
            rows |= {row.id: (name, row) for row in record_type.model.objects.filter(id__in=wanted)}
    states = opened([row for _, row in rows.values()])
    divisions = _divisions(rows)
    places = regions.places(set(divisions.values()))
    ops = {UUID(op) for record in states for op in _live(rows[record][1], states[record])}
    signed = {entry.op: entry for entry in oplog.signatures(ops)}
    names = accounts.names({signature.person for signature in signed.values()})
    audit.record_each(
        [
            audit.Line(actor=viewer, subject=row.file, county=divisions[row.id][:6])
            for _, row in rows.values()
        ],
        action="conflict.list", subject_type="file", now=now,
    )  # fmt: skip
    return [
        Item(
            type=kind, id=record, file=rows[record][1].file, division=divisions[record],
            place=places.get(divisions[record], ""), name=_name(kind, states[record]),
            registers=[
                disputed(kind, register, states[record], signed, names)
                for register in rows[record][1].conflicts
            ],
        )
        for record, kind in found
        if record in states
    ]  # fmt: skip


def one(*, viewer: UUID, kind: str, record: UUID, now: datetime) -> Any:
    """The record, if it is one she decides about. Raises `NotFound`."""
    area = prefixes(viewer, on=timezone.localdate(now))
    row = records(kind, area).filter(id=record).first() if kind in TYPES else None
    if row is None:
        raise NotFound(fields=("id",))
    return row


def opened(rows: Sequence[RegisterRecord]) -> dict[UUID, registers.State]:
    """Every value of every register, by record; those of erased files are left out."""
    ciphers = encrypted.keys({row.file for row in rows})
    return {
        row.id: registers.load(messages.parse(ciphers[row.file].open(row.state)))
        for row in rows
        if row.file in ciphers
    }


def _live(row: RegisterRecord, state: registers.State) -> list[str]:
    return [op for register in row.conflicts for op in state[register].live]


def _divisions(rows: Mapping[UUID, tuple[str, Any]]) -> dict[UUID, str]:
    """A guardian's is the household's."""
    homes = {row.household for kind, row in rows.values() if kind == "guardian"}
    known = dict(Household.objects.filter(id__in=homes).values_list("id", "division"))
    return {
        record: known.get(row.household, "") if kind == "guardian" else row.division
        for record, (kind, row) in rows.items()
    }


def _name(kind: str, state: registers.State) -> str:
    card = registers.values(state, TYPES[kind].specs).get("identity")
    return str(card.get("name") or "") if isinstance(card, Mapping) else ""


def disputed(
    kind: str, name: str, state: registers.State,
    signed: Mapping[UUID, Any], names: Mapping[UUID, str],
) -> Disputed:  # fmt: skip
    spec = TYPES[kind].specs.get(name, registers.PLAIN)
    writes = sorted(state[name].live.values(), key=lambda write: (write.at, write.op))
    return Disputed(
        register=name,
        kind=spec.kind,
        shown=registers.shown(state[name], spec),
        values=[_said(write, signed.get(UUID(write.op)), names) for write in writes],
    )


def _said(write: registers.Write, signature: Any, names: Mapping[UUID, str]) -> Said:
    person = signature.person if signature else None
    return Said(
        op=UUID(write.op),
        value=write.value,
        person=person,
        name=names.get(person, "") if person else "",
        at=datetime.fromtimestamp(write.at / 1000, tz=UTC),
        uncertainty=signature.uncertainty if signature else 0,
        received=signature.received if signature else None,
    )
