"""Brothers and sisters: rows of one village that share a guardian, or both parents, and the address."""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sync.merge import registers

from .cells import plain
from .ids import row_id
from .matching import Match

_DIGITS = str.maketrans("一二三四五六七八九", "123456789")


@dataclass(slots=True)
class Home:
    """One household. `known` says that it is filed already."""

    id: UUID
    known: bool
    matches: list[Match] = field(default_factory=list)


def households(matches: Sequence[Match]) -> list[Home]:
    """Every match stands in exactly one home, in the order of the sheet.

    A filed child stays in its household; a new brother or sister joins it there.
    """
    homes: dict[UUID, Home] = {}
    for group in _families(matches):
        fallback = _household_of(group)
        for match in group:
            own = _filed(match)
            home = own or fallback
            known = home in {_filed(other) for other in group}
            homes.setdefault(home, Home(home, known)).matches.append(match)
    return list(homes.values())


def _household_of(group: Sequence[Match]) -> UUID:
    filed = [own for match in group if (own := _filed(match))]
    return filed[0] if filed else row_id("household", *sorted(str(m.child) for m in group)[:1])


def _filed(match: Match) -> UUID | None:
    if match.state is None or "household" not in match.state:
        return None
    try:
        return UUID(str(registers.shown(match.state["household"])))
    except ValueError:
        return None


class _Joined:
    """Places that belong together, however they were joined (union-find)."""

    def __init__(self, size: int) -> None:
        self._leader = list(range(size))

    def find(self, place: int) -> int:
        while self._leader[place] != place:
            self._leader[place] = self._leader[self._leader[place]]
            place = self._leader[place]
        return place

    def join(self, place: int, other: int) -> None:
        self._leader[self.find(place)] = self.find(other)


def _families(matches: Sequence[Match]) -> list[list[Match]]:
    """Groups joined by any shared sign, then parted by addresses that contradict each other."""
    joined = _Joined(len(matches))
    first: dict[Any, int] = {}
    for place, match in enumerate(matches):
        for sign in _signs(match):
            joined.join(place, first.setdefault(sign, place))
    _join_by_name(matches, joined)
    groups: dict[int, list[Match]] = defaultdict(list)
    for place, match in enumerate(matches):
        groups[joined.find(place)].append(match)
    return [family for group in groups.values() for family in _by_address(group)]


def _join_by_name(matches: Sequence[Match], joined: _Joined) -> None:
    """Only rows that say no more of the guardian: two grandmothers of one name may be neighbours."""
    hosts: dict[tuple[str, ...], int] = {}
    unsure = []
    for place, match in enumerate(matches):
        row, address = match.row, address_of(match)
        if not row.get("guardian_name") or not address:
            continue
        sign = (row.get("village"), row.get("guardian_name"), address)
        if row.get("guardian_id") or row.get("guardian_phone"):
            hosts.setdefault(sign, place)
        else:
            unsure.append((sign, place))
    for sign, place in unsure:
        joined.join(place, hosts.setdefault(sign, place))


def _signs(match: Match) -> Iterator[tuple[str, ...]]:
    """What makes two rows of a village one household. The address is compared afterwards."""
    get = match.row.get
    village, name, address = get("village"), get("guardian_name"), address_of(match)
    if get("guardian_id"):
        yield village, "number", get("guardian_id")
    if name and get("guardian_phone"):
        yield village, "phone", name, get("guardian_phone")
    if get("father_name") and get("mother_name") and address:
        yield village, "parents", get("father_name"), get("mother_name"), address
    if (own := _filed(match)) is not None:
        yield village, "filed", str(own)


def _by_address(group: Sequence[Match]) -> list[list[Match]]:
    """Rows without an address go with the first that has one."""
    parts: dict[str, list[Match]] = {}
    for match in group:
        if address := address_of(match):
            parts.setdefault(address, []).append(match)
    if not parts:
        return [list(group)]
    next(iter(parts.values())).extend(match for match in group if not address_of(match))
    return list(parts.values())


def address_of(match: Match) -> str:
    """For comparing: half width, digits for numerals, without the parts that every neighbour shares."""
    said = plain(match.row.get("address")).translate(_DIGITS)
    return re.sub(r"^(.*?省)?(.*?州)?(.*?[县市区])?(.*?[镇乡]|.*?街道)?", "", said)
