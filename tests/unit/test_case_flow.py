"""The way of a case as data (rules.md, "Guardianship case"), without a database."""

import datetime as dt
from typing import Any

import pytest

from backend.concerns import rulesets, timed
from backend.guardianship import answers, case_flow, clocks, order_life
from backend.guardianship.case_flow import STATES, STEPS
from backend.guardianship.clocks import CHINA, DAY
from backend.guardianship.management.commands.case_table import README, renewed
from fieldforms.vocabulary import codes, detail, label

MONDAY = dt.datetime(2026, 5, 4, 10, 0, tzinfo=CHINA)


def five_days(moment: dt.datetime, count: int) -> dt.datetime:
    return moment + count * DAY


def started(*names: str, at: dt.datetime = MONDAY, **given: Any) -> list[clocks.Clock]:
    return clocks.started(names, at=at, given=given, limits=clocks.DEFAULT, working_days=five_days)


def days(clock: clocks.Clock) -> float:
    return (clocks.due_of(clock) - MONDAY) / DAY


def test_the_states_of_a_case_are_those_of_the_rules_in_their_order() -> None:
    assert [*STATES] == codes("case_state")
    way = (
        "report_police", "place", "begin_assessment", "take_guardianship", "decide",
        "file_revocation", "court_accepts", "appoint", "apply_restoration",
    )  # fmt: skip
    state = "concern"
    for step in way:
        assert state in STEPS[step].before, step
        state = STEPS[step].after or state
    assert state == "restoration"
    assert case_flow.possible("closed") == []


@pytest.mark.parametrize("step", STEPS)
def test_every_step_of_a_case_needs_a_document_or_a_reason_or_names_whom_it_is_about(
    step: str,
) -> None:
    """`Every transition needs a role, a document or a reason`: and each has its words."""
    kinds = {need.kind for need in STEPS[step].needs if need.required}
    names = {need.name for need in STEPS[step].needs}
    assert "document" in kinds or names & {"reason", "receipt", "worker"}
    assert label("case_step", step, "zh")
    for need in STEPS[step].needs:
        assert label("case_field", need.name, "en")
        assert not need.list or codes(need.list)


def test_every_clock_has_its_words_and_every_legal_basis_is_cited() -> None:
    both = [*STEPS.values(), order_life.APPLY, *order_life.ORDER_STEPS.values()]
    named = {code for step in both for code in (*step.starts, *step.ends)}
    assert named == set(codes("case_clock"))
    grounds = [("temporary_ground", "mpl-92"), ("long_term_ground", "mpl-94")]
    cited = {code for step in both for code in step.basis}
    cited |= {basis for _, basis in grounds}
    cited |= {basis for rule in rulesets.shipped() for basis in rule["basis"]}
    cited |= {basis for rule in timed.RULES.values() for basis in rule.basis}
    cited |= {detail("revocation_ground", code, "basis") for code in codes("revocation_ground")}
    assert cited == set(codes("legal_basis"))


def test_the_grounds_of_a_case_are_seven_and_seven_each_with_its_basis() -> None:
    for name in ("temporary_ground", "revocation_ground"):
        assert len(codes(name)) == 7
        assert all(detail(name, code, "basis") in codes("legal_basis") for code in codes(name))
    conditions = {
        code: detail("revocation_ground", code, "needs") for code in codes("revocation_ground")
    }
    assert conditions["refused"] == {"months": 6, "destitute": "yes"}
    assert conditions["begging"] == {"warnings": 3}
    assert detail("revocation_applicant", "civil_affairs", "must_file") == "yes"


def test_temporary_guardianship_of_a_case_lasts_a_year_and_is_told_of_at_3_6_9_and_11_months() -> (
    None
):
    (clock,) = started("temporary")
    assert clocks.due_of(clock) == MONDAY.replace(year=2027)
    told = [(dt.datetime.fromisoformat(a["at"]).month, a["severity"]) for a in clock["alerts"]]
    assert told == [(8, "medium"), (11, "medium"), (2, "high"), (4, "high"), (5, "high")]


@pytest.mark.parametrize(
    ("code", "given", "length"),
    [
        ("assessment_first", {}, 5), ("assessment_full", {}, 30), ("acceptance", {}, 7),
        ("judgment", {}, 30), ("protection_court", {"urgent": "no"}, 3),
        ("protection_court", {"urgent": "yes"}, 1), ("police", {}, 0),
    ],
)  # fmt: skip
def test_each_clock_of_a_case_has_the_length_of_the_rules(
    code: str, given: dict[str, Any], length: int
) -> None:
    (clock,) = started(code, **given)
    assert days(clock) == length
    at = [dt.datetime.fromisoformat(alert["at"]) for alert in clock["alerts"]]
    assert all(MONDAY <= moment <= clocks.due_of(clock) for moment in at)


def test_a_month_of_a_case_ends_on_the_last_day_of_a_shorter_one() -> None:
    end = dt.datetime(2026, 8, 31, 23, 30, tzinfo=CHINA)
    assert clocks.months_after(end, 6) == dt.datetime(2027, 2, 28, 23, 30, tzinfo=CHINA)


def test_a_clock_of_a_case_that_runs_is_not_started_anew() -> None:
    (first,) = started("assessment_full")
    (again,) = started("assessment_full", at=MONDAY + DAY)
    assert clocks.running([first], (), [again]) == [first]
    assert clocks.running([first], ("assessment_full",), [again]) == [again]


def test_after_an_intentional_crime_no_clock_of_a_case_waits_for_a_restoration() -> None:
    """Civil Code 38."""
    assert case_flow.starts("appoint", {"intentional_crime": "no"}) == case_flow.RESTORATION_CLOCKS
    assert case_flow.starts("appoint", {"intentional_crime": "yes"}) == ()


def test_a_case_step_asks_for_what_its_ground_needs_only_then() -> None:
    def names(*grounds: str) -> set[str]:
        return {
            n.name for n in case_flow.asked("file_revocation", {"revocation_grounds": [*grounds]})
        }

    extra = {"refused_since", "destitute", "delegation_refused"}
    assert not names("harm") & extra
    assert names("harm", "refused") & extra == {"refused_since", "destitute"}


def test_what_a_case_step_is_given_is_read_and_what_is_wrong_is_named() -> None:
    needs = STEPS["return_home"].needs
    given = {
        "document": "民监2号", "reason": " 好转 ", "child_wish": "想回家", "interval_days": "7",
        "until": "2026-09-01", "unknown": "left out",
    }  # fmt: skip
    data, wrong = answers.read(needs, given)
    assert wrong == []
    assert (data["interval_days"], data["reason"], "unknown" in data) == (7, "好转", False)
    _, wrong = answers.read(needs, given | {"interval_days": "400", "until": "1 September"})
    assert wrong == ["interval_days", "until"]
    for slip in ("0202-09-01", "9999-12-31"):
        assert answers.read(needs, given | {"until": slip})[1] == ["until"]


def test_the_table_of_steps_in_the_readme_of_the_case_is_what_the_services_use() -> None:
    text = README.read_text(encoding="utf-8")
    assert renewed(text) == text, "run `manage.py case_table`"
    assert "Civil Code, Article 38" in text
