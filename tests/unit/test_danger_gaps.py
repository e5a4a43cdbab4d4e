"""Which gaps are hers: what her form version asks, and the questions that would close them."""

import datetime as dt
from dataclasses import replace
from typing import Any

import pytest

from backend.concerns import gaps
from backend.concerns.rules.engine import Gap
from fieldforms import asking
from fieldforms import facts as facts_map
from fieldforms.facts import Case, Source, all_facts, collect


def case(answers: dict[str, Any] | None = None, **more: Any) -> Case:
    given: dict[str, Any] = {"form": "household_visit", "version": "3", "skipped": ()}
    return Case(answers=answers or {}, observed=dt.date(2026, 11, 24), **{**given, **more})


def gap(*missing: str, sealed: bool = False) -> Gap:
    return Gap(rule="R6", version=2, branch=0, missing=missing, sealed=sealed)


def hers(of: Case, *missing: str) -> list[tuple[tuple[str, ...], tuple[str, ...]]]:
    return [(g.missing, g.ask) for g in gaps.of_visit([gap(*missing)], of, collect(of))]


@pytest.fixture
def poisoned_since_3(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if version 3 of the visit were the first to ask about poisoning."""
    asked = Source(question="poisoned")
    newer = replace(all_facts()["poisoned"], sources={"household_visit": {3: asked}})
    known = {**all_facts(), "poisoned": newer}
    monkeypatch.setattr(facts_map, "all_facts", lambda: known)
    monkeypatch.setattr(asking, "all_facts", lambda: known)
    monkeypatch.setattr(asking, "asked_in", facts_map.asked_in.__wrapped__)


@pytest.mark.usefixtures("poisoned_since_3")
def test_a_question_that_her_form_never_asked_is_no_gap_of_a_danger_rule() -> None:
    old, new = case(version="2"), case(version="3")
    assert hers(old, "poisoned", "unconscious") == [(("unconscious",), ("unconscious",))]
    assert hers(old, "poisoned") == []
    assert hers(new, "poisoned") == [(("poisoned",), ("poisoned",))]


def test_an_age_that_nobody_knows_is_asked_as_the_form_asks_it() -> None:
    assert hers(case(), "age_years") == [(("age_years",), ("age_guess",))]


def test_a_computed_danger_fact_is_asked_by_the_questions_that_it_lacks() -> None:
    known = case({"father_status": "dead"})
    assert hers(known, "de_facto_unattended") == [(("de_facto_unattended",), ("mother_status",))]


def test_a_hidden_question_of_a_danger_rule_is_asked_by_the_open_one_that_hid_it() -> None:
    hidden = {"skipped": ("several_injuries",)}
    assert hers(case(**hidden), "several_injuries")[0][1] == ("visible_injuries",)
    unsure = case({"visible_injuries": "not_collected"}, **hidden)
    assert hers(unsure, "several_injuries")[0][1] == ("visible_injuries",)
    unseen = case({"child_seen": "no"}, skipped=("several_injuries", "visible_injuries"))
    assert hers(unseen, "several_injuries") == [(("several_injuries",), ())]


def test_only_an_attempted_visit_that_learned_nothing_has_no_danger_gaps() -> None:
    assert gaps.nothing_learned({"visit_mode": "attempted"})
    assert not gaps.nothing_learned({"visit_mode": "attempted", "anything_learned": "yes"})
    assert not gaps.nothing_learned({"visit_mode": "home"})
    assert not gaps.nothing_learned({})


def test_every_fact_of_a_critical_rule_can_be_asked_for_by_the_forms_of_today() -> None:
    from backend.concerns.rules.lint import fact_names
    from backend.concerns.rules.model import ruleset
    from backend.concerns.rulesets import shipped

    needed = {
        name
        for rule in ruleset(shipped()).rules
        for branch in rule.branches
        if branch.severity == "critical"
        for name in fact_names(branch.when)
    }
    nothing = case()
    unasked = {name for name in needed if not asking.to_ask(nothing, {}, [name])}
    # Always collected: it says what is known, not what was asked.
    assert unasked <= {"self_harm_known", "unattended_confirmed"}
