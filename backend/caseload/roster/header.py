"""Finding the heading row under titles, and which column is which."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rapidfuzz import fuzz, process

from .cells import text
from .columns import Column, columns
from .slips import Slip
from .words import folded

# Rows of titles and instructions above the headings; more than this is not a roster.
_SEARCHED = 20
_ENOUGH = 3
_ALIKE = 60


@dataclass(frozen=True, slots=True)
class Header:
    """`row` is the index of the heading row; `places` column key → index; `extra` index → heading."""

    row: int
    places: Mapping[str, int]
    extra: Mapping[int, str]
    slips: tuple[Slip, ...]

    @property
    def usable(self) -> bool:
        return all(key in self.places for key, column in columns().items() if column.needed)


def find(table: Sequence[Sequence[Any]]) -> Header:
    """The row that has the most headings we know. Slips say what is missing, and what it may be called."""
    best, best_row = dict[str, int](), -1
    for number in range(min(_SEARCHED, len(table))):
        places = _places(table, number)
        if len(places) > len(best):
            best, best_row = places, number
    if len(best) < _ENOUGH:
        return Header(-1, {}, {}, (Slip(1, "", "roster.header_missing"),))
    taken = set(best.values())
    extra = {
        place: heading
        for place, cell in enumerate(table[best_row])
        if place not in taken and (heading := text(cell))
    }
    return Header(best_row, best, extra, tuple(_slips(best_row + 1, best, extra)))


def _places(table: Sequence[Sequence[Any]], number: int) -> dict[str, int]:
    """By key. A heading in two storeys (父亲 over 姓名) is read together first."""
    places: dict[str, int] = {}
    above = table[number - 1] if number else ()
    for place, cell in enumerate(table[number]):
        own = folded(text(cell))
        over = folded(text(above[place])) if place < len(above) else ""
        key = _known().get(over + own) if over and own else None
        key = key or _known().get(own)
        if key and key not in places:
            places[key] = place
    return places


def _known() -> Mapping[str, str]:
    found = {folded(word): key for key, column in columns().items() for word in column.also}
    return found | {folded(column.header): key for key, column in columns().items()}


def _slips(row: int, places: Mapping[str, int], extra: Mapping[int, str]) -> list[Slip]:
    missing = [column for key, column in columns().items() if column.needed and key not in places]
    slips = []
    for column in missing:
        hint = _nearest(column, list(extra.values()))
        code = "roster.column_renamed" if hint else "roster.column_missing"
        slips.append(Slip(row, column.key, code, column.header, hint))
    free = [column for key, column in columns().items() if key not in places]
    for heading in extra.values():
        like = process.extractOne(
            heading, [column.header for column in free], scorer=fuzz.ratio, score_cutoff=_ALIKE
        )
        code = "roster.column_unlike" if like else "roster.column_unknown"
        slips.append(Slip(row, "", code, heading, like[0] if like else ""))
    return slips


def _nearest(column: Column, headings: Sequence[str]) -> str:
    """The heading that is most like one of the column's names; "" when none is."""
    best = ("", float(_ALIKE))
    for word in (column.header, *column.also):
        found = process.extractOne(word, headings, scorer=fuzz.ratio, score_cutoff=best[1])
        if found:
            best = (found[0], found[1])
    return best[0]
