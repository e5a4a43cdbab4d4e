"""When something is due: at once, in hours, or in working days of the announced calendar."""

import datetime as dt
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import yaml

logger = logging.getLogger(__name__)
ZONE = ZoneInfo("Asia/Shanghai")
SOURCE = Path(__file__).with_name("working_days.yaml")
_DAY = dt.timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Deadline:
    """`missing`: the year whose calendar is not there; calendar days were counted instead."""

    at: dt.datetime
    missing: int | None = None

    @property
    def fallback(self) -> bool:
        return self.missing is not None


@dataclass(frozen=True, slots=True)
class Year:
    holidays: frozenset[dt.date]
    worked: frozenset[dt.date]


class YearMissing(LookupError):
    """No calendar has been loaded for the year."""

    def __init__(self, year: int) -> None:
        super().__init__(year)
        self.year = year


@cache
def shipped() -> Mapping[int, Year]:
    loaded: dict[int, dict[str, Any]] = yaml.safe_load(SOURCE.read_text(encoding="utf-8"))
    return {number: year(table) for number, table in loaded.items()}


def due(
    rule: str | Mapping[str, int],
    *,
    received: dt.datetime,
    years: Mapping[int, Year] | None = None,
) -> Deadline:
    """The deadline of a rule: `now`, `{hours: n}` or `{working_days: n}`, counted from `received`.

    Working days begin on the day after and end with the last day in China. A missing year is
    logged as an error and answered with calendar days, which end earlier and so on the safe side.
    """
    if rule == "now":
        return Deadline(received)
    if isinstance(rule, str):
        raise ValueError(f"{rule!r} is not a deadline")
    if "hours" in rule:
        return Deadline(received + dt.timedelta(hours=rule["hours"]))
    first = received.astimezone(ZONE).date()
    count = rule["working_days"]
    try:
        return Deadline(_end_of(_count(first, count, shipped() if years is None else years)))
    except YearMissing as missing:
        logger.error("no working-day calendar for %s; counting calendar days", missing)
        return Deadline(_end_of(first + count * _DAY), missing.year)


def is_working_day(day: dt.date, years: Mapping[int, Year]) -> bool:
    """Raises `YearMissing`."""
    if day.year not in years:
        raise YearMissing(day.year)
    table = years[day.year]
    return day in table.worked or (day.weekday() < 5 and day not in table.holidays)


@dataclass(frozen=True, slots=True)
class Needed:
    """What is received from `day` on has deadlines that need the calendar of `year`, which is missing."""

    day: dt.date
    year: int


def first_needing(
    count: int, *, today: dt.date, within: dt.timedelta, years: Mapping[int, Year]
) -> Needed | None:
    """The first day, today or so much later, from which so many working days cannot be counted."""
    for number in range(within.days + 1):
        day = today + number * _DAY
        try:
            _count(day, count, years)
        except YearMissing as missing:
            return Needed(day, missing.year)
    return None


def _count(day: dt.date, count: int, years: Mapping[int, Year]) -> dt.date:
    while count > 0:
        day += _DAY
        count -= is_working_day(day, years)
    return day


def _end_of(day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day + _DAY, dt.time.min, tzinfo=ZONE)


def year(table: Mapping[str, Any]) -> Year:
    """From `{holidays: [[first, last]], worked: [day]}`, with dates."""
    holidays = frozenset(
        first + number * _DAY
        for first, last in table["holidays"]
        for number in range((last - first).days + 1)
    )
    return Year(holidays, frozenset(table["worked"]))
