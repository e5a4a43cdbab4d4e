"""Who sees a case and who may act on it: the county's officers and leads. Sealed ones: leads alone."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol
from uuid import UUID

from django.db.models import Q
from django.utils import timezone

from backend.accounts import queries as accounts
from backend.caseload import queries as caseload
from backend.common.errors import NotFound
from backend.concerns import queries as concerns
from backend.regions import codes
from backend.regions import queries as regions
from fieldforms import suspects

from .case_flow import LEAD, OFFICER
from .models import Case

COUNTY = (OFFICER, LEAD)


class Placed(Protocol):
    """What decides who may do what: a case's row, or an item of the list."""

    @property
    def sealed(self) -> bool: ...
    @property
    def skips(self) -> str: ...
    @property
    def kept_out(self) -> list[UUID]: ...
    @property
    def division(self) -> str: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """The division prefixes in which a person works on cases, and in which she leads."""

    person: UUID
    works: tuple[str, ...]
    leads: tuple[str, ...]

    def sees(self, case: Placed) -> bool:
        prefixes = self.leads if case.sealed else self.works
        return _covers(prefixes, case) and self.person not in case.kept_out

    def approves(self, case: Placed) -> bool:
        return _covers(self.leads, case) and self.person not in case.kept_out


def reach(person: UUID, *, on: date) -> Reach:
    """One statement."""
    grants = accounts.grants([person], on=on)[person]
    return Reach(person=person, works=_prefixes(grants, COUNTY), leads=_prefixes(grants, (LEAD,)))


def _prefixes(grants: Iterable[tuple[str, list[str]]], roles: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted({prefix for role, own in grants if role in roles for prefix in own}))


def _covers(prefixes: Iterable[str], case: Placed) -> bool:
    """Where a suspect is in the reporting chain, only whoever stands above that level."""
    return codes.covers(codes.wider(prefixes, case.skips), case.division)


def visible(reach: Reach) -> Q:
    """What `Reach.sees` says, as a condition."""
    return _seen(reach, reach.leads)


def readable(viewer: UUID, *, now: datetime) -> tuple[Q, dict[UUID, UUID]]:
    """What she may read: of the children opened to her, what is sealed counts as not sealed; and those
    children, with the confirmation that opened each."""
    found = reach(viewer, on=timezone.localdate(now))
    opened = caseload.opened_to(viewer, now=now)
    if not opened:
        return visible(found), opened
    return visible(found) | _seen(found, found.works) & Q(file__in=list(opened)), opened


def closed_in(children: Collection[UUID], viewer: UUID, *, now: datetime) -> set[UUID]:
    """The children with a case that accuses somebody she is under, or from which she is kept out: by
    where it lies, so that it is asked of a township's supervisor, who sees no cases, as of the county."""
    named = Q(kept_out__contains=[viewer])
    prefixes = concerns.reach(viewer, on=timezone.localdate(now)).queue
    rows = Case.objects.filter(named | ~Q(skips=""), file__in=list(children))
    return {
        row.file
        for row in rows
        if viewer in row.kept_out
        or not codes.covers(codes.wider(prefixes, row.skips), row.division)
    }


def _seen(reach: Reach, sealed: tuple[str, ...]) -> Q:
    matches = Q(pk__in=[])
    for skips in ("", *suspects.CHAIN):
        works, leads = codes.wider(reach.works, skips), codes.wider(sealed, skips)
        if works or leads:
            matches |= Q(skips=skips) & (
                Q(sealed=False) & regions.inside("division", works)
                | Q(sealed=True) & regions.inside("division", leads)
            )
    return matches & ~Q(kept_out__contains=[reach.person])


def seen(case: UUID, actor: UUID, *, now: datetime, named: str = "case") -> tuple[Case, Reach]:
    """The case, if the actor sees it. Raises `NotFound` naming the field that was asked for."""
    found = reach(actor, on=timezone.localdate(now))
    row = Case.objects.filter(visible(found), id=case).first()
    if row is None:
        raise NotFound(fields=(named,))
    return row, found


def leads(case: Placed, *, on: date) -> set[UUID]:
    """Who may approve a step of the case."""
    return _holding(case, (LEAD,), on)


def workers(case: Placed, *, on: date) -> set[UUID]:
    """Who may be given the case."""
    return _holding(case, (LEAD,) if case.sealed else COUNTY, on)


def _holding(case: Placed, roles: tuple[str, ...], on: date) -> set[UUID]:
    holders = accounts.holding([case.division], roles=roles, on=on)
    return {one.person for one in holders if _covers(one.prefixes, case)} - set(case.kept_out)
