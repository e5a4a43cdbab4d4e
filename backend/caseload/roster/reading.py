"""Rows of cells → typed children and one error per wrong cell. Nothing is stored here."""

import datetime as dt
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from stdnum.cn import ric
from stdnum.exceptions import ValidationError

from .messages import MESSAGES

COLUMNS = {
    "name": ("姓名", "儿童姓名"),
    "id_number": ("身份证号", "身份证号码", "公民身份号码"),
    "birth_date": ("出生日期", "出生年月日"),
    "village": ("村", "村（社区）", "村居"),
    "guardian_phone": ("监护人电话", "联系电话"),
}
_MOBILE = re.compile(r"1[3-9][0-9]{9}")
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


@dataclass(frozen=True)
class RosterError:
    """`row` counts as the spreadsheet does: the header row is 1."""

    row: int
    column: str
    code: str
    value: str = ""

    def message(self, language: str) -> str:
        return MESSAGES[self.code][language].format(value=self.value)


@dataclass(frozen=True)
class RosterChild:
    row: int
    name: str
    id_number: str | None
    birth_date: dt.date | None
    village: str | None
    guardian_phone: str | None


@dataclass(frozen=True)
class Preview:
    rows: tuple[RosterChild, ...]
    errors: tuple[RosterError, ...]


class Refused(ValueError):
    """A cell that cannot be taken; `code` is one of `MESSAGES`."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(code)


def preview(
    *, table: Sequence[Sequence[Any]], divisions: Mapping[str, str], today: dt.date
) -> Preview:
    """`table` starts with the header row; `divisions` maps village names and codes to codes.

    A row with an error is left out of `rows`; a missing column stops before the first row.
    """
    places = _places([_text(cell) for cell in table[0]] if table else [])
    missing = [COLUMNS[key][0] for key in COLUMNS if key not in places]
    if missing:
        absent = (RosterError(1, name, "roster.column_missing", name) for name in missing)
        return Preview((), tuple(absent))
    rows: list[RosterChild] = []
    errors: list[RosterError] = []
    for number, cells in enumerate(table[1:], start=2):
        if not any(_text(cell) for cell in cells):
            continue
        values = {key: cells[place] for key, place in places.items() if place < len(cells)}
        child, wrong = _child(number, values, divisions, today)
        errors.extend(wrong)
        if not wrong:
            rows.append(child)
    return Preview(tuple(rows), tuple(errors))


def _places(header: list[str]) -> dict[str, int]:
    return {
        key: header.index(alias)
        for key, aliases in COLUMNS.items()
        for alias in aliases
        if alias in header
    }


def _child(
    number: int, values: Mapping[str, Any], divisions: Mapping[str, str], today: dt.date
) -> tuple[RosterChild, list[RosterError]]:
    readers = {
        "name": _name,
        "id_number": id_number,
        "birth_date": lambda cell: _birth_date(cell, today),
        "village": lambda cell: _village(cell, divisions),
        "guardian_phone": _phone,
    }
    read: dict[str, Any] = dict.fromkeys(readers)
    wrong = []
    for key, reader in readers.items():
        cell = values.get(key)
        try:
            read[key] = reader(cell)
        except Refused as refused:
            wrong.append(RosterError(number, COLUMNS[key][0], refused.code, _text(cell)))
    return RosterChild(row=number, **read), wrong


def _text(cell: Any) -> str:
    return "" if cell is None else str(cell).strip()


def _name(cell: Any) -> str:
    if not (name := _text(cell)):
        raise Refused("roster.name_missing")
    return name


def id_number(cell: Any) -> str | None:
    """18 digits; the 15 of before 1999 are converted. Empty is legal: a child may have none."""
    number = _text(cell).upper()
    if not number:
        return None
    if re.fullmatch(r"[0-9]{15}", number):
        body = f"{number[:6]}19{number[6:]}"
        total = sum(int(digit) * weight for digit, weight in zip(body, _WEIGHTS, strict=True))
        number = body + "10X98765432"[total % 11]
    try:
        return str(ric.validate(number))
    except ValidationError as error:
        raise Refused("roster.id_invalid") from error


def _birth_date(cell: Any, today: dt.date) -> dt.date | None:
    if not _text(cell):
        return None
    try:
        # A date cell arrives as "2015-03-28 00:00:00".
        born = dt.date.fromisoformat(re.sub(r"[./]", "-", _text(cell)).removesuffix(" 00:00:00"))
    except ValueError as error:
        raise Refused("roster.date_invalid") from error
    if born > today:
        raise Refused("roster.date_future")
    return born


def _village(cell: Any, divisions: Mapping[str, str]) -> str:
    if (code := divisions.get(_text(cell))) is None:
        raise Refused("roster.village_unknown")
    return code


def _phone(cell: Any) -> str | None:
    number = re.sub(r"[\s-]", "", _text(cell))
    if number and not _MOBILE.fullmatch(number):
        raise Refused("roster.phone_invalid")
    return number or None


def same_id(rows: Iterable[RosterChild]) -> list[tuple[int, int]]:
    """Pairs of row numbers that name the same ID number: the first row and each later one."""
    first: dict[str, int] = {}
    return [
        (first[row.id_number], row.row)
        for row in rows
        if row.id_number and first.setdefault(row.id_number, row.row) != row.row
    ]
