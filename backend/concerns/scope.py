"""Who sees an escalation and who may take which step on it. Sealed ones: county leads alone."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol
from uuid import UUID

from django.db.models import Q
from django.utils import timezone

from backend.accounts import queries as accounts
from backend.caseload import queries as caseload
from backend.children import queries as children
from backend.regions import codes
from sync.entries import Entry

from .life_cycle import ENDS, RESUME

COUNTY = ("county_officer", "county_lead")
WORKERS = ("township_supervisor", *COUNTY)
SEALED = accounts.OPENS_SEALED


class Placed(Protocol):
    """What decides who may do what: an escalation's row, or an item of the queue."""

    @property
    def skips(self) -> str: ...
    @property
    def kept_out(self) -> list[UUID]: ...

    @property
    def sealed(self) -> bool: ...
    @property
    def division(self) -> str: ...
    @property
    def assigned_to(self) -> UUID | None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """The division prefixes in which a person sees the queue, its sealed part, and may end things."""

    person: UUID
    queue: tuple[str, ...]
    sealed: tuple[str, ...]
    county: tuple[str, ...]

    def sees(self, escalation: Placed) -> bool:
        if self.person in escalation.kept_out:
            return False
        prefixes = self.sealed if escalation.sealed else self.queue
        return codes.covers(codes.wider(prefixes, escalation.skips), escalation.division)

    def allows(self, kind: str, escalation: Placed) -> bool:
        """Whoever sees it takes it on and records calls; the county assigns, ends, gives it back to a
        case or a referral and keeps people out. Its own assignee ends it and gives it back too."""
        if not self.sees(escalation):
            return False
        ends = kind in (*ENDS, RESUME)
        if ends and escalation.assigned_to == self.person:
            return True
        directs = codes.covers(codes.wider(self.county, escalation.skips), escalation.division)
        return directs or not (ends or kind in ("escalation.assign", "escalation.keep_out"))


def reach(person: UUID, *, on: date) -> Reach:
    """One statement."""
    return reaches([person], on=on)[person]


def reaches(people: Iterable[UUID], *, on: date) -> dict[UUID, Reach]:
    """Everybody's, in one statement; nobody is left out, without a role the reach is empty."""
    wanted = list(people)
    grants = accounts.grants(wanted, on=on)
    return {
        person: Reach(
            person=person,
            queue=_prefixes(grants[person], WORKERS),
            sealed=_prefixes(grants[person], SEALED),
            county=_prefixes(grants[person], COUNTY),
        )
        for person in wanted
    }


def _prefixes(grants: Iterable[tuple[str, list[str]]], roles: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted({prefix for role, own in grants if role in roles for prefix in own}))


def may_resolve(entries: Sequence[Entry]) -> set[UUID]:
    """The operations whose author works escalations where the child lives; two statements.

    By the roles of the day of receipt: a phone's clock must not bring an old role back.
    """
    if not entries:
        return set()
    areas = accounts.areas(
        {entry.person for entry in entries},
        on=timezone.localdate(max(entry.received for entry in entries)),
        roles=WORKERS,
    )
    lives = dict(
        children.everybody()
        .filter(id__in={entry.file for entry in entries})
        .values_list("id", "division")
    )
    return {
        entry.op
        for entry in entries
        if codes.covers(areas[entry.person], lives.get(entry.file) or entry.shard)
    }


def left(row: Placed, *, without: Collection[UUID], on: date) -> set[UUID]:
    """Who of the county or above would still see it."""
    roles = SEALED if row.sealed else COUNTY
    return {
        holder.person
        for holder in accounts.holding([row.division], roles=roles, on=on)
        if codes.covers(codes.wider(holder.prefixes, row.skips), row.division)
    } - set(without)


def visible(reach: Reach) -> Q:
    """What `Reach.sees` says, as a condition."""
    return caseload.may_open(person=reach.person, queue=reach.queue, sealed=reach.sealed)


def readable(reach: Reach, opened: Collection[UUID]) -> Q:
    """What she may read: of the children opened to her, what is sealed counts as not sealed. She takes
    no step on it: see `Reach.sees`."""
    seen = visible(reach)
    if not opened:
        return seen
    as_if_open = caseload.may_open(person=reach.person, queue=reach.queue, sealed=reach.queue)
    return seen | as_if_open & Q(file__in=list(opened))
