"""Deadlines count from the time of receipt (rules.md, "The rules to ship")."""

import datetime as dt
import logging
from collections.abc import Mapping

import pytest

from backend.concerns.calendar import ZONE, Needed, due, first_needing, shipped, year


def china(year: int, month: int, day: int, hour: int = 0) -> dt.datetime:
    return dt.datetime(year, month, day, hour, tzinfo=ZONE)


def test_now_and_hours_run_on_the_wall_clock_through_a_holiday() -> None:
    received = china(2026, 10, 1, 23)
    assert due("now", received=received).at == received
    assert due({"hours": 24}, received=received).at == china(2026, 10, 2, 23)


@pytest.mark.parametrize(
    ("received", "days", "ends"),
    [
        (china(2026, 3, 2, 9), 3, china(2026, 3, 6)),
        (china(2026, 3, 6, 9), 1, china(2026, 3, 10)),
        (china(2026, 9, 30, 9), 1, china(2026, 10, 9)),
        (china(2026, 10, 9, 9), 1, china(2026, 10, 11)),
        (china(2026, 2, 13, 9), 2, china(2026, 2, 25)),
    ],
    ids=["plain week", "weekend", "National Day", "Saturday worked", "Spring Festival"],
)
def test_working_days_skip_holidays_and_count_days_worked_instead(
    received: dt.datetime, days: int, ends: dt.datetime
) -> None:
    assert due({"working_days": days}, received=received).at == ends


def test_the_day_of_receipt_is_the_day_in_china() -> None:
    late_in_utc = dt.datetime(2026, 3, 2, 17, tzinfo=dt.UTC)
    assert due({"working_days": 1}, received=late_in_utc).at == china(2026, 3, 5)


def test_a_missing_year_falls_back_marked_and_is_an_error_somebody_sees(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.ERROR):
        deadline = due({"working_days": 3}, received=china(2031, 3, 3, 9))
    assert deadline.fallback
    assert deadline.at == china(2031, 3, 7)
    assert "2031" in caplog.text


@pytest.mark.parametrize("rule", ["soon", ""])
def test_an_unknown_deadline_is_an_error_and_not_a_guess(rule: str | Mapping[str, int]) -> None:
    with pytest.raises(ValueError, match="not a deadline"):
        due(rule, received=china(2026, 3, 2))


AHEAD = dt.timedelta(days=60)


@pytest.mark.parametrize(
    ("today", "count", "told"),
    [
        (dt.date(2026, 10, 11), 15, False),
        (dt.date(2026, 10, 12), 15, True),
        (dt.date(2026, 11, 30), 15, True),
        (dt.date(2026, 11, 1), 5, True),
        (dt.date(2026, 10, 25), 5, False),
        (dt.date(2026, 12, 31), 0, False),
    ],
)
def test_a_year_that_deadlines_of_rules_will_need_is_named_sixty_days_before(
    today: dt.date, count: int, told: bool
) -> None:
    """Issue 9, 12: deadlines of 15 working days fall back from 11 December 2026, so on 12 October."""
    years = {number: table for number, table in shipped().items() if number < 2027}
    found = first_needing(count, today=today, within=AHEAD, years=years)
    day = {15: dt.date(2026, 12, 11), 5: dt.date(2026, 12, 25)}.get(count, today)
    assert found == (Needed(day, 2027) if told else None)


def test_a_year_that_rules_need_is_named_until_it_is_there() -> None:
    late = dt.date(2026, 12, 20)
    years = {number: table for number, table in shipped().items() if number < 2027}
    assert first_needing(15, today=late, within=AHEAD, years=years) == Needed(late, 2027)
    years[2027] = year({"holidays": [[dt.date(2027, 1, 1), dt.date(2027, 1, 3)]], "worked": []})
    assert first_needing(15, today=late, within=AHEAD, years=years) is None
