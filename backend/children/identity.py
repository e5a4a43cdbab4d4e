"""Chinese identity: resident ID numbers, and what a sealed name can be found by."""

import re
from collections.abc import Iterable
from datetime import date

from stdnum.cn import ric
from stdnum.exceptions import ValidationError

from backend.common import search
from backend.common.encrypted import index_token
from backend.common.search import name_tokens, phone_token

_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECKS = "10X98765432"


def normalise_id(number: str) -> str:
    """18 digits in capitals; a 15-digit number of before 1999 gets its century and check digit.

    Raises `ValueError` for anything that is not a resident ID number.
    """
    compact = re.sub(r"[\s-]", "", number).upper()
    if re.fullmatch(r"\d{15}", compact):
        body = f"{compact[:6]}19{compact[6:]}"
        total = sum(int(digit) * weight for digit, weight in zip(body, _WEIGHTS, strict=True))
        compact = body + _CHECKS[total % 11]
    try:
        return str(ric.validate(compact))
    except ValidationError as error:
        raise ValueError("not a resident ID number") from error


def born(value: object) -> date | None:
    """A birth date as written on the wire, or None when it is not one."""
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        return None


def birth_token(day: date) -> int:
    return index_token("born", day.isoformat())


def tokens(
    *, name: object, number: object, phones: Iterable[object] = (), birth: date | None = None
) -> list[int]:
    """Everything a card is found by, sorted; what is absent or unusable adds nothing."""
    found: set[int] = name_tokens(name) if isinstance(name, str) else set()
    if birth is not None:
        found.add(birth_token(birth))
    if isinstance(number, str) and number:
        try:
            found.add(index_token("id", normalise_id(number)))
        except ValueError:
            # A wrong number is still what somebody will search for: by what was typed.
            found.add(index_token("id.typed", number.strip().upper()))
    for phone in phones:
        if isinstance(phone, str) and phone:
            found.add(phone_token(phone))
    return sorted(found)


def query_tokens(text: str) -> list[int]:
    """What a search box's text must contain: an ID number, a phone, characters or pinyin syllables."""
    compact = text.strip()
    try:
        return [index_token("id", normalise_id(compact))]
    except ValueError:
        pass  # not an ID number: the other readings of the text follow
    if re.fullmatch(r"\d{15}|\d{17}[\dXx]", compact):
        return [index_token("id.typed", compact.upper())]
    return search.query_tokens(compact)
