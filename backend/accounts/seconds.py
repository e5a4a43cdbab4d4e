"""Who may be the second person of a request."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.utils import timezone

from backend.audit import queries as audit
from backend.regions import codes

from . import confirming, queries
from .errors import AskerGone, NotIndependent, NotTheSecond, SameRole
from .models import OPEN_STATES, Confirmation

# What makes one person able to act as another.
_OWNING = ("person.create", "role.grant", "person.password", "second_factor.end")


def covering_codes(divisions: Sequence[str]) -> list[str]:
    """Every code that covers all of the divisions; `COUNTRY` always does."""
    wider = [
        {codes.COUNTRY, *(codes.ancestors(one) if codes.is_well_formed(one) else ())}
        for one in divisions
    ]
    return sorted(set.intersection(*wider))


def covers(row: Confirmation, *, actor: UUID, now: datetime) -> bool:
    """Whether somebody administers or leads wherever a request reaches."""
    own = queries.prefixes(actor, on=timezone.localdate(now), roles=queries.GUARDED)
    return not set(row.covered_by).isdisjoint(own)


def check(row: Confirmation, *, actor: UUID, now: datetime) -> None:
    """Raises `NotTheSecond`, `AskerGone`, `SameRole` and `NotIndependent`; the area is asked before."""
    if actor in (row.asked_by_id, row.person_id) or _waits_on(row.asked_by_id, actor):
        raise NotTheSecond()
    on = timezone.localdate(now)
    if not queries.at_work([row.asked_by_id], on=on):
        raise AskerGone()
    if confirming.kind(row.kind).another_role:
        own = queries.areas_by_role(actor, roles=queries.GUARDED, on=on)
        here = {r for r, prefixes in own.items() if not set(row.covered_by).isdisjoint(prefixes)}
        if not here - queries.roles_of(row.asked_by_id, on=on):
            raise SameRole()
    if not independent(row.asked_by_id, actor, now=now):
        raise NotIndependent()


def independent(one: UUID, other: UUID, *, now: datetime) -> bool:
    """Whether neither made, granted or reset the other's account lately, by the audit log."""
    since = now - confirming.INDEPENDENCE
    return not any(
        audit.has_acted(actor, on=[subject], actions=_OWNING, since=since)
        for actor, subject in ((one, other), (other, one))
    )


def _waits_on(asker: UUID, actor: UUID) -> bool:
    """Whether the asker has asked for something for the actor too: one favour for another."""
    return Confirmation.objects.filter(asked_by=asker, person=actor, state__in=OPEN_STATES).exists()
