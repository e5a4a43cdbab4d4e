"""What somebody gave for a step, read by what the step needs. Pure.

The result is what the operation will hold: codes, dates as text, words. What is wrong or missing comes
back as the names of `case_field`.
"""

import datetime as dt
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from uuid import UUID

from fieldforms.vocabulary import codes

from .case_flow import Need
from .clocks import CHINA

WORDS, LINE = 8000, 300
INTERVALS = range(1, 91)
# No case of a child reaches further back or ahead; what does is a slip of the hand.
YEARS = range(1990, 2101)
_SHA256 = re.compile(r"[0-9a-f]{64}")


def read(needs: Sequence[Need], given: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """`(data, wrong)`: what can be used, and the names of what is missing or cannot."""
    data: dict[str, Any] = {}
    wrong: list[str] = []
    for need in needs:
        try:
            found = _READERS[need.kind](need, given)
        except (ValueError, TypeError, KeyError):
            wrong.append(need.name)
            continue
        if found:
            data |= found
        elif need.required:
            wrong.append(need.name)
    return data, wrong


def _text(limit: int) -> Callable[[Need, Mapping[str, Any]], dict[str, Any]]:
    def reader(need: Need, given: Mapping[str, Any]) -> dict[str, Any]:
        text = str(given.get(need.name) or "").strip()
        if len(text) > limit:
            raise ValueError(need.name)
        return {need.name: text} if text else {}

    return reader


def _document(need: Need, given: Mapping[str, Any]) -> dict[str, Any]:
    """A number, an attachment's hash, or both."""
    number = str(given.get(need.name) or "").strip()
    sha256 = str(given.get(f"{need.name}_sha256") or "").strip().lower()
    if len(number) > LINE or (sha256 and not _SHA256.fullmatch(sha256)):
        raise ValueError(need.name)
    return ({need.name: number} if number else {}) | (
        {f"{need.name}_sha256": sha256} if sha256 else {}
    )


def _moment(need: Need, given: Mapping[str, Any]) -> dict[str, Any]:
    value = given.get(need.name)
    return {need.name: moment(value).isoformat()} if value else {}


def moment(value: Any) -> dt.datetime:
    """A time without a zone is China's. Raises `ValueError`."""
    found = value if isinstance(value, dt.datetime) else dt.datetime.fromisoformat(str(value))
    if found.year not in YEARS:
        raise ValueError(value)
    return found if found.tzinfo else found.replace(tzinfo=CHINA)


def _day(need: Need, given: Mapping[str, Any]) -> dict[str, Any]:
    value = given.get(need.name)
    if not value:
        return {}
    day = dt.date.fromisoformat(str(value))
    if day.year not in YEARS:
        raise ValueError(need.name)
    return {need.name: day.isoformat()}


def _number(need: Need, given: Mapping[str, Any]) -> dict[str, Any]:
    value = given.get(need.name)
    if value in (None, ""):
        return {}
    number = int(str(value))
    if number not in INTERVALS:
        raise ValueError(need.name)
    return {need.name: number}


def _code(need: Need, given: Mapping[str, Any]) -> dict[str, Any]:
    value = given.get(need.name)
    if value in (None, ""):
        return {}
    if value not in codes(need.list):
        raise ValueError(need.name)
    return {need.name: value}


def _codes(need: Need, given: Mapping[str, Any]) -> dict[str, Any]:
    value = given.get(need.name) or []
    chosen = [value] if isinstance(value, str) else list(value)
    if set(chosen) - set(codes(need.list)):
        raise ValueError(need.name)
    return {need.name: [code for code in codes(need.list) if code in chosen]} if chosen else {}


def _yes_no(need: Need, given: Mapping[str, Any]) -> dict[str, Any]:
    value = given.get(need.name)
    if isinstance(value, bool):
        value = "yes" if value else "no"
    if value in (None, ""):
        return {}
    if value not in ("yes", "no"):
        raise ValueError(need.name)
    return {need.name: value}


def _person(need: Need, given: Mapping[str, Any]) -> dict[str, Any]:
    value = given.get(need.name)
    return {need.name: str(UUID(str(value)))} if value else {}


_READERS: Mapping[str, Callable[[Need, Mapping[str, Any]], dict[str, Any]]] = {
    "words": _text(WORDS),
    "line": _text(LINE),
    "document": _document,
    "moment": _moment,
    "day": _day,
    "number": _number,
    "code": _code,
    "codes": _codes,
    "yes_no": _yes_no,
    "person": _person,
}
