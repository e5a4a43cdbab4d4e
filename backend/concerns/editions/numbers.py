"""Rules that name somebody whom no phone of a place could call. A warning to administrators, never a fault."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from django.utils import timezone

from backend.accounts import queries as accounts
from backend.regions import codes

from .. import judge, variants
from ..rules.contacts import called
from ..rules.local import Variant, variant
from ..rules.model import Ruleset, ruleset

_HOLDER = "village_supervisor"


class Reachable(Protocol):
    """The recipients that have a number on a phone of each township, for any number of them at once."""

    def __call__(
        self, townships: Collection[str], *, now: datetime
    ) -> Mapping[str, frozenset[str]]: ...


# The service directory lies above the rules: `config.wiring` says who answers.
_installed: list[Reachable] = []


def install(reachable: Reachable) -> None:
    _installed[:] = [reachable]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lack:
    """Nobody can be called for a recipient that the rules name; `townships` are empty where it is the
    whole county.
    """

    county: str
    recipient: str
    rules: tuple[str, ...]
    townships: tuple[str, ...] = ()

    def __str__(self) -> str:
        places = ", ".join(self.townships or [self.county])
        return f"{', '.join(self.rules)}: {self.recipient}: no number in {places}"


def of_content(content: Any, division: str, *, areas: Collection[str], now: datetime) -> list[Lack]:
    """Of rules, or with a division of its variant over the rules in force; within the areas."""
    if not division:
        return lacking(ruleset(content), areas=areas, now=now)
    own = [division] if codes.covers(areas, division) else _inside(areas, division)
    return lacking(judge.in_force(), areas=own, now=now, changed=variant(division, content))


def lacking(
    rules: Ruleset, *, areas: Collection[str], now: datetime, changed: Variant | None = None
) -> list[Lack]:
    """By county; only of townships in which supervisors work. `changed` stands in the place of its
    division's variant. A fixed number of statements.
    """
    worked = accounts.worked_in(areas, role=_HOLDER, on=timezone.localdate(now))
    townships = sorted({place[:9] for place in worked if len(place) >= 9})
    (reachable,) = _installed
    answers = reachable(townships, now=now)
    local = variants.here({township[:6] for township in townships})
    return [
        lack
        for county in sorted(local)
        for lack in _of_county(
            county, called(rules, _with(local[county], changed, county)),
            {place: own for place, own in answers.items() if place.startswith(county)},
        )
    ]  # fmt: skip


def _of_county(
    county: str, named: Mapping[str, list[str]], answers: Mapping[str, frozenset[str]]
) -> Iterator[Lack]:
    for recipient, rules in named.items():
        without = tuple(place for place, own in answers.items() if recipient not in own)
        if without:
            everywhere = len(without) == len(answers)
            yield Lack(
                county=county, recipient=recipient, rules=tuple(rules),
                townships=() if everywhere else without,
            )  # fmt: skip


def _with(standing: list[Variant], changed: Variant | None, county: str) -> list[Variant]:
    if changed is None or not county.startswith(changed.division):
        return standing
    others = [one for one in standing if one.division != changed.division]
    return sorted([*others, changed], key=lambda one: len(one.division))


def _inside(areas: Collection[str], division: str) -> list[str]:
    return [area for area in areas if area.startswith(division)]
