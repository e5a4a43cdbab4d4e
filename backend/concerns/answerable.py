"""Whom a township supervisor has to visit because of an escalation; for the files on her own phone."""

from collections.abc import Collection
from uuid import UUID

from django.db.models import Q

from backend.caseload.queries import Areas, Escalated, Place
from backend.regions import codes
from backend.regions import queries as regions
from fieldforms.vocabulary import codes as vocabulary

from . import levels
from .models import ENDED, Escalation

_GRAVEST_FIRST = tuple(reversed(vocabulary("severity")))


def escalated(areas: Areas, people: Collection[UUID]) -> Escalated:
    """What the open escalations of the areas call each supervisor to, and from which children each of
    the people is kept away by name. One statement.

    Sealed ones call nobody: a file that comes to a phone must not tell that there is one.
    """
    wanted = ~Q(status__in=ENDED) | Q(kept_out__overlap=list(people))
    inside = regions.inside("division", {prefix for own in areas.values() for prefix in own})
    rows = Escalation.objects.filter(inside, wanted, sealed=False)
    found = sorted(rows, key=_urgency)
    return Escalated(
        to_visit={
            person: [_place(row) for row in found if _hers(row, person, prefixes)]
            for person, prefixes in areas.items()
        },
        kept_from={
            person: {row.file for row in found if person in row.kept_out} for person in people
        },
    )


def _hers(row: Escalation, person: UUID, prefixes: tuple[str, ...]) -> bool:
    """It is given to her, or it went to the township and nobody is named yet."""
    hidden = person in row.kept_out or not codes.covers(
        codes.wider(prefixes, row.skips), row.division
    )
    if hidden or row.status in ENDED:
        return False
    return row.assigned_to == person or (row.assigned_to is None and _went_to_the_township(row))


def _went_to_the_township(row: Escalation) -> bool:
    """Also one that has risen above it since: that somebody answers for it takes no visit from her."""
    told = levels.told(row.to, row.severity, sealed=False, skips=row.skips)
    return levels.TOWNSHIP in (row.level, *told)


def _urgency(row: Escalation) -> tuple[object, ...]:
    return _GRAVEST_FIRST.index(row.severity), row.deadline, row.id


def _place(row: Escalation) -> Place:
    return Place(row.file, row.shard, row.division)
