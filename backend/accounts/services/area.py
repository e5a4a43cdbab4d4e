"""Within which area an actor writes. None is the system itself, which has no bounds."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from django.utils import timezone

from backend.common.errors import NotFound
from backend.regions import codes
from backend.regions.errors import CodeMalformed

from .. import queries
from ..errors import NobodysOwn, OutsideScope


def check_prefixes(
    prefixes: Sequence[str], *, areas: Sequence[str] | None, field: str = "prefixes"
) -> None:
    """Raises `CodeMalformed`, and `OutsideScope` for what the areas do not cover."""
    for prefix in prefixes:
        if prefix != codes.COUNTRY and not codes.is_well_formed(prefix):
            raise CodeMalformed(fields=(field,), given=prefix[:20])
    outside = [
        prefix for prefix in prefixes if areas is not None and not codes.covers(areas, prefix)
    ]
    if outside:
        raise OutsideScope(fields=(field,), prefixes=", ".join(outside))


def areas(actor: UUID | None, now: datetime) -> list[str] | None:
    return None if actor is None else queries.administered(actor, on=timezone.localdate(now))


def check_seen(person: UUID, *, actor: UUID | None, now: datetime) -> None:
    """Raises `NotFound` for somebody who neither works nor belongs in the actor's area."""
    own = areas(actor, now)
    reach = queries.areas_of([person], on=timezone.localdate(now)).get(person)
    if reach is None or (own is not None and not any(codes.covers(own, place) for place in reach)):
        raise NotFound(fields=("person",))


def check_held(
    people: Collection[UUID], *, actor: UUID | None, now: datetime, field: str = "person"
) -> None:
    """Raises `NotFound` for anybody who reaches beyond the actor's area."""
    own = areas(actor, now)
    on = timezone.localdate(now)
    if own is not None and not queries.wholly_inside(people, areas=own, on=on):
        raise NotFound(fields=(field,))


def check_not_own(person: UUID, *, actor: UUID | None) -> None:
    """Raises `NobodysOwn`."""
    if person == actor:
        raise NobodysOwn()


def county(prefixes: Sequence[str]) -> str:
    """The county an audit line names; a wider code where the place is wider than a county."""
    return prefixes[0][:6] if prefixes else ""


def county_of_person(person: UUID, now: datetime) -> str:
    return county(queries.areas_of([person], on=timezone.localdate(now)).get(person, []))
