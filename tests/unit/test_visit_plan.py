"""The visit plan (domain.md, "Visit plan"): when the next visit is due and who hears of a late one."""

import datetime as dt
from dataclasses import replace
from typing import Any

import pytest

from backend.caseload.plan import CHINA, DEFAULT, Facts, Monitoring, due
from fieldforms.vocabulary import codes

SEEN = dt.datetime(2026, 5, 4, 10, 0, tzinfo=CHINA)
TODAY = dt.date(2026, 5, 4)


def facts(**given: Any) -> Facts:
    usual: dict[str, Any] = {
        "risk_level": "GREEN", "categories": (), "registered_on": dt.date(2026, 1, 1),
        "last_visit": SEEN,
    }  # fmt: skip
    return Facts(**(usual | given))


def days(facts: Facts) -> int:
    return (due(facts).on - TODAY).days


@pytest.mark.parametrize(
    ("risk", "interval"), [("RED", 7), ("YELLOW", 14), ("BLUE", 30), ("GREEN", 90), ("", 30)]
)
def test_the_interval_follows_the_risk_level(risk: str, interval: int) -> None:
    assert days(facts(risk_level=risk)) == interval
    assert due(facts(risk_level=risk)).basis == "risk"


def test_every_risk_level_of_the_vocabulary_has_an_interval_of_its_own() -> None:
    intervals = [DEFAULT.interval(code) for code in codes("risk_level")]
    assert intervals == sorted(set(intervals))


@pytest.mark.parametrize(("risk", "interval"), [("GREEN", 30), ("BLUE", 30), ("RED", 7)])
def test_a_left_behind_child_waits_thirty_days_at_most(risk: str, interval: int) -> None:
    assert days(facts(risk_level=risk, categories=("LEFT_BEHIND",))) == interval


def test_a_child_not_visited_yet_is_due_from_registration() -> None:
    first = due(facts(last_visit=None, risk_level="GREEN"))
    assert (first.on, first.basis) == (dt.date(2026, 1, 1), "registered")


def test_a_critical_event_brings_the_visit_within_a_day() -> None:
    danger = due(facts(critical_at=SEEN))
    assert (danger.on, danger.basis) == (TODAY + dt.timedelta(days=1), "critical")


@pytest.mark.parametrize(("later", "basis"), [
    (dt.timedelta(minutes=20), "critical"), (dt.timedelta(hours=20), "risk"),
])  # fmt: skip
def test_only_another_visit_follows_a_critical_event_up(later: dt.timedelta, basis: str) -> None:
    """Parts of the visit that met the danger carry times some minutes apart."""
    assert due(facts(critical_at=SEEN, last_visit=SEEN + later)).basis == basis


def test_a_critical_event_does_not_delay_a_visit_that_is_late_already() -> None:
    late = facts(risk_level="RED", last_visit=SEEN - dt.timedelta(days=30), critical_at=SEEN)
    assert due(late).on < TODAY


def test_the_day_is_the_one_in_china() -> None:
    before_midnight_in_london = dt.datetime(2026, 5, 3, 20, 0, tzinfo=dt.UTC)
    assert days(facts(last_visit=before_midnight_in_london)) == 90


@pytest.mark.parametrize(
    ("overdue", "step"),
    [(-1, "planned"), (0, "due"), (1, "supervisor"), (2, "supervisor"), (3, "township"),
     (6, "township"), (7, "county"), (400, "county")],
)  # fmt: skip
def test_an_overdue_visit_climbs(overdue: int, step: str) -> None:
    plan = due(facts())
    assert plan.step(plan.on + dt.timedelta(days=overdue)) == step
    assert step in codes("due_step")


@pytest.mark.parametrize("urgent", [{"risk_level": "RED"}, {"critical_at": SEEN}])
def test_the_township_hears_at_once_of_the_highest_risk(urgent: dict[str, Any]) -> None:
    plan = due(facts(**urgent))
    assert plan.step(plan.on) == "due"
    assert plan.step(plan.on + dt.timedelta(days=1)) == "township"


WEEKLY = Monitoring(days=5, since=SEEN, until=TODAY + dt.timedelta(days=90))


def test_the_monitoring_plan_of_a_case_comes_before_the_risk_interval() -> None:
    """`Guardianship case`, return: the earlier of the two counts."""
    plan = due(facts(monitoring=WEEKLY))
    assert (plan.basis, (plan.on - SEEN.date()).days) == ("monitoring", 5)
    red = due(facts(risk_level="RED", monitoring=replace(WEEKLY, days=30)))
    assert red.basis == "risk"


def test_a_monitoring_plan_counts_from_the_return_and_ends_on_its_last_day() -> None:
    home = SEEN + dt.timedelta(days=3)
    assert (due(facts(monitoring=replace(WEEKLY, since=home))).on - SEEN.date()).days == 8
    over = replace(WEEKLY, until=SEEN.date() + dt.timedelta(days=4))
    assert due(facts(monitoring=over)).basis == "risk"


def test_a_county_sets_its_own_days_and_keeps_the_rest() -> None:
    own = DEFAULT.with_({"green": 60, "tell_county": 5, "of_a_newer_server": 1})
    plan = due(facts(), own)
    assert (plan.on - TODAY).days == 60
    assert (plan.county_on - plan.on).days == 5
    assert own.red == DEFAULT.red


def test_every_basis_is_in_the_vocabulary() -> None:
    bases = {
        due(given).basis
        for given in (
            facts(), facts(last_visit=None), facts(critical_at=SEEN),
            facts(categories=("LEFT_BEHIND",)), facts(monitoring=WEEKLY),
        )
    }  # fmt: skip
    assert bases == set(codes("due_basis"))
