"""Who has a role that one person alone neither gives nor gets hold of."""

from collections.abc import Collection
from datetime import date
from uuid import UUID

from . import queries
from .models import OPEN_STATES, Confirmation, RoleGrant
from .queries import GUARDED

# Who watches a county from above, where nobody there has a guarded role.
_WATCH = ("viewer", "county_officer")


def is_guarded(person: UUID, *, on: date) -> bool:
    """Whether somebody has such a role, has one that begins later, or waits for one."""
    grants = RoleGrant.objects.filter(queries.unended(on), person=person, role__in=GUARDED)
    waiting = Confirmation.objects.filter(kind="role.grant", person=person, state__in=OPEN_STATES)
    return grants.exists() or waiting.exists()


def holders(divisions: Collection[str], *, on: date) -> set[UUID]:
    """Who has such a role where one of the divisions lies, and the next level above that has anybody."""
    own = queries.holding(divisions, roles=(*GUARDED, *_WATCH), on=on)
    found = {one.person for one in own if one.role in GUARDED}
    for division in divisions:
        above = [
            (len(prefix), one.person)
            for one in own
            for prefix in one.prefixes
            if division.startswith(prefix) and len(prefix) < min(len(division), 6)
        ]
        nearest = max((digits for digits, _ in above), default=None)
        found |= {person for digits, person in above if digits == nearest}
    return found
