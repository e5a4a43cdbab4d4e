"""One cell → one value. A cell that cannot be taken raises `Refused`; what it said is kept with the row."""

import datetime as dt
import re
import unicodedata
from collections.abc import Callable, Mapping
from typing import Any

from stdnum.cn import ric

from backend.children.lookup import normalise_id

from .columns import Column
from .words import NOTHING, code_of, codes_of

_MOBILE = re.compile(r"1[3-9][0-9]{9}")
_LANDLINE = re.compile(r"0[0-9]{9,11}")
_DATE = re.compile(r"([0-9]{4})[-./年]([0-9]{1,2})(?:[-./月]([0-9]{1,2})?日?)?")
# Days since 1899-12-30 of 1955 and 2064: what a date becomes in a cell that lost its format.
_SERIALS = range(20000, 60000)
# A number in a cell keeps 15 digits.
_EXACT = 10**15
# Years; a child's number of 15 digits, which meant the 1900s, is a slip.
_OLDEST = 25


class Refused(ValueError):
    """`code` is one of `messages.MESSAGES`; `kept` is what could be read all the same."""

    def __init__(self, code: str, *, kept: Any = None, hint: str = "") -> None:
        self.code, self.kept, self.hint = code, kept, hint
        super().__init__(code)


def text(cell: Any) -> str:
    """As a person would read it: whole numbers without a point, dates without midnight."""
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    if isinstance(cell, dt.datetime):
        cell = cell.date()
    return re.sub(r"[ \t\u00a0\u3000]+", " ", str(cell)).strip()


def plain(cell: Any) -> str:
    """Text in half width without blanks; empty for the words that mean nothing is known."""
    compact = re.sub(r"\s", "", unicodedata.normalize("NFKC", text(cell)))
    return "" if compact in NOTHING else compact


def read(column: Column, cell: Any, *, today: dt.date) -> Any:
    """The value of a cell, None when it says nothing. Raises `Refused`."""
    if column.coded:
        return _coded(column, text(cell))
    if not plain(cell):
        return None
    value = _READERS[column.reads](cell, today)
    if column.key == "id_number" and told_by(value)[0].year < today.year - _OLDEST:
        raise Refused("roster.id_adult", kept=plain(cell).upper(), hint=str(told_by(value)[0].year))
    return value


def _coded(column: Column, said: str) -> Any:
    if not said:
        return None
    if column.reads == "code":
        if (code := code_of(column.coded, said)) is None and plain(said):
            raise Refused("roster.word_unknown")
        return None if code == "not_collected" else code
    found, unknown = codes_of(column.coded, said)
    found = [code for code in found if code not in {"none", "not_collected"}]
    if unknown and plain(said):
        raise Refused("roster.word_unknown", kept=found or None)
    return found or None


def _text(cell: Any, today: dt.date) -> str:
    return text(cell)


def _name(cell: Any, today: dt.date) -> str:
    """Names are spread with blanks so that columns line up; a foreign name keeps its dot."""
    return re.sub(r"\s", "", text(cell))


def _id_number(cell: Any, today: dt.date) -> str:
    """18 digits; the 15 of before 1999 are converted."""
    if isinstance(cell, int | float) and abs(cell) >= _EXACT:
        raise Refused("roster.id_rounded", kept=str(int(cell)))
    typed = plain(cell).upper().strip("'’`")
    try:
        return normalise_id(typed)
    except ValueError as error:
        raise Refused("roster.id_invalid", kept=typed) from error


def _phone(cell: Any, today: dt.date) -> str:
    parts = [part for part in re.split(r"[/、,;|或]", plain(cell)) if part]
    found = [number for part in parts if (number := _number(part))]
    if not found:
        raise Refused("roster.phone_invalid")
    if len(parts) > 1:
        raise Refused("roster.phone_several", kept=found[0], hint=found[0])
    return found[0]


def _number(part: str) -> str:
    digits = re.sub(r"[^0-9]", "", part)
    if digits.startswith("86") and len(digits) == 13:
        digits = digits[2:]
    return digits if _MOBILE.fullmatch(digits) or _LANDLINE.fullmatch(digits) else ""


def _birth_date(cell: Any, today: dt.date) -> dt.date:
    year, month, day = _parts(cell)
    if not day:
        raise Refused("roster.date_partial")
    return _day(year, month, day, today)


def _date(cell: Any, today: dt.date) -> str:
    """ISO; a month without a day stays `2024-03`: nobody remembers the day of a departure."""
    year, month, day = _parts(cell)
    known = _day(year, month, day or 1, today)
    return known.isoformat() if day else f"{known:%Y-%m}"


def _parts(cell: Any) -> tuple[int, int, int]:
    """Year, month and day as written; the day is 0 where none is. Raises `Refused`."""
    if isinstance(cell, dt.date):
        return cell.year, cell.month, cell.day
    said = plain(cell)
    if re.fullmatch(r"[0-9]{5}", said) and int(said) in _SERIALS:
        day = dt.date(1899, 12, 30) + dt.timedelta(int(said))
        return day.year, day.month, day.day
    if re.fullmatch(r"(19|20)[0-9]{4}([0-9]{2})?", said):
        return int(said[:4]), int(said[4:6]), int(said[6:] or 0)
    # A date cell that somebody turned into text comes with midnight.
    written = _DATE.fullmatch(said.removesuffix("00:00:00"))
    if written is None:
        raise Refused("roster.date_invalid")
    year, month, date = written.groups()
    return int(year), int(month), int(date or 0)


def _day(year: int, month: int, day: int, today: dt.date) -> dt.date:
    try:
        known = dt.date(year, month, day)
    except ValueError as error:
        raise Refused("roster.date_invalid") from error
    if known > today:
        raise Refused("roster.date_future")
    return known


def told_by(number: str) -> tuple[dt.date, str]:
    """Birth date and sex that a valid ID number says."""
    sex = "male" if int(number[16]) % 2 else "female"
    return ric.get_birth_date(number), sex


_READERS: Mapping[str, Callable[[Any, dt.date], Any]] = {
    "text": _text,
    "division": _text,
    "name": _name,
    "id_number": _id_number,
    "phone": _phone,
    "birth_date": _birth_date,
    "date": _date,
}
