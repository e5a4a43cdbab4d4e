"""Who is told of an escalation at a level: recipients' codes become people.

Agencies outside are told by people, by a referral; the guardian and the village committee never.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from django.utils import timezone

from backend.accounts import queries as accounts
from backend.caseload import queries as caseload
from backend.duty import queries as duty
from backend.regions import codes
from sync.entries import Applied

from . import levels, scope
from .levels import COUNTY, PREFECTURE, TOWNSHIP, VILLAGE

_WATCH = "viewer"
_ROLES = (*scope.WORKERS, _WATCH, "administrator")


class Escalated(Protocol):
    """What decides who is told: an escalation's row, or `About`."""

    @property
    def id(self) -> UUID: ...
    @property
    def file(self) -> UUID: ...
    @property
    def division(self) -> str: ...
    @property
    def severity(self) -> str: ...
    @property
    def deadline(self) -> datetime: ...
    @property
    def sealed(self) -> bool: ...
    @property
    def level(self) -> str: ...
    @property
    def skips(self) -> str: ...
    @property
    def kept_out(self) -> list[UUID]: ...
    @property
    def assigned_to(self) -> UUID | None: ...
    @property
    def waits_since(self) -> datetime: ...


@dataclass(frozen=True, slots=True)
class About:
    """The same of an operation that was just applied."""

    id: UUID
    file: UUID
    division: str
    severity: str
    deadline: datetime
    sealed: bool
    level: str
    skips: str
    kept_out: list[UUID]
    assigned_to: UUID | None
    waits_since: datetime


def about(item: Applied) -> About:
    columns: Mapping[str, Any] = item.columns
    return About(
        item.entry.target, item.entry.file, columns["division"], columns["severity"],
        columns["deadline"], columns["sealed"], columns["level"], columns["skips"],
        columns["kept_out"], columns["assigned_to"], columns["waits_since"],
    )  # fmt: skip


class Audience:
    """Everybody who may have to be told of a batch, read in a fixed number of statements."""

    def __init__(self, rows: Iterable[Escalated], *, now: datetime) -> None:
        batch = list(rows)
        divisions = {row.division for row in batch}
        self._holders = accounts.holding(divisions, roles=_ROLES, on=timezone.localdate(now))
        places = {division[:length] for division in divisions for length in (6, 9)}
        self._on_call = duty.on_call(places, at=now)
        self._supervisors = caseload.supervisors_by_file({row.file for row in batch})

    def at(self, row: Escalated, level: str) -> set[UUID]:
        """Those to tell at a level; nobody whom it passes over, and nobody at all where it is empty."""
        found = self._with(row, scope.SEALED, ()) if row.sealed else _BY_LEVEL[level](self, row)
        return found - set(row.kept_out)

    def sees(self, row: Escalated, person: UUID) -> bool:
        """Whether it is still hers to work on: roles end, and people are kept out."""
        roles = scope.SEALED if row.sealed else scope.WORKERS
        return person in self._with(row, roles, ()) - set(row.kept_out)

    def opens(self, person: UUID) -> bool:
        """Whether there is a page for her: somebody who watches, or has only a phone, gets no address."""
        return any(h.person == person and h.role in scope.WORKERS for h in self._holders)

    def uncovered(self, row: Escalated) -> bool:
        """Whether the county's person on call would have to be told and there is none."""
        return not row.sealed and self._on_call.get(row.division[:6]) is None

    def administrators(self, row: Escalated) -> set[UUID]:
        return {
            holder.person
            for holder in self._holders
            if holder.role == "administrator" and codes.covers(holder.prefixes, row.division)
        }

    def _village(self, row: Escalated) -> set[UUID]:
        supervisor = self._supervisors.get(row.file)
        return {supervisor} if supervisor else self._township(row)

    def _township(self, row: Escalated) -> set[UUID]:
        on_call = self._on_call.get(row.division[:9])
        if on_call:
            return {on_call}
        own = self._with(row, ("township_supervisor",), (9, 12))
        return own or self._county(row)

    def _county(self, row: Escalated) -> set[UUID]:
        on_call = self._on_call.get(row.division[:6])
        if on_call:
            return {on_call}
        leads = self._with(row, ("county_lead",), (6,))
        return leads or self._with(row, scope.COUNTY, ())

    def _prefecture(self, row: Escalated) -> set[UUID]:
        """Whoever watches the county from above; the next above where the prefecture has nobody."""
        for digits in (4, 2, 0):
            if found := self._with(row, (*scope.COUNTY, _WATCH), (digits,)):
                return found
        return set()

    def _with(self, row: Escalated, roles: Sequence[str], digits: Sequence[int]) -> set[UUID]:
        """Who holds one of the roles there by a prefix of so many digits (any where none is named)."""
        found = set()
        for holder in self._holders:
            prefixes = codes.wider(holder.prefixes, row.skips)
            if digits:
                prefixes = tuple(prefix for prefix in prefixes if len(prefix) in digits)
            if holder.role in roles and codes.covers(prefixes, row.division):
                found.add(holder.person)
        return found


_BY_LEVEL = {
    VILLAGE: Audience._village, TOWNSHIP: Audience._township, COUNTY: Audience._county,
    PREFECTURE: Audience._prefecture,
}  # fmt: skip
assert tuple(_BY_LEVEL) == levels.LEVELS


_NOBODY = UUID(int=0)


def of_places(
    places: Iterable[str], *, administrators: bool, now: datetime
) -> dict[str, set[UUID]]:
    """Whom a township (9 digits) or county (6) has for what is no single child's, in a fixed number of
    statements; with `administrators`, theirs too."""
    rows = [_of_place(place, TOWNSHIP if len(place) > 6 else COUNTY, now) for place in places]
    everybody = Audience(rows, now=now)
    return {
        row.division: everybody.at(row, row.level)
        | (everybody.administrators(row) if administrators else set())
        for row in rows
    }


def above(places: Iterable[str], *, now: datetime) -> dict[str, set[UUID]]:
    """Who is to hear of what a county leaves lying, by the place where it lies; likewise."""
    rows = [_of_place(place, PREFECTURE, now) for place in places]
    everybody = Audience(rows, now=now)
    return {row.division: everybody.at(row, row.level) for row in rows}


def _of_place(place: str, level: str, now: datetime) -> About:
    return About(_NOBODY, _NOBODY, place, "low", now, False, level, "", [], None, now)
