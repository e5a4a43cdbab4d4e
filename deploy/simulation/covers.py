"""Who covers which child, as registrations and the office's orders say. Plain dicts.

Numbers are those of people in the cast; children and households are named by the text of their ids.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field


@dataclass(slots=True)
class Registration:
    """A family on its way in: its operations are one group and count when all have arrived."""

    person: int
    household: str
    children: list[str]
    waiting: set[str]


@dataclass(slots=True)
class Covers:
    """`of` is who covers a child now; `coming` are registrations not wholly received yet; `moved` are
    children who went to another county, with the village that took them.
    """

    of: dict[str, int] = field(default_factory=dict)
    household: dict[str, str] = field(default_factory=dict)
    coming: dict[str, Registration] = field(default_factory=dict)
    moved: dict[str, str] = field(default_factory=dict)

    def written(self, registration: Registration) -> None:
        self.household |= dict.fromkeys(registration.children, registration.household)
        self.coming |= dict.fromkeys(registration.waiting, registration)

    def arrived(self, op: str) -> None:
        registration = self.coming.pop(op, None)
        if registration is None:
            return
        registration.waiting.discard(op)
        if not registration.waiting:
            self.of |= dict.fromkeys(registration.children, registration.person)

    def caseload(self, person: int) -> list[str]:
        return [child for child, covering in self.of.items() if covering == person]

    def handed_over(self, children: Iterable[str], to: int) -> None:
        self.of |= dict.fromkeys(children, to)

    def moved_to(self, child: str, village: str) -> None:
        """Another county has taken the child: from then on nobody covers it."""
        self.moved[child] = village
        del self.of[child]

    def files(self, people: Collection[int]) -> set[str]:
        """The files that a phone of these people has to hold."""
        return self._with_households(c for c, person in self.of.items() if person in people)

    def may_get(self, people: Collection[int]) -> set[str]:
        """The same and what is just being registered: the answer may come before we know it."""
        coming = [r for r in self.coming.values() if r.person in people]
        return self.files(people) | self._with_households(c for r in coming for c in r.children)

    def _with_households(self, children: Iterable[str]) -> set[str]:
        own = set(children)
        return own | {self.household[child] for child in own}
