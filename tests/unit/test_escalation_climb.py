"""T2 as pure functions (rules.md): when an escalation rises, and what its clock calls for."""

import datetime as dt
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.concerns import climb, levels
from backend.concerns.climb import State
from backend.concerns.limits import DEFAULT, Limits

NOW = dt.datetime(2026, 5, 4, 8, 0, tzinfo=dt.UTC)
HOUR = dt.timedelta(hours=1)
CRITICAL = State(
    status="open", severity="critical", sealed=False, level="county", level_since=NOW, climbs=0,
    round_deadline=NOW, waits_since=NOW, uncalled_since=[NOW],
)  # fmt: skip
HIGH = replace(
    CRITICAL, severity="high", level="township", round_deadline=NOW + 24 * HOUR, uncalled_since=[]
)


def due(state: State, hours: float, limits: Limits = DEFAULT) -> list[tuple[str, str]]:
    found = climb.steps_due(state, limits, NOW + hours * HOUR)
    return [(step.level, step.reason) for step in found]


@pytest.mark.parametrize(
    ("to", "severity", "told"),
    [
        (["police"], "critical", ["township", "county"]),
        (["township", "county_officer"], "high", ["township", "county"]),
        (["township"], "high", ["township"]),
        (["supervisor"], "low", ["village"]),
        (["school", "education"], "medium", ["township"]),
    ],
)
def test_T2_its_level_follows_from_its_recipients(
    to: list[str], severity: str, told: list[str]
) -> None:
    assert levels.told(to, severity, sealed=False) == told
    assert levels.start(to, severity, sealed=False) == told[-1]


@pytest.mark.parametrize(
    ("skips", "told"),
    [("village", ["township", "county"]), ("township", ["county"]), ("county", ["prefecture"])],
)
def test_a_level_where_a_suspect_works_is_passed_over_and_the_next_one_told(
    skips: str, told: list[str]
) -> None:
    assert levels.told(["supervisor"], "critical", sealed=False, skips=skips) == told


def test_a_sealed_one_is_for_the_county_and_never_rises() -> None:
    assert levels.told(["police"], "critical", sealed=True) == ["county"]
    assert due(replace(CRITICAL, sealed=True), 10_000) == []


def test_T2_a_critical_one_that_nobody_acknowledged_in_two_hours_rises() -> None:
    assert due(CRITICAL, 1.99) == []
    assert due(CRITICAL, 2) == [("prefecture", "unacknowledged")]
    assert due(CRITICAL, 2, Limits(acknowledge_critical=3)) == []


def test_T2_an_acknowledged_critical_one_rises_when_nothing_has_come_of_it_in_a_day() -> None:
    taken = replace(CRITICAL, status="acknowledged")
    assert due(taken, 23) == []
    assert due(taken, 24) == [("prefecture", "overdue")]


def test_T2_the_others_rise_at_their_deadline_and_again_after_each_levels_grace() -> None:
    assert due(HIGH, 23) == []
    assert due(HIGH, 24) == [("county", "unacknowledged")]
    assert due(HIGH, 47) == [("county", "unacknowledged")]
    assert due(HIGH, 48) == [("county", "unacknowledged"), ("prefecture", "unacknowledged")]
    assert due(replace(HIGH, status="in_progress"), 24) == [("county", "overdue")]


AT_ONCE = replace(HIGH, level="county", round_deadline=NOW, uncalled_since=[NOW])


def test_a_high_one_that_the_law_wants_at_once_gives_its_people_the_time_of_a_critical_one() -> (
    None
):
    """R19 and R22 (danger): not late the moment it opens, and not for a day either."""
    assert due(AT_ONCE, 1.99) == []
    assert due(AT_ONCE, 2) == [("prefecture", "unacknowledged")]
    taken = replace(AT_ONCE, status="acknowledged")
    assert (due(taken, 23), due(taken, 24)) == ([], [("prefecture", "overdue")])


def test_a_high_one_that_the_law_wants_at_once_is_reminded_of_as_the_danger_that_it_is() -> None:
    kinds = {r.kind: (r.at - NOW) / HOUR for r in climb.reminders(AT_ONCE, DEFAULT)}
    assert kinds == {"not_reported": 1, "due_soon": 20, "past_due": 24}
    assert "not_reported" not in {r.kind for r in climb.reminders(HIGH, DEFAULT)}


def test_what_is_low_does_not_reach_the_prefecture() -> None:
    low = replace(HIGH, severity="low")
    assert due(low, 10_000) == [("county", "unacknowledged")]


@pytest.mark.parametrize("status", ["referred", "case_opened", "resolved", "unfounded"])
def test_what_ended_or_is_elsewhere_stays_where_it_is(status: str) -> None:
    assert due(replace(HIGH, status=status), 10_000) == []


@given(st.lists(st.integers(min_value=0, max_value=400), min_size=1, max_size=12))
def test_T2_whenever_and_however_often_it_is_looked_at_the_steps_are_the_same(
    looks: list[int],
) -> None:
    """Outages, repeated runs and a clock that jumps back: what is reached follows from the latest look."""
    state, taken = replace(HIGH, severity="medium"), []
    for hours in looks:
        for step in climb.steps_due(state, DEFAULT, NOW + hours * HOUR):
            taken.append(step)
            state = replace(state, level=step.level, level_since=step.at, climbs=state.climbs + 1)
    assert taken == climb.steps_due(
        replace(HIGH, severity="medium"), DEFAULT, NOW + max(looks) * HOUR
    )


def test_reminders_come_before_and_at_the_deadline_and_until_the_police_are_told() -> None:
    assert [(r.kind, (r.at - NOW) / HOUR) for r in climb.reminders(HIGH, DEFAULT)] == [
        ("due_soon", 20), ("past_due", 24),
    ]  # fmt: skip
    assert [r.kind for r in climb.reminders(CRITICAL, DEFAULT)] == ["not_reported"]
    assert list(climb.reminders(replace(CRITICAL, uncalled_since=[]), DEFAULT)) == []
    assert list(climb.reminders(replace(HIGH, status="referred"), DEFAULT)) == []
    sealed = replace(CRITICAL, sealed=True, uncalled_since=[])
    assert [r.kind for r in climb.reminders(sealed, DEFAULT)] == ["sealed"]


def test_a_critical_danger_that_cannot_rise_any_more_is_asked_about_all_the_same() -> None:
    top = replace(CRITICAL, level="prefecture", uncalled_since=[])

    def asked(state: State) -> list[tuple[str, float]]:
        return [(r.kind, (r.at - NOW) / HOUR) for r in climb.reminders(state, DEFAULT)]

    assert asked(top) == [("past_due", 2)]
    assert asked(replace(top, status="in_progress")) == [("past_due", 24)]
    assert asked(replace(top, climbs=1, level_since=NOW + 2 * HOUR)) == [("past_due", 4)]
    assert asked(replace(top, status="referred")) == []
    assert climb.next_at(top, DEFAULT) == NOW + 2 * HOUR


def test_the_next_look_is_at_whatever_comes_first_and_was_not_said_yet() -> None:
    soon = next(climb.reminders(HIGH, DEFAULT))
    assert climb.next_at(HIGH, DEFAULT) == soon.at
    assert climb.next_at(HIGH, DEFAULT, {soon.key}) == HIGH.round_deadline
    assert climb.next_at(replace(HIGH, status="resolved"), DEFAULT) is None
