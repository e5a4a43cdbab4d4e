"""Which files a township supervisor's own phone holds besides the caseloads of its people.

The children of her township that are hers to visit, and those she asked for by name; see decisions/0004.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from django.db.models import Q
from django.utils import timezone

from backend.children import queries as children
from backend.regions import codes

from . import loans, scope

# With those asked for by name 200 files: of 40 records each they stay below the 10,000 of a phone.
MOST = 150
# Whom nobody covers, in the order in which somebody has to go there; an empty level is not rated yet.
_FIRST = ("RED", "YELLOW", "", "BLUE", "GREEN")

Areas = Mapping[UUID, tuple[str, ...]]


class Place(NamedTuple):
    """A child, the county of its file, and where it lives."""

    child: UUID
    county: str
    division: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Escalated:
    """What the escalations say: whom each person has to visit, the most urgent first, and which
    children each is kept away from by name."""

    to_visit: Mapping[UUID, Sequence[Place]]
    kept_from: Mapping[UUID, Collection[UUID]]


EscalatedIn = Callable[[Areas, Collection[UUID]], Escalated]


def files(
    groups: Mapping[UUID, Collection[UUID]], *, escalated: EscalatedIn, now: datetime
) -> dict[UUID, dict[UUID, str]]:
    """The children each device holds by a role of its people, with the counties of their files.

    `groups` are the people of each device. A fixed number of statements; one where nobody of them
    has a township. Only a phone on which everybody may read a file is her own, and holds it.
    """
    people = {person for group in groups.values() for person in group}
    reaches = scope.reaches(people, on=timezone.localdate(now))
    areas = {person: own for person in people if (own := reaches[person].supervised)}
    if not areas:
        return {}
    called = escalated(areas, people)
    wanted = {
        person: [*most_urgent(called.to_visit.get(person, ()), uncovered), *lent]
        for person, uncovered, lent in _hers(areas, now)
    }

    def reads(person: UUID, place: Place) -> bool:
        prefixes = (*reaches[person].township, *reaches[person].county)
        kept_from = called.kept_from.get(person, ())
        return codes.covers(prefixes, place.division) and place.child not in kept_from

    return {
        device: {
            place.child: place.county
            for person in group
            for place in wanted.get(person, ())
            if all(reads(other, place) for other in group)
        }
        for device, group in groups.items()
    }


def most_urgent(escalated: Iterable[Place], uncovered: Iterable[Place]) -> list[Place]:
    """Dangers first, then whom nobody covers, each child once, and no more than a phone can hold."""
    once: dict[UUID, Place] = {}
    for place in (*escalated, *uncovered):
        once.setdefault(place.child, place)
    return list(once.values())[:MOST]


def _hers(areas: Areas, now: datetime) -> Iterator[tuple[UUID, list[Place], list[Place]]]:
    """For each person the children of her area whom nobody covers, and those she asked for."""
    nobodys = _uncovered({prefix for own in areas.values() for prefix in own})
    lent = loans.running(areas, now=now)
    rows = children.everybody().filter(id__in={child for own in lent.values() for child in own})
    places = {row[0]: Place(*row) for row in rows.values_list("id", "shard", "division")}
    for person, own in areas.items():
        asked = [places[child] for child in lent.get(person, ()) if child in places]
        yield person, list(_inside(nobodys, own)), list(_inside(asked, own))


def _inside(places: Iterable[Place], prefixes: Collection[str]) -> Iterator[Place]:
    return (place for place in places if codes.covers(prefixes, place.division))


def _uncovered(prefixes: Collection[str]) -> list[Place]:
    rows = children.everybody().filter(children.lives_in(prefixes), ~Q(scope.covered()))
    here = rows.exclude(status__in=children.LEFT)
    found = list(here.values_list("risk_level", "id", "shard", "division"))
    found.sort(key=lambda row: (_rank(row[0]), row[1]))
    return [Place(child, county, division) for _, child, county, division in found]


def _rank(risk_level: str) -> int:
    """A level that a newer version knows stands with those nobody has rated."""
    return _FIRST.index(risk_level if risk_level in _FIRST else "")
