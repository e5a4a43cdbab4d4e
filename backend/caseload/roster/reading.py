"""Rows of cells → typed rows, with one answer per wrong cell. Pure: nothing is stored or looked up here."""

import datetime as dt
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from fieldforms.vocabulary import codes, label

from . import header
from .cells import Refused, read, text, told_by
from .columns import Column, columns
from .places import Places
from .slips import Slip

WRONG_NUMBER = frozenset({"roster.id_invalid", "roster.id_rounded", "roster.id_adult"})
_TOTALS = re.compile(r"^(合计|总计|小计|共计|填表|填报|说明|备注|注[:：]|制表|审核|单位|联系人)")
# What the cells say when a row is a note: a data row fills more than this.
_NOTE_CELLS = 3
_LONGEST_NAME = 6
_WHO = ("name", "id_number", "birth_date")


@dataclass(slots=True)
class Row:
    """One child as the file has it. `values` by column key; `unread` heading → what a cell said that
    could not be taken, and every column we do not know; `cells` as they came, for the report."""

    number: int
    values: dict[str, Any] = field(default_factory=dict)
    unread: dict[str, str] = field(default_factory=dict)
    slips: list[Slip] = field(default_factory=list)
    cells: list[str] = field(default_factory=list)

    @property
    def id_number(self) -> str | None:
        """The ID number if it passes its check."""
        wrong = {slip.code for slip in self.slips if slip.column == "id_number"}
        return None if wrong & WRONG_NUMBER else self.get("id_number")

    def get(self, key: str) -> Any:
        return self.values.get(key)


@dataclass(frozen=True, slots=True)
class Reading:
    """Every row of the file is in exactly one of `rows`, `refused` and `notes` (blank ones in none).

    `slips` are those of the headings; with a needed column missing every row is refused.
    """

    headings: list[str]
    rows: list[Row]
    refused: list[Row]
    notes: list[int]
    slips: tuple[Slip, ...]


def reading(*, table: Sequence[Sequence[Any]], places: Places, today: dt.date) -> Reading:
    found = header.find(table)
    headings = [text(cell) for cell in table[found.row]] if found.row >= 0 else []
    rows: list[Row] = []
    refused: list[Row] = []
    notes: list[int] = []
    for number, cells in enumerate(table[found.row + 1 :], start=found.row + 2):
        said = [text(cell) for cell in cells]
        if not any(said):
            continue
        if found.usable and _is_note(said, headings, found):
            notes.append(number)
            continue
        row = Row(number, cells=said)
        if found.usable:
            _read(row, cells, found, places, today)
        keep = found.usable and row.get("name") and row.get("village")
        (rows if keep else refused).append(row)
    return Reading(headings, rows, refused, notes, found.slips)


def _is_note(said: Sequence[str], headings: Sequence[str], found: header.Header) -> bool:
    """Totals, instructions below the table, and the heading repeated on the next printed page."""
    first = next(cell for cell in said if cell)
    # Different ones: a note that is merged across the table stands in every cell of its row.
    different = set(said) - {""}
    if len(different) == 1 and len(first) > _LONGEST_NAME:
        return True
    if len(different) <= _NOTE_CELLS and (_TOTALS.match(first) or not _names(said, found)):
        return True
    return sum(cell == heading != "" for cell, heading in zip(said, headings, strict=False)) >= max(
        3, len(found.places) // 2
    )


def _names(said: Sequence[str], found: header.Header) -> bool:
    """Whether a row says at all which child it is about."""
    places = [found.places[key] for key in _WHO if key in found.places]
    return any(said[place] for place in places if place < len(said))


def _read(
    row: Row, cells: Sequence[Any], found: header.Header, places: Places, today: dt.date
) -> None:
    for key, place in found.places.items():
        cell = cells[place] if place < len(cells) else None
        column = columns()[key]
        _take(row, column, cell, partial(read, column, cell, today=today))
    township = row.get("township") or ""
    said = row.values.pop("village", "") or ""
    _take(row, columns()["village"], said, partial(places.village, said, township))
    if not row.get("name"):
        row.slips.append(Slip(row.number, "name", "roster.name_missing"))
    row.unread |= {
        heading: row.cells[place]
        for place, heading in found.extra.items()
        if place < len(row.cells) and row.cells[place]
    }
    _agree(row)


def _take(row: Row, column: Column, cell: Any, reader: Callable[[], Any]) -> None:
    """The value, or what could be read of it with a slip that keeps what the cell said."""
    try:
        value = reader()
    except Refused as refused:
        hint = refused.hint or _choices(column, refused.code)
        row.slips.append(Slip(row.number, column.key, refused.code, text(cell), hint))
        row.unread[column.header] = text(cell)
        value = refused.kept
    if value is not None:
        row.values[column.key] = value


def _choices(column: Column, code: str) -> str:
    if code != "roster.word_unknown":
        return ""
    known = (code for code in codes(column.coded) if code != "not_collected")
    return "、".join(label(column.coded, code, "zh") for code in known)


def _agree(row: Row) -> None:
    """A valid ID number outweighs what the cells beside it say; what they said is kept."""
    number = row.id_number
    if not number:
        return
    born, sex = told_by(number)
    if (said := row.get("birth_date")) and said != born:
        row.slips.append(
            Slip(row.number, "birth_date", "roster.id_date", str(said), born.isoformat())
        )
        row.unread[columns()["birth_date"].header] = said.isoformat()
    if (said := row.get("sex")) and said != sex:
        value = label("sex", said, "zh")
        row.slips.append(Slip(row.number, "sex", "roster.id_sex", value))
        row.unread[columns()["sex"].header] = value
    row.values |= {"birth_date": born, "sex": sex}
