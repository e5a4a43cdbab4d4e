"""Whose roster a person sees, and whose she keeps."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from backend.accounts import queries as accounts
from backend.regions import codes

KEEPERS = ("county_lead",)
# Those who can be on call, by the digits of the division.
ON_CALL = {6: ("county_officer", "county_lead"), 9: ("township_supervisor",)}
READERS = ("township_supervisor", "county_officer", "county_lead", "administrator")


@dataclass(frozen=True, slots=True)
class Reach:
    """The division prefixes in which she reads rosters, and in which she keeps them."""

    reads: tuple[str, ...]
    keeps: tuple[str, ...]

    def sees(self, division: str) -> bool:
        """A township sees its county's roster too: that is whom it calls."""
        within = any(own.startswith(division) for own in self.reads if len(own) >= 6)
        return within or codes.covers(self.reads, division)


def reach(person: UUID, *, on: date) -> Reach:
    """One statement."""
    grants = accounts.grants([person], on=on)[person]

    def prefixes(roles: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(sorted({prefix for role, own in grants if role in roles for prefix in own}))

    return Reach(prefixes(READERS), prefixes(KEEPERS))
