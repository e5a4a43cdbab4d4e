"""The calendars of working days: those that ship, and above them those that were loaded here."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any

import yaml
from django.db import transaction

from backend.audit import services as audit
from backend.common.errors import DomainError

from . import calendar
from .models import CalendarYear
from .rulesets import EVERYTHING


class TableRefused(DomainError):
    """Says which line of the file, and what it should be."""

    code = "calendar.table"
    zh = "工作日历有误：{what}"
    en = "The calendar of working days is wrong: {what}"


class Years(Mapping[int, calendar.Year]):
    """Every year there is a table of. Read when the first deadline asks for it: one statement a batch."""

    def __init__(self) -> None:
        self._known: dict[int, calendar.Year] | None = None

    def _all(self) -> dict[int, calendar.Year]:
        if self._known is None:
            loaded = CalendarYear.objects.values_list("year", "table")
            own = {year: calendar.year(_dated(table)) for year, table in loaded}
            self._known = {**calendar.shipped(), **own}
        return self._known

    def __getitem__(self, year: int) -> calendar.Year:
        return self._all()[year]

    def __iter__(self) -> Iterator[int]:
        return iter(self._all())

    def __len__(self) -> int:
        return len(self._all())


@transaction.atomic
def load(text: str, *, now: datetime) -> list[int]:
    """Takes the years of a file of the shape of `working_days.yaml`; a year loaded before is replaced.

    Raises `TableRefused`, and then takes none.
    """
    tables = _read(text)
    for year, table in sorted(tables.items()):
        CalendarYear.objects.update_or_create(
            year=year, defaults={"table": _plain(table), "loaded_at": now}
        )
        audit.record(
            actor=None, action="calendar.load", subject=EVERYTHING, now=now, detail={"year": year}
        )
    return sorted(tables)


def _read(text: str) -> dict[int, dict[str, Any]]:
    try:
        tables = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise TableRefused(what=str(error)) from error
    if not isinstance(tables, dict) or not tables:
        raise TableRefused(
            what="it has no year; write `2027: {holidays: [[from, to]], worked: []}`"
        )
    for year, table in tables.items():
        _check(year, table)
    return tables


def _check(year: Any, table: Any) -> None:
    if type(year) is not int or not isinstance(table, dict):
        raise TableRefused(what=f"{year}: not a year with `holidays` and `worked`")
    if table.keys() != {"holidays", "worked"}:
        raise TableRefused(what=f"{year}: it needs `holidays` and `worked`, and nothing else")
    for span in table["holidays"] or []:
        if not (_days(span, year) and len(span) == 2 and span[0] <= span[1]):
            raise TableRefused(what=f"{year}: {span} is not [first day, last day] of that year")
    if not _days(table["worked"], year) and table["worked"]:
        raise TableRefused(what=f"{year}: `worked` is not a list of days of that year")
    if not table["holidays"]:
        raise TableRefused(what=f"{year}: no holiday at all; it is not announced yet")


def _days(given: Any, year: int) -> bool:
    """A holiday may reach over the turn of the year, by its own days only."""
    return isinstance(given, list) and all(
        isinstance(day, date) and day.year == year for day in given
    )


def _plain(table: dict[str, Any]) -> dict[str, Any]:
    spans = [[first.isoformat(), last.isoformat()] for first, last in table["holidays"]]
    return {"holidays": spans, "worked": [day.isoformat() for day in table["worked"] or []]}


def _dated(table: dict[str, Any]) -> dict[str, Any]:
    read = date.fromisoformat
    spans = [[read(first), read(last)] for first, last in table["holidays"]]
    return {"holidays": spans, "worked": [read(day) for day in table["worked"]]}
