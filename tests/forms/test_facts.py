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
        ("2018-11-24", "2026-11-24", 7),
        ("2018-11-23", "2026-11-24", 8),
        ("2018-11-25", "2026-11-24", 7),
        ("2020-02-29", "2028-02-28", 7),
        ("2020-02-29", "2028-03-01", 8),
        ("2026-11-25", "2026-11-24", 0),
        ("next year", "2026-11-24", 0),
    ],
)
def test_age_is_in_years_of_the_law_at_the_day_of_observation_and_unknown_is_under_every_limit(
    born: str, observed: str, age: int
) -> None:
    child = {"identity": {"birth_date": born}}
    assert facts({}, child=child, observed=date.fromisoformat(observed)).get("age_years") == age


def test_danger_is_judged_by_the_younger_of_register_and_guess() -> None:
    assert facts({})["age_years"] == 0
    assert facts({"age_guess": 6})["age_years"] == 6
    known = {"identity": {"birth_date": "2010-01-01"}}
    assert facts({}, child=known)["age_years"] == 16
    assert facts({"age_guess": 6}, child=known)["age_years"] == 6
    assert facts({"age_guess": 19}, child=known)["age_years"] == 16


@pytest.mark.parametrize(
    ("guess", "differs"), [(6, True), (7, False), (8, False), (9, True), (None, False), (99, False)]
)
def test_a_guess_that_is_neither_the_counted_nor_the_common_age_differs(
    guess: int | None, differs: bool
) -> None:
    """Eight today: people say eight, the law counts seven."""
    child = {"identity": {"birth_date": "2018-11-24"}}
    assert facts({"age_guess": guess}, child=child)["age_differs"] is differs
    assert facts({"age_guess": guess})["age_differs"] is False


@pytest.mark.parametrize(
    ("status", "guess", "of_age"),
    [("dropped_out", None, True), ("not_in_school", None, True), ("not_enrolled_yet", None, None),
     ("not_enrolled_yet", 6, True), ("dropped_out", 5, False), ("dropped_out", 18, False)],
)  # fmt: skip
def test_without_a_birth_date_school_age_follows_from_the_guess_or_from_having_been_to_school(
    status: str, guess: int | None, of_age: bool | None
) -> None:
    known = facts({"school_status": status, "age_guess": guess})
    assert known.get("compulsory_school_age") is of_age


def test_for_school_the_older_of_two_ages_counts_at_the_start_and_the_younger_at_the_end() -> None:
    def of_age(born: str, guess: int) -> Any:
        return facts({"age_guess": guess}, child={"identity": {"birth_date": born}})[
            "compulsory_school_age"
        ]

    assert of_age("2022-05-01", 7) is True
    assert of_age("2007-05-01", 17) is True
    assert of_age("2007-05-01", 18) is False


def test_where_nobody_could_say_a_fact_may_be_the_danger() -> None:
    """`unsure` in facts.yaml: for a question that another's answer showed, as that version asked it."""
    uncared = {"guardian_event": "detained", "child_cared_for": "not_collected"}
    assert facts(uncared)["child_uncared_for"] is True
    assert facts({"guardian_event": "detained"})["child_uncared_for"] is True
    assert "child_uncared_for" not in facts(uncared, version="2")
    assert "child_uncared_for" not in facts({"guardian_event": "none"})
    assert "child_uncared_for" not in facts({})
    assert facts({"child_cared_for": "yes"})["care_not_settled"] is True
    assert "care_not_settled" not in facts({"child_cared_for": "yes"}, version="2")
    assert "care_not_settled" not in facts({})
    assert (
        facts({"guardian_event": "none"}, skipped=["child_cared_for"])["child_uncared_for"] is False
    )


def test_whether_the_child_can_be_left_is_answered_by_her_and_else_by_what_is_known() -> None:
    deaf = {"disabled": "yes", "health": "disabled"}
    assert facts({"special_needs": "no", **deaf})["special_needs"] is False
    assert facts({"special_needs": "not_collected", **deaf})["special_needs"] is True
    assert facts({"special_needs": "no", **deaf}, version="2")["special_needs"] is True


def test_nobody_cares_by_the_file_only_where_today_says_nothing() -> None:
    alone = {"actual_carer": "nobody"}
    assert facts({}, child=alone)["nobody_cares"] is True
    assert facts({"actual_carer": "relatives_friends"}, child=alone)["nobody_cares"] is False
    assert "nobody_cares" not in facts({}, child={"actual_carer": ["?"]})


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
        ("2008-11-24", "2026-11-24", True),
        ("2008-11-23", "2026-11-24", False),
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


@pytest.mark.parametrize(
    ("answers", "injured", "grave"),
    [
        ({"visible_injuries": "no"}, False, False),
        ({"visible_injuries": "yes"}, True, None),
        ({"several_injuries": "yes"}, True, None),
        ({"visible_injuries": "no", "injury_kinds": ["burn"]}, True, True),
        ({"visible_injuries": "yes", "injury_kinds": ["other"]}, True, False),
        ({"visible_injuries": "not_collected"}, None, None),
    ],
)
def test_the_danger_of_an_injury_is_read_from_whichever_answer_names_it(
    answers: dict[str, Any], injured: bool | None, grave: bool | None
) -> None:
    """Also of a form that does not ask what the injury is like (version 2)."""
    given = facts(answers)
    assert (given.get("injured"), given.get("grave_injury")) == (injured, grave)
    if "injury_kinds" not in answers:
        assert facts(answers, version="2") == given


@pytest.mark.parametrize(
    ("age", "abuse", "unexplained"),
    [(13, "no", False), (14, "no", True), (17, "not_collected", True), (18, "no", False),
     (16, "yes", False), (None, "no", False)],
)  # fmt: skip
def test_a_pregnancy_is_a_danger_of_its_own_where_suspected_abuse_does_not_hold(
    age: int | None, abuse: str, unexplained: bool
) -> None:
    told = {"age_guess": age, "pregnancy_or_abortion": "yes", "pregnancy_from_abuse": abuse}
    assert facts(told)["pregnancy_unexplained"] is unexplained
    assert facts({**told, "pregnancy_or_abortion": "no"})["pregnancy_unexplained"] is False
    del told["pregnancy_or_abortion"]
    assert "pregnancy_unexplained" not in facts(told)


@pytest.mark.parametrize(("version", "needs"), [("3", False), ("2", True), ("", True), ("x", True)])
def test_who_does_not_say_the_version_is_read_as_the_danger_may_be(
    version: str, needs: bool
) -> None:
    """Version 2 asked for needs of any kind: its "no" does not say that the child can be left."""
    told = {"special_needs": "no", "health": "disabled"}
    assert facts(told, version=version)["special_needs"] is needs


def test_what_an_earlier_visit_said_counts_where_this_one_says_nothing() -> None:
    history = [{}, {"special_needs": "yes", "father_status": "dead"}]
    known = facts({"mother_status": "missing"}, history=history)
    assert known["special_needs"] is True
    assert known["de_facto_unattended"] is True
    assert facts({"special_needs": "no"}, history=history)["special_needs"] is False


def test_the_file_makes_a_fact_more_serious_never_less() -> None:
    child = {"disabilities": {"hearing": {"grade": 2}}, "aid": {"orphan": {}}}
    answers = {"special_needs": "not_collected", "disabled": "no"}
    assert facts(answers, child=child)["special_needs"] is True
    assert facts({"disabled": "no"}, child=child)["has_disability"] is True
    assert facts({"aid_received": ["none"]}, child=child)["without_aid"] is True
    assert facts({}, child=child)["without_aid"] is False
    assert "without_aid" not in facts({})


@pytest.mark.parametrize(
    "child", [{"identity": "?", "categories": 3}, {"identity": {"birth_date": 9}}]
)
def test_registers_of_an_unknown_shape_are_not_collected(child: dict[str, Any]) -> None:
    assert facts({}, child=child)["age_years"] == 0
