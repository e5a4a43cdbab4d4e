"""Who sees an edition of rules, who takes a step on it, and whose results of a rehearsal she reads."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db.models import Q

from backend.accounts import queries as accounts
from backend.regions import codes

from ..scope import SEALED

WRITER = "administrator"
READERS = (WRITER, *SEALED)
# The national rules are a matter of the country's or a province's administrators.
WIDEST = 2
# How many of those who may are named to somebody who may not.
NAMED = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Area:
    """Division prefixes: where she administers, and where she may know of what is sealed."""

    administers: tuple[str, ...]
    sealed: tuple[str, ...]

    def sees(self, division: str) -> bool:
        """National rules are for every reader; a variant for those above, in and below its division."""
        own = (*self.administers, *self.sealed)
        return (
            division == codes.COUNTRY
            or codes.covers(own, division)
            or any(codes.covers([division], prefix) for prefix in own)
        )

    def may(self, division: str) -> bool:
        if division == codes.COUNTRY:
            return any(len(prefix) <= WIDEST for prefix in self.administers)
        return codes.covers(self.administers, division)

    def counts(self, county: str, *, sealed: bool) -> bool:
        """Whether numbers of a county are for her; of sealed rules only as one who may open them."""
        return codes.covers(self.sealed if sealed else (*self.administers, *self.sealed), county)


def area(person: UUID, *, on: date) -> Area:
    """One statement."""
    grants = accounts.grants([person], on=on)[person]
    return Area(
        administers=tuple(sorted({p for role, own in grants if role == WRITER for p in own})),
        sealed=tuple(sorted({p for role, own in grants if role in SEALED for p in own})),
    )


def visible(own: Area) -> Q:
    """The rows that `Area.sees` lets her see."""
    seen = Q(division=codes.COUNTRY)
    for prefix in (*own.administers, *own.sealed):
        if prefix == codes.COUNTRY:
            return Q()
        if codes.is_well_formed(prefix):
            seen |= Q(division__startswith=prefix) | Q(division__in=codes.ancestors(prefix))
    return seen


def who(division: str, *, on: date, without: Collection[UUID | None] = ()) -> list[str]:
    """Names of those who may take a step on it, for a refusal that says whom to ask."""
    if division == codes.COUNTRY:
        people = accounts.widest(WRITER, digits=WIDEST, on=on)
    else:
        people = accounts.covering(division, roles=[WRITER], on=on)
    named = accounts.names(sorted(people - set(without))[:NAMED])
    return sorted(named.values())
