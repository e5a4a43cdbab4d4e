"""`facts.yaml` and the forms agree: every question is there, and is hidden by what the map says."""

from typing import Any

import pytest

from fieldforms import derived
from fieldforms.compile import compile_form, list_codes
from fieldforms.facts import Fact, Source, all_facts
from fieldforms.vocabulary import codes

from .relevance import hidden, questions

# What the shipped forms are read by; an older version's questions are nobody's to compare with.
SOURCES = [
    pytest.param(fact, form, sources[max(sources)], id=f"{fact.name}-{form}")
    for fact in all_facts().values()
    for form, sources in fact.sources.items()
]
KINDS = {"int": {"integer"}, "text": {"select_one"}, "list": {"select_multiple"},
         "bool": {"select_one", "select_multiple"}}  # fmt: skip
# Answers with which every question that another one can hide is shown.
OPEN: dict[str, Any] = {
    "visit_mode": "home", "child_seen": "yes", "visible_injuries": "yes", "protection_order": "yes",
    "guardian_event": "hospital", "child_cared_for": "yes", "actual_carer": "grandparents", "carer_is_delegate": "yes",
    "special_needs": "yes", "disabled": "yes", "school_status": "dropped_out",
    "goes_online": "yes", "online_harm": ["bullied"], "pregnancy_or_abortion": "yes",
    "concern_kinds": codes("concern_kind"),
}  # fmt: skip


@pytest.mark.parametrize(("fact", "form", "source"), SOURCES)
def test_a_fact_has_the_type_and_the_list_of_its_question(
    fact: Fact, form: str, source: Source
) -> None:
    question = questions(form)[source.question]
    assert question["type"] in KINDS[fact.type]
    assert question["list"] == fact.list
    assert question["sealed"] is fact.sealed
    if fact.type == "bool":
        assert source.holds_for < set(question["codes"])


@pytest.mark.parametrize(("fact", "form", "source"), SOURCES)
def test_what_a_fact_is_when_hidden_follows_from_what_hides_it(
    fact: Fact, form: str, source: Source
) -> None:
    for gate, values in source.hidden.items():
        shown = OPEN | ({"child_seen": "no"} if gate == "child_seen" else {})
        assert source.question not in hidden(form, shown)
        for code, value in values.items():
            assert code in questions(form)[gate]["codes"]
            assert source.question in hidden(form, shown | {gate: code})
            assert isinstance(value, {"bool": bool, "list": list}[fact.type])


@pytest.mark.parametrize(("fact", "form", "source"), SOURCES)
def test_what_a_fact_is_when_nobody_could_say_follows_from_what_shows_it(
    fact: Fact, form: str, source: Source
) -> None:
    for gate, values in source.unsure.items():
        assert all(source.question not in hidden(form, OPEN | {gate: code}) for code in values)
        showing = set(codes(questions(form)[gate]["list"])) - source.hidden.get(gate, {}).keys()
        assert set(values) == {code for code in showing if code != "not_collected"} - {"no"}


def test_no_form_is_read_by_a_version_that_does_not_ship_yet() -> None:
    for fact in all_facts().values():
        for form, sources in fact.sources.items():
            assert max(sources) <= int(compile_form(form)["version"]), fact.name


def test_every_fact_is_asked_or_computed_and_every_function_is_a_fact() -> None:
    for fact in all_facts().values():
        assert fact.sources or fact.name in derived.FUNCTIONS, fact.name
    assert derived.FUNCTIONS.keys() <= all_facts().keys()


def test_every_list_of_a_fact_can_say_not_collected() -> None:
    assert all("not_collected" in list_codes(f.list) for f in all_facts().values() if f.list)
