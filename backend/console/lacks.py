"""Whom rules name without a number, as the office's pages say it."""

from collections.abc import Sequence
from dataclasses import dataclass

from backend.concerns.editions.numbers import Lack
from backend.regions import queries as regions


@dataclass(frozen=True)
class Shown:
    recipient: str
    rules: tuple[str, ...]
    places: list[str]


def shown(found: Sequence[Lack]) -> list[Shown]:
    """With the places' names; one statement."""
    codes = {code for lack in found for code in (lack.county, *lack.townships)}
    names = regions.places(codes) if codes else {}
    return [
        Shown(
            recipient=lack.recipient,
            rules=lack.rules,
            places=[names.get(code) or code for code in lack.townships or [lack.county]],
        )
        for lack in found
    ]
