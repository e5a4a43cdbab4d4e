"""Which escalations must be there: one for each child and episode. Plain dicts.

A danger is news when the last operation it shows in has arrived. It joins the open episode; where
the last one was ended, what was observed before the end opens it again, and what was observed later
begins the next. Sealed ones are apart.
"""

import datetime as dt
from dataclasses import dataclass, field

# A child, and whether the matter is sealed.
Place = tuple[str, bool]


@dataclass(slots=True, eq=False)
class Danger:
    """`shows_in` is the operation whose time counts; `needs` are all without which it is not seen."""

    child: str
    sealed: bool
    shows_in: str
    needs: set[str]

    @property
    def place(self) -> Place:
        return self.child, self.sealed


@dataclass(slots=True)
class Dangers:
    """`episodes` has the end of each episode, or None while it is open."""

    episodes: dict[Place, list[dt.datetime | None]] = field(default_factory=dict)
    observed: dict[str, dt.datetime] = field(default_factory=dict)
    _waiting: dict[str, list[Danger]] = field(default_factory=dict)

    def written(self, danger: Danger) -> None:
        for op in danger.needs:
            self._waiting.setdefault(op, []).append(danger)

    def concerned(self, ops: set[str]) -> set[str]:
        """The children about whom any of the operations would be news."""
        return {danger.child for op in ops & self._waiting.keys() for danger in self._waiting[op]}

    def arrived(self, ops: dict[str, dt.datetime]) -> None:
        """Operations of one push that were not here before, with the time they were made."""
        complete: dict[Place, list[Danger]] = {}
        self.observed |= ops
        for op in ops:
            for danger in self._waiting.pop(op, []):
                danger.needs.discard(op)
                if not danger.needs:
                    complete.setdefault(danger.place, []).append(danger)
        for place, found in complete.items():
            self._news(place, min(self.observed[danger.shows_in] for danger in found))

    def _news(self, place: Place, observed: dt.datetime) -> None:
        episodes = self.episodes.setdefault(place, [])
        last = episodes[-1] if episodes else None
        if not episodes or (last is not None and observed >= last):
            episodes.append(None)
        elif last is not None:
            episodes[-1] = None

    def ended(self, place: Place, at: dt.datetime) -> None:
        """The office has ended the open episode. One that should not be there is found at the end."""
        if episodes := self.episodes.get(place):
            episodes[-1] = at
