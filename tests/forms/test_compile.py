"""The shipped forms compile, speak both languages and use the vocabulary's lists."""

import pytest

from fieldforms.compile import compile_form, compile_source, form_names, list_codes
from fieldforms.vocabulary import codes, label


def questions(name):
    return compile_form(name)["manifest"]["questions"]


@pytest.mark.parametrize("name", form_names())
def test_every_form_compiles_with_unique_question_names(name):
    compiled = compile_form(name)
    assert compiled["form"] == name
    assert "<h:html" in compiled["xform"]
    names = [question["name"] for question in questions(name)]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("name", form_names())
def test_every_list_has_labels_in_both_languages_and_not_collected(name):
    for question in questions(name):
        if question["list"]:
            assert "not_collected" in question["codes"]
            assert all(
                label(question["list"], code, language)
                for code in codes(question["list"])
                for language in ("zh", "en")
            )


@pytest.mark.parametrize("name", form_names())
def test_every_question_has_label_and_hint_in_both_languages(name):
    compiled = compile_form(name)
    lines = compiled["source"].splitlines()
    for question in questions(name):
        row = next(line for line in lines if f"| {question['name']} |" in line)
        cells = [cell.strip() for cell in row.split("|")]
        assert all(cells[4:8]), question["name"]


def test_changing_one_character_changes_the_hash():
    source = compile_form("concern_report")["source"]
    assert compile_source(source)["sha256"] == compile_form("concern_report")["sha256"]
    changed = source.replace("Facts only;", "Facts alone;")
    assert compile_source(changed)["sha256"] != compile_form("concern_report")["sha256"]


SEALED_FORMS = ("household_visit", "concern_report")


@pytest.mark.parametrize("name", SEALED_FORMS)
def test_sexual_harm_is_asked_in_the_sealed_group_only(name):
    sealed = {question["name"] for question in questions(name) if question["sealed"]}
    assert {"sexual_abuse_suspected", "online_sexual", "sexual_danger", "sealed_words"} <= sealed
    for question in questions(name):
        if not question["sealed"]:
            assert not any("sexual" in code for code in question["codes"] or ()), question["name"]
            assert "sexual" not in question["name"]


def test_both_forms_with_a_sealed_group_ask_the_same_in_it():
    visit, concern = ([q["name"] for q in questions(name) if q["sealed"]] for name in SEALED_FORMS)
    assert visit == concern


def test_what_is_sealed_or_said_of_one_child_is_asked_per_child():
    per_child = {q["name"] for q in questions("household_visit") if q["repeat"] == "children"}
    assert {q["name"] for q in questions("household_visit") if q["sealed"]} <= per_child
    assert {"adult_with_child_now", "child_cared_for", "lives_alone"} <= per_child


def test_a_question_is_relevant_only_where_the_groups_around_it_are():
    by_name = {q["name"]: q["relevant"] for q in questions("household_visit")}
    assert by_name["several_injuries"] == (
        "(${child_seen} = 'yes') and (${visible_injuries} = 'yes')"
    )
    assert by_name["child_seen"] is None


def test_protective_lists_gain_not_collected_as_an_answer_only():
    assert "not_collected" not in codes("risk_level")
    assert list_codes("risk_level")[-1] == "not_collected"
