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


def test_what_can_bring_a_sealed_finding_is_sealed_and_per_child():
    sealed = {question["name"] for question in questions("household_visit") if question["sealed"]}
    assert {"sexual_abuse_suspected", "pregnancy_or_abortion", "sealed_words"} <= sealed
    assert all(q["repeat"] == "children" for q in questions("household_visit") if q["sealed"])


def test_protective_lists_gain_not_collected_as_an_answer_only():
    assert "not_collected" not in codes("risk_level")
    assert list_codes("risk_level")[-1] == "not_collected"
