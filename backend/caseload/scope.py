"""Whose files a person sees: her own caseload, and the areas of her roles."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db.models import Exists, OuterRef, Q

from backend.accounts import queries as accounts
from backend.children import queries as children
from backend.regions import codes

from .models import Assignment

TOWNSHIP = ("township_supervisor",)
COUNTY = ("county_officer", "county_lead")
# The named people of a county, who know of sealed matters.
SEALED = accounts.OPENS_SEALED
# They work with files: assign them and import them, but read no visits.
OFFICE = ("administrator",)
# They see that there is a child, of what category and risk, and no name.
VIEWER = ("viewer",)
OWN = ("village_supervisor",)
READERS = (*OWN, *TOWNSHIP, *COUNTY, *OFFICE, *VIEWER)
# A township, or a village of one.
_TOWNSHIP_DIGITS = (9, 12)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """The division prefixes of a person's roles; `own` says that she has a caseload of her own."""

    person: UUID
    own: bool
    township: tuple[str, ...]
    county: tuple[str, ...]
    office: tuple[str, ...]
    viewer: tuple[str, ...]
    sealed: tuple[str, ...]

    @property
    def supervised(self) -> tuple[str, ...]:
        """Where she is the township's supervisor; a role by a wider prefix is no one township's."""
        return tuple(prefix for prefix in self.township if len(prefix) in _TOWNSHIP_DIGITS)

    def names(self, division: str, supervisor: UUID | None) -> bool:
        """Whether she may know who the child is."""
        return self.works(division, supervisor) or codes.covers(self.office, division)

    def works(self, division: str, supervisor: UUID | None) -> bool:
        """Whether she may read the visits: the child's supervisor, its township and county."""
        return (self.own and supervisor == self.person) or self.oversees(division)

    def oversees(self, division: str) -> bool:
        """Whether she is the township or the county of who lives there."""
        return codes.covers((*self.township, *self.county), division)


def reach(person: UUID, *, on: date) -> Reach:
    """One statement."""
    return reaches([person], on=on)[person]


def reaches(people: Collection[UUID], *, on: date) -> dict[UUID, Reach]:
    """Everybody's, in one statement; nobody is left out, without a role the reach is empty."""
    grants = accounts.grants(people, on=on)
    return {person: _reach(person, grants[person]) for person in people}


def _reach(person: UUID, grants: Collection[tuple[str, list[str]]]) -> Reach:
    def prefixes(roles: Iterable[str]) -> tuple[str, ...]:
        return tuple(sorted({prefix for role, own in grants if role in roles for prefix in own}))

    return Reach(
        person=person,
        own=any(role in OWN for role, _ in grants),
        township=prefixes(TOWNSHIP),
        county=prefixes(COUNTY),
        office=prefixes(OFFICE),
        viewer=prefixes(VIEWER),
        sealed=prefixes(SEALED),
    )


def visible(reach: Reach) -> Q:
    """The children whom she may see at all."""
    areas = {*reach.township, *reach.county, *reach.office, *reach.viewer}
    return children.lives_in(areas) | mine(reach)


def named(reach: Reach) -> Q:
    """The children whom she may know by name."""
    return children.lives_in({*reach.township, *reach.county, *reach.office}) | mine(reach)


def worked(reach: Reach) -> Q:
    """The children whose visits she may read; `Reach.works` as a filter."""
    return children.lives_in({*reach.township, *reach.county}) | mine(reach)


def assigns(reach: Reach) -> Q:
    """The children whose supervisor she chooses."""
    return children.lives_in({*reach.township, *reach.office})


def covered() -> Exists:
    """Children whom somebody covers."""
    return Exists(Assignment.objects.filter(file=OuterRef("pk"), ends_on=None))


def mine(reach: Reach) -> Q:
    """Her own caseload. An administrator's old assignments give nothing without the role."""
    if not reach.own:
        return Q(pk__in=[])
    open_now = Assignment.objects.filter(file=OuterRef("pk"), ends_on=None)
    return Q(Exists(open_now.filter(person=reach.person)))
