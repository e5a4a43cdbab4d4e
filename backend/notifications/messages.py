"""What messages say: the kinds of `messages.yaml`, their values checked, their words in both languages."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from backend.regions import codes
from backend.regions import queries as regions
from fieldforms import vocabulary

SOURCE = Path(__file__).with_name("messages.yaml")
LANGUAGES = ("zh", "en")
Pair = Mapping[str, str]
_LINK = re.compile(r"/office/[a-z0-9_/-]*")
_NATION: Pair = {"zh": "全国", "en": "the whole country"}


class MessageRefused(ValueError):
    """The caller's mistake: a kind that nobody has registered, or a value that may not be said."""


@dataclass(frozen=True, slots=True)
class Kind:
    """An entry of `messages.yaml`, which says what the parts mean."""

    name: str
    values: Mapping[str, str]
    title: Pair
    text: Pair
    webhook: bool = False
    inbox: bool = False
    sealed: bool = False
    above: bool = False


@dataclass(frozen=True, slots=True)
class Words:
    """A message in one language; `link` is a path of the office's pages, or empty."""

    title: str
    text: str
    link: str


@cache
def kinds() -> Mapping[str, Kind]:
    loaded: dict[str, Any] = yaml.safe_load(SOURCE.read_text(encoding="utf-8"))
    return {name: Kind(name=name, **parts) for name, parts in loaded.items()}


def sealed() -> list[str]:
    """The kinds that only a county's named leads may know of."""
    return [name for name, kind in kinds().items() if kind.sealed]


def above() -> list[str]:
    """The kinds that pass over a county's office, which must not learn of them."""
    return [name for name, kind in kinds().items() if kind.above]


def checked(name: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """The values as they are stored: codes, numbers, paths and times as JSON has them.

    Raises `MessageRefused` for an unknown kind, a value too many or too few (only a link may be
    left out), and one that is not of its declared type.
    """
    kind = kinds().get(name)
    if kind is None:
        raise MessageRefused(f"{name} is no kind of messages.yaml")
    for given in values.keys() - kind.values.keys():
        raise MessageRefused(f"{name} does not declare the value {given}")
    for lacking in kind.values.keys() - values.keys() - {"link"}:
        raise MessageRefused(f"{name} lacks the value {lacking}")
    return {given: _stored(kind, given, value) for given, value in values.items()}


def _stored(kind: Kind, name: str, value: Any) -> Any:
    type_ = kind.values[name]
    if type_ == "moment" and isinstance(value, datetime) and timezone.is_aware(value):
        return value.isoformat()
    if type_ == "day" and isinstance(value, date) and not isinstance(value, datetime):
        return value.isoformat()
    if _fits(type_, value):
        return value
    raise MessageRefused(f"{kind.name}: {name} is not a {type_}")


def _fits(type_: str, value: Any) -> bool:
    if type_ == "number":
        return isinstance(value, int) and not isinstance(value, bool)
    if not isinstance(value, str):
        return False
    if type_ == "division":
        return value == codes.COUNTRY or codes.is_well_formed(value)
    if type_ == "link":
        return _LINK.fullmatch(value) is not None
    return type_.startswith("list ") and value in vocabulary.codes(type_.removeprefix("list "))


def places(stored: Iterable[tuple[str, Mapping[str, Any]]]) -> dict[str, str]:
    """The names of all divisions in messages `(kind, values)`, for `words`; one statement."""
    wanted = {
        value
        for name, values in stored
        for given, value in values.items()
        if kinds()[name].values[given] == "division" and value
    }
    return regions.places(wanted) if wanted else {}


def words(name: str, values: Mapping[str, Any], *, language: str, places: Pair) -> Words:
    """`values` as stored. `language` is `zh` or `en`."""
    kind = kinds()[name]
    said = {
        given: _said(kind.values[given], value, language, places) for given, value in values.items()
    }
    return Words(
        title=kind.title[language].format(**said),
        text=kind.text[language].format(**said),
        link=str(values.get("link", "")),
    )


def _said(type_: str, value: Any, language: str, places: Pair) -> str:
    if type_ == "division":
        return (places.get(value) or value) if value else _NATION[language]
    if type_ == "moment":
        return _time(value, language)
    if type_ == "day":
        return _day(date.fromisoformat(value), language)
    if type_.startswith("list "):
        return vocabulary.label(type_.removeprefix("list "), value, language)
    return str(value)


def _day(day: date, language: str) -> str:
    if language == "zh":
        return f"{day.year}年{day.month}月{day.day}日"
    return f"{day.day} {day:%B %Y}"


def _time(value: str, language: str) -> str:
    moment = parse_datetime(value)
    assert moment
    local = timezone.localtime(moment)
    if language == "zh":
        return f"{local.month}月{local.day}日 {local:%H:%M}"
    return f"{local.day} {local:%b %H:%M}"
