"""The numbers and examples of a rehearsal as their reader gets them."""

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from backend.regions import queries as regions

from .comparing import COUNTED

Counts = Mapping[str, Mapping[str, Mapping[str, int]]]
# Whether the numbers of a county's sealed rules, or of its others, are for the reader.
May = Callable[[str, bool], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """Numbers of one rule, in one county or with an empty `county` in all that the viewer may see."""

    county: str
    place: str
    rule: str
    counts: dict[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """`facts` are those that matched, by name; no words and no names."""

    county: str
    rule: str
    change: str
    op: UUID
    file: UUID
    branch: int
    severity: str
    facts: dict[str, Any]


def lines(counts: Counts, sealed: Collection[str], may: May) -> list[Line]:
    """By county and rule. What the reader may not know of is left out."""
    places = regions.places(counts)
    return [
        Line(
            county=county, place=places.get(county, ""), rule=rule,
            counts=dict.fromkeys(COUNTED, 0) | dict(counted),
        )
        for county, rules in sorted(counts.items())
        for rule, counted in sorted(rules.items(), key=lambda item: by_number(item[0]))
        if may(county, rule in sealed)
    ]  # fmt: skip


def totals(shown: Sequence[Line]) -> list[Line]:
    """Sums of what is shown, so that they tell nothing that is not."""
    sums: dict[str, Counter[str]] = {}
    for line in shown:
        sums.setdefault(line.rule, Counter(dict.fromkeys(COUNTED, 0))).update(line.counts)
    return [
        Line(county="", place="", rule=rule, counts=dict(sums[rule]))
        for rule in sorted(sums, key=by_number)
    ]


def by_number(rule: str) -> tuple[str, int, str]:
    """R2 before R10."""
    letters = rule.rstrip("0123456789")
    digits = rule[len(letters) :]
    return letters, int(digits) if digits else 0, rule
