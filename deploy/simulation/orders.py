"""What the office has ordered phones to do, and what they say they have done."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Orders:
    """Orders by the server's id of each, with the phone and what it is to do; `done` are confirmed.

    `seen` is the phone's cursor when it was closed: with it stands that nothing came since.
    """

    given: dict[str, tuple[int, str]] = field(default_factory=dict)
    done: list[str] = field(default_factory=list)
    seen: dict[int, Any] = field(default_factory=dict)

    def gave(self, order: str, handset: int, do: str) -> None:
        self.given[order] = handset, do

    def heard(self, handset: int, done: Iterable[str]) -> None:
        """The server has heard from a phone what it has done."""
        self.done += [one for one in done if one not in self.done]

    def state(self, handset: int) -> str:
        """The last thing that it has confirmed: `lock`, `unlock`, `wipe`, or nothing."""
        own = [do for one in self.done for number, do in [self.given[one]] if number == handset]
        return own[-1] if own else ""

    def confirmed(self, do: str) -> int:
        return sum(self.given[one][1] == do for one in self.done)
