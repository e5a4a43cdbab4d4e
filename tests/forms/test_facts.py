"""From answers to facts: what was not collected is absent, never false."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from fieldforms import facts as facts_map
from fieldforms.facts import Case, Source, all_facts, collect, types


def facts(answers: dict[str, Any], **more: Any) -> dict[str, Any]:
    base = {"form": "household_visit", "version": "3", "observed": date(2026, 11, 24)}
    return collect(Case(**{**base, "answers": answers, **more}))


@pytest.mark.parametrize(
    "answer", ["not_collected", None, "", [], 1, True, "perhaps", ["no", 3], {}]
)
def test_what_is_no_usable_answer_is_absent(answer: Any) -> None:
    assert "no_adult_now" not in facts({"adult_with_child_now": answer})


def test_a_yes_or_no_becomes_the_danger_it_speaks_of() -> None:
    assert facts({"adult_with_child_now": "no"})["no_adult_now"] is True
    assert facts({"adult_with_child_now": "yes"})["no_adult_now"] is False


@pytest.mark.parametrize(
    ("days", "known"), [(0, True), (7, True), (8, False), (-1, False), (True, False), ("3", False)]
)
def test_a_number_out_of_range_is_absent(days: Any, known: bool) -> None:
    assert ("days_alone_last_week" in facts({"days_alone_last_week": days})) is known


@pytest.mark.parametrize(
    ("born", "observed", "age"),
    [
        ("2018-11-24", "2026-11-24", 8),
        ("2018-11-25", "2026-11-24", 7),
        ("2020-02-29", "2028-02-28", 7),
        ("2020-02-29", "2028-02-29", 8),
        ("2026-11-25", "2026-11-24", None),
        ("next year", "2026-11-24", None),
    ],
)
def test_age_is_in_whole_years_at_the_day_of_observation(
    born: str, observed: str, age: int | None
) -> None:
    child = {"identity": {"birth_date": born}}
    assert facts({}, child=child, observed=date.fromisoformat(observed)).get("age_years") == age


def test_a_guessed_age_counts_where_no_birth_date_is_known() -> None:
    assert facts({"age_guess": 6})["age_years"] == 6
    known = {"identity": {"birth_date": "2010-01-01"}}
    assert facts({"age_guess": 6}, child=known)["age_years"] == 16


def test_an_unknown_form_version_is_read_by_the_latest_known() -> None:
    for version in ("77", "1", "2999-01", ""):
        assert facts({"adult_with_child_now": "no"}, version=version)["no_adult_now"] is True


def test_a_question_is_read_as_its_form_version_asked_it(monkeypatch: pytest.MonkeyPatch) -> None:
    first, later = Source(question="adult_with_child_now"), Source(question="lives_alone")
    fact = replace(all_facts()["no_adult_now"], sources={"household_visit": {2: first, 4: later}})
    monkeypatch.setattr(facts_map, "all_facts", lambda: {fact.name: fact})
    asked = {v: facts_map.asked_in.__wrapped__("household_visit", v) for v in ("2", "3", "4", "5")}
    assert [asked[v][fact.name][1].question for v in "2345"] == [
        "adult_with_child_now", "adult_with_child_now", "lives_alone", "lives_alone",
    ]  # fmt: skip
    assert facts({"adult_with_child_now": "no"}, form="unheard_of").keys() == facts({}).keys()


def test_every_fact_has_one_of_the_four_types() -> None:
    assert set(types().values()) <= {"bool", "int", "text", "list"}


INJURIES = {"child_seen": "yes", "visible_injuries": "no"}


def test_why_a_question_was_hidden_decides_whether_its_fact_is_false_or_absent() -> None:
    hidden = ["several_injuries"]
    assert facts(INJURIES, skipped=hidden)["several_injuries"] is False
    assert "several_injuries" not in facts({"child_seen": "no"}, skipped=hidden)
    unsure = INJURIES | {"visible_injuries": "not_collected"}
    assert "several_injuries" not in facts(unsure, skipped=hidden)
    assert "several_injuries" not in facts(INJURIES)


def test_an_answer_counts_even_if_the_phone_says_the_question_was_hidden() -> None:
    answers = INJURIES | {"several_injuries": "yes"}
    assert facts(answers, skipped=["several_injuries"])["several_injuries"] is True


def test_a_choice_of_several_is_dangerous_by_one_and_harmless_only_if_all_are_known() -> None:
    def unfit(*chosen: str) -> Any:
        return facts({"carer_unfitness": list(chosen)}).get("carer_unfit")

    assert unfit("drugs", "not_collected") is True
    assert unfit("from_a_newer_form") is None
    assert unfit("none") is False
    assert unfit("none", "not_collected") is None


def test_a_list_leaves_out_none_and_is_absent_where_nothing_is_known() -> None:
    assert facts({"online_harm": ["none"]})["online_harm"] == []
    assert facts({"online_harm": ["bullied", "not_collected"]})["online_harm"] == ["bullied"]
    assert "online_harm" not in facts({"online_harm": []})


@pytest.mark.parametrize(
    ("born", "observed", "of_age"),
    [
        ("2020-08-31", "2026-09-01", True),
        ("2020-09-01", "2026-09-01", False),
        ("2020-08-31", "2026-08-31", False),
        ("2020-03-01", "2026-03-01", False),
        ("2008-11-25", "2026-11-24", True),
        ("2008-11-24", "2026-11-24", False),
    ],
)
def test_compulsory_school_begins_after_the_sixth_birthday_and_ends_with_eighteen(
    born: str, observed: str, of_age: bool
) -> None:
    child = {"identity": {"birth_date": born}}
    day = date.fromisoformat(observed)
    assert facts({}, child=child, observed=day)["compulsory_school_age"] is of_age


@pytest.mark.parametrize(
    ("status", "attendance", "out"),
    [
        ("dropped_out", None, True),
        ("junior", "stopped", True),
        ("junior", "often_absent", False),
        ("junior", None, False),
        (None, "regular", False),
        ("not_collected", "not_collected", None),
    ],
)
def test_a_child_who_stopped_attending_is_out_of_school(
    status: str | None, attendance: str | None, out: bool | None
) -> None:
    answers = {"school_status": status, "attendance": attendance}
    assert facts(answers).get("out_of_school") is out


@pytest.mark.parametrize(
    ("father", "mother", "unattended"),
    [
        ("dead", "missing", True),
        ("imprisoned_six_months", "seriously_ill", True),
        ("dead", "present", False),
        ("present", "not_collected", False),
        ("dead", "not_collected", None),
    ],
)
def test_unattended_needs_to_know_of_both_parents(
    father: str, mother: str, unattended: bool | None
) -> None:
    answers = {"father_status": father, "mother_status": mother}
    assert facts(answers).get("de_facto_unattended") is unattended


def test_what_an_earlier_visit_said_counts_where_this_one_says_nothing() -> None:
    history = [{}, {"special_needs": "yes", "father_status": "dead"}]
    known = facts({"mother_status": "missing"}, history=history)
    assert known["special_needs"] is True
    assert known["de_facto_unattended"] is True
    assert facts({"special_needs": "no"}, history=history)["special_needs"] is False


def test_the_file_makes_a_fact_more_serious_never_less() -> None:
    child = {"disabilities": {"hearing": {"grade": 2}}, "aid": {"orphan": {}}}
    assert facts({"special_needs": "no", "disabled": "no"}, child=child)["special_needs"] is True
    assert facts({"aid_received": ["none"]}, child=child)["without_aid"] is True
    assert facts({}, child=child)["without_aid"] is False
    assert "without_aid" not in facts({})


@pytest.mark.parametrize(
    "child", [{"identity": "?", "categories": 3}, {"identity": {"birth_date": 9}}]
)
def test_registers_of_an_unknown_shape_are_not_collected(child: dict[str, Any]) -> None:
    assert "age_years" not in facts({}, child=child)
