"""Who looks after what waits for a person, and who may know of its sealed part."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from backend.accounts import queries as accounts
from backend.concerns import scope as concerns
from backend.regions import codes
from sync.waiting import Item

ADMINISTRATOR = "administrator"
ROLES = frozenset({ADMINISTRATOR, *concerns.SEALED})
COUNTY_DIGITS = 6
# Nobody but the named learns that there is one.
SEALED_KINDS = ("visit.sealed",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """The division prefixes in which a person sees the queue, and its sealed part.

    What waits has a county and no township. Who looks after less than a county sees what the phones
    of the people there have sent: `devices`.
    """

    queue: tuple[str, ...]
    sealed: tuple[str, ...]
    devices: frozenset[UUID] = frozenset()

    def sees(self, item: Item) -> bool:
        """What has no county yet is whose area is the country's."""
        if item.kind in SEALED_KINDS:
            return codes.covers(self.sealed, item.shard)
        return codes.covers(self.queue, item.shard) or item.device in self.devices

    def opens_sealed(self, item: Item) -> bool:
        return codes.covers(self.sealed, item.shard)


def reach(person: UUID, *, on: date) -> Reach:
    """Two statements, and two more for whoever looks after less than a county."""
    queue = _usable(accounts.prefixes(person, on=on, roles=ROLES))
    narrow = [prefix for prefix in queue if len(prefix) > COUNTY_DIGITS]
    people = accounts.people_in(narrow, on=on).order_by() if narrow else ()
    return Reach(
        queue=queue,
        devices=frozenset(accounts.devices_of({one.id for one in people}))
        if people
        else frozenset(),
        sealed=_usable(accounts.prefixes(person, on=on, roles=concerns.SEALED)),
    )


def _usable(prefixes: list[str]) -> tuple[str, ...]:
    """A prefix that ends between two levels covers nothing, as in `codes.covers`."""
    return tuple(p for p in prefixes if p == codes.COUNTRY or codes.is_well_formed(p))
