"""Two phones that are one device: which operations each of them has, and whether the server can tell."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Protocol


class Written(Protocol):
    @property
    def handset(self) -> int: ...
    @property
    def seq(self) -> int: ...


@dataclass(slots=True)
class Copies:
    """`of` is the first phone of each copy; `after` the last place in the log that both have."""

    of: dict[int, int] = field(default_factory=dict)
    after: dict[int, int] = field(default_factory=dict)
    restored: set[int] = field(default_factory=set)

    def device(self, handset: int) -> int:
        """The same number for all that are one device."""
        return self.of.get(handset, handset)

    def is_one_of_two(self, handset: int) -> bool:
        return handset in self.of or handset in self.of.values()

    def made(self, handset: int, copy: int, after: int) -> None:
        self.of[copy], self.after[copy] = handset, after

    def may_share_a_place(self, handsets: Iterable[int]) -> bool:
        """Different phones, all of one device."""
        given = list(handsets)
        return len(set(given)) == len(given) and len({self.device(one) for one in given}) == 1

    def forked(self, arrived: Iterable[Written]) -> set[int]:
        """The devices of which lines have come that cannot be of one log: two at one place, or one after
        the other's.
        """
        logs: dict[int, dict[int, set[int]]] = {}
        for one in arrived:
            device = self.device(one.handset)
            after = self._after(device)
            if after is not None and one.seq > after:
                logs.setdefault(device, {}).setdefault(one.seq, set()).add(one.handset)
        return {device for device, places in logs.items() if _torn(places)}

    def _after(self, device: int) -> int | None:
        return next((self.after[copy] for copy, first in self.of.items() if first == device), None)


def _torn(places: Mapping[int, set[int]]) -> bool:
    return any(
        len(by) > 1 or (seq + 1 in places and places[seq + 1] != by) for seq, by in places.items()
    )
