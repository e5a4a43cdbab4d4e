"""Reads of the roster: for its keepers, and for whoever has to tell the person on call."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.utils import timezone

from backend.accounts import queries as accounts
from backend.common.errors import NotFound
from backend.regions import codes
from backend.regions import queries as regions

from . import roster, scope
from .errors import NotADutyPlace
from .models import Leave, Shift
from .scope import KEEPERS, READERS

__all__ = ["KEEPERS", "READERS", "Plan", "on_call", "plan", "rosters", "suited", "turns"]  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class OnShift:
    id: UUID
    revision: int
    person: UUID
    name: str
    deputies: list[dict[str, object]]
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Away:
    id: UUID
    person: UUID
    name: str
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """One division's roster between two times. `now` is who is on call at this moment, if anybody."""

    division: str
    place: str
    now: UUID | None
    now_name: str
    shifts: list[OnShift]
    leaves: list[Away]
    gaps: list[tuple[datetime, datetime]]
    keeps: bool


def plan(*, viewer: UUID, division: str, start: datetime, end: datetime, now: datetime) -> Plan:
    """Raises `NotADutyPlace`, and `NotFound` for a division out of her reach."""
    reach = scope.reach(viewer, on=timezone.localdate(now))
    if len(division) not in scope.ON_CALL or not codes.is_well_formed(division):
        raise NotADutyPlace()
    if not reach.sees(division):
        raise NotFound(fields=("division",))
    shifts = _shifts([division], min(start, now), max(end, now))
    team = {person for shift in shifts for person in (shift.person, *shift.deputies)}
    leaves = _leaves(team, min(start, now), max(end, now))
    able = able_of([division], now)[division]
    names = accounts.names(team)
    current = roster.on_call(now, shifts=shifts, leaves=leaves, able=able)
    return Plan(
        division=division,
        place=regions.places([division]).get(division, ""),
        now=current,
        now_name=names.get(current, "") if current else "",
        shifts=[_on_shift(shift, names) for shift in shifts if shift.ends_at > start],
        leaves=[
            Away(
                id=row.id, person=row.person, name=names.get(row.person, ""),
                starts_at=row.starts_at, ends_at=row.ends_at,
            )
            for row in leaves
        ],
        gaps=roster.gaps(start, end, shifts=shifts, leaves=leaves, able=able),
        keeps=codes.covers(reach.keeps, division),
    )  # fmt: skip


def _on_shift(shift: Shift, names: dict[UUID, str]) -> OnShift:
    return OnShift(
        id=shift.id, revision=shift.revision, person=shift.person,
        name=names.get(shift.person, ""),
        deputies=[{"person": one, "name": names.get(one, "")} for one in shift.deputies],
        starts_at=shift.starts_at, ends_at=shift.ends_at,
    )  # fmt: skip


def on_call(divisions: Collection[str], *, at: datetime) -> dict[str, UUID | None]:
    """The person on call in each division; a fixed number of statements. Nobody: None."""
    wanted = set(divisions)
    shifts: dict[str, list[Shift]] = {division: [] for division in wanted}
    for shift in _shifts(wanted, at, at):
        shifts[shift.division].append(shift)
    team = {p for own in shifts.values() for s in own for p in (s.person, *s.deputies)}
    leaves = _leaves(team, at, at)
    able = able_of(wanted, at)
    return {
        division: roster.on_call(at, shifts=own, leaves=leaves, able=able[division])
        for division, own in shifts.items()
    }


def turns(
    divisions: Collection[str], *, start: datetime, end: datetime
) -> dict[str, list[roster.Turn]]:
    """Who is to be called in each division between two times; three statements."""
    wanted = set(divisions)
    shifts: dict[str, list[Shift]] = {division: [] for division in wanted}
    for shift in _shifts(wanted, start, end):
        shifts[shift.division].append(shift)
    team = {p for own in shifts.values() for s in own for p in (s.person, *s.deputies)}
    leaves, able = _leaves(team, start, end), able_of(wanted, start)
    return {
        division: roster.turns(start, end, shifts=own, leaves=leaves, able=able[division])
        for division, own in shifts.items()
    }


def rosters(viewer: UUID, *, now: datetime) -> list[str]:
    """The divisions whose rosters she may look at: hers, her county's, and a county's townships."""
    reads = scope.reach(viewer, on=timezone.localdate(now)).reads
    own = {prefix[:length] for prefix in reads for length in scope.ON_CALL if len(prefix) >= length}
    below = [d.code for prefix in reads if len(prefix) == 6 for d in regions.children_of(prefix)]
    return sorted({*own, *below})


def suited(division: str, *, now: datetime) -> dict[UUID, str]:
    """Those who can be on call there, with their names, by name."""
    people = able_of([division], now)[division]
    return dict(sorted(accounts.names(people).items(), key=lambda item: (item[1], item[0])))


def able_of(divisions: Collection[str], at: datetime) -> dict[str, set[UUID]]:
    """Who can be on call in each division by the roles of the day; one statement."""
    roles = {role for own in scope.ON_CALL.values() for role in own}
    held = accounts.holding(divisions, roles=roles, on=timezone.localdate(at))
    return {
        division: {
            holder.person
            for holder in held
            if holder.role in scope.ON_CALL.get(len(division), ())
            and codes.covers(holder.prefixes, division)
        }
        for division in divisions
    }


def _shifts(divisions: Collection[str], start: datetime, end: datetime) -> list[Shift]:
    standing = Shift.objects.filter(division__in=divisions, cancelled_at=None)
    return list(standing.filter(ends_at__gt=start, starts_at__lte=end).order_by("starts_at"))


def _leaves(people: Collection[UUID], start: datetime, end: datetime) -> list[Leave]:
    standing = Leave.objects.filter(person__in=people, cancelled_at=None)
    return list(standing.filter(ends_at__gt=start, starts_at__lte=end).order_by("starts_at"))
