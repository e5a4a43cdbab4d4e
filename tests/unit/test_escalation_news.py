"""To whom a finding that joins an escalation is news, without a database."""

import datetime as dt
from typing import Any

import pytest

from backend.concerns.news import ALL, ASSIGNEE, NOBODY, Known, heard, joined

NOW = dt.datetime(2026, 5, 4, 8, 0, tzinfo=dt.UTC)
HOUR = dt.timedelta(hours=1)


def finding(severity: str, *, observed: dt.datetime = NOW, **data: Any) -> dict[str, Any]:
    return {"rule": "R4", "severity": severity, "observed": observed.isoformat(), **data}


def test_a_danger_whose_rule_is_not_in_the_escalation_is_news_to_all() -> None:
    for severity in ("low", "medium", "high", "critical"):
        assert heard(finding(severity), None, None) == ALL
        # Also where an old visit brings it that is judged once more.
        assert heard(finding(severity, again=True), None, NOW) == ALL


def test_a_graver_danger_of_the_same_rule_is_news_to_all() -> None:
    assert heard(finding("critical", again=True), Known("high", NOW), NOW) == ALL


@pytest.mark.parametrize(
    ("severity", "told"),
    [("low", ASSIGNEE), ("medium", ASSIGNEE), ("high", ALL), ("critical", ALL)],
)
def test_a_later_visit_with_the_same_danger_rings_for_all_only_where_it_is_grave(
    severity: str, told: str
) -> None:
    assert heard(finding(severity), Known(severity, NOW - HOUR), None) == told


def test_the_same_danger_observed_after_somebody_acknowledged_it_is_news() -> None:
    known = Known("high", NOW + HOUR)
    assert heard(finding("high"), known, NOW - HOUR) == ALL
    assert heard(finding("high"), known, NOW + HOUR) == ASSIGNEE


def test_a_re_evaluation_and_a_correction_of_a_danger_tell_nobody() -> None:
    known = Known("critical", NOW - HOUR)
    earlier = finding("critical", again=True, observed=NOW - HOUR)
    assert heard(earlier, known, NOW - 2 * HOUR) == NOBODY
    # A visit whose first half came late is judged again, and is the later one all the same.
    assert heard(finding("critical", again=True), known, None) == ALL
    assert heard(finding("critical"), Known("critical", NOW), NOW) == NOBODY


@pytest.mark.parametrize("data", [{"by_hand": True}, {"rule": "concern"}])
def test_a_danger_in_a_person_s_own_words_is_never_the_same_again(data: dict[str, Any]) -> None:
    assert heard(finding("medium", **data), Known("medium", NOW), None) == ALL
    assert heard(finding("medium", again=True, **data), Known("medium", NOW), None) == NOBODY


def test_several_dangers_are_told_as_the_one_that_is_told_most_widely() -> None:
    known = {"R4": Known("low", NOW - HOUR)}
    assert joined([finding("low")], known, None) == ASSIGNEE
    assert joined([finding("low"), finding("low", rule="R20")], known, None) == ALL
