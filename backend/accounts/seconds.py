"""Who may be the second person of a request."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.utils import timezone

from backend.audit import queries as audit
from backend.common.errors import DomainError
from backend.regions import codes

from . import confirming, queries
from .errors import AskerGone, NotIndependent, NotTheSecond, SameRole
from .models import OPEN_STATES, Confirmation

# What makes one person able to act as another.
_OWNING = ("person.create", "role.grant", "person.password", "factor.ended")


def covering_codes(divisions: Sequence[str]) -> list[str]:
    """Every code that covers all of the divisions; `COUNTRY` always does."""
    wider = [
        {codes.COUNTRY, *(codes.ancestors(one) if codes.is_well_formed(one) else ())}
        for one in divisions
    ]
    return sorted(set.intersection(*wider))


def dependent(person: UUID, others: Sequence[UUID], *, now: datetime) -> set[UUID]:
    """Those of the others who made, granted or reset the person's account lately, or the other way
    round; by the audit log."""
    since = now - confirming.INDEPENDENCE
    return audit.acted_on_each_other(person, others, actions=_OWNING, since=since)


class Seconds:
    """One person before some requests: which of them she may decide. A fixed number of statements."""

    def __init__(self, rows: Sequence[Confirmation], *, actor: UUID, now: datetime) -> None:
        on = timezone.localdate(now)
        askers = sorted({row.asked_by_id for row in rows})
        self.actor = actor
        self._own = queries.areas_by_role(actor, roles=queries.GUARDED, on=on)
        self._at_work = queries.at_work(askers, on=on)
        self._roles = queries.grants(askers, on=on)
        self._dependent = dependent(actor, askers, now=now)
        # One favour for another: who has asked for something for her too.
        favours = Confirmation.objects.filter(
            asked_by__in=askers, person=actor, state__in=OPEN_STATES
        )
        self._favours = set(favours.values_list("asked_by", flat=True))

    def covers(self, row: Confirmation) -> bool:
        """Whether she administers or leads wherever the request reaches."""
        return bool(self._roles_over(row))

    def is_party(self, row: Confirmation) -> bool:
        return self.actor in (row.asked_by_id, row.person_id)

    def hindrance(self, row: Confirmation) -> DomainError | None:
        """Why she does not confirm it, although it lies in her area."""
        asker = row.asked_by_id
        if self.is_party(row) or asker in self._favours:
            return NotTheSecond()
        if asker not in self._at_work:
            return AskerGone()
        if confirming.kind(row.kind).another_role:
            theirs = {role for role, _ in self._roles[asker]}
            if not self._roles_over(row) - theirs:
                return SameRole()
        return NotIndependent() if asker in self._dependent else None

    def _roles_over(self, row: Confirmation) -> set[str]:
        wanted = set(row.covered_by)
        return {role for role, own in self._own.items() if not wanted.isdisjoint(own)}
