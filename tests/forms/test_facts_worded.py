"""The office reads facts and the kinds of steps in words, not in codes."""

from backend.concerns.life_cycle import KINDS
from fieldforms import facts
from fieldforms.vocabulary import codes


def test_every_fact_has_words_and_no_words_are_of_a_fact_that_is_gone() -> None:
    assert set(codes("fact")) == set(facts.all_facts())


def test_every_step_of_an_escalation_has_words() -> None:
    assert set(codes("escalation_step")) == set(KINDS)
