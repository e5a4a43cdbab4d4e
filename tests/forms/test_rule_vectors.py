"""R1 to R26 over cases that start from raw answers, and proof that the cases would notice a change."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from backend.concerns.rules.model import Rule, Ruleset, ruleset
from backend.concerns.rulesets import shipped
from fieldforms import facts as facts_map

from .relevance import hidden
from .vectors import FILE, VECTORS, evaluated, judge, material

NATIONAL = ruleset(shipped())
PURPOSES = {"holds", "does not", "unknown", "edge", "skipped"}
each_vector = pytest.mark.parametrize(
    "vector", [pytest.param(vector, id=f"{vector['rule']}-{vector['name']}") for vector in VECTORS]
)


@each_vector
def test_a_case_gives_its_findings_and_gaps(vector: dict[str, Any]) -> None:
    assert judge(vector, NATIONAL) == (sorted(vector["findings"]), sorted(vector["gaps"]))


@pytest.mark.parametrize(
    "vector",
    [
        pytest.param(vector, id=f"{vector['rule']}-{vector['name']}")
        for vector in VECTORS
        if "asks" in vector
    ],
)
def test_the_gaps_of_a_case_name_the_questions_that_are_open(vector: dict[str, Any]) -> None:
    _, open_ = evaluated(vector, NATIONAL)
    assert sorted({question for gap in open_ for question in gap.ask}) == vector["asks"]


@each_vector
def test_a_case_hides_what_the_form_hides(vector: dict[str, Any]) -> None:
    case = material(vector)
    asked = {
        source.question
        for fact in facts_map.all_facts().values()
        for sources in fact.sources.values()
        for source in sources.values()
    }
    gone = hidden(case.form, {**(case.open or {}), **(case.sealed or {})})
    assert case.skipped & asked == gone & asked
    assert not gone & (case.open or {}).keys()


@pytest.mark.parametrize("rule", [rule.id for rule in NATIONAL.rules])
def test_every_rule_has_a_case_for_each_purpose(rule: str) -> None:
    own = [vector["purpose"] for vector in VECTORS if vector["rule"] == rule]
    assert len(own) >= 5
    assert set(own) == PURPOSES


def test_the_calm_case_is_calm_and_no_two_cases_are_named_alike() -> None:
    assert judge({}, NATIONAL) == ([], [])
    names = Counter((vector["rule"], vector["name"]) for vector in VECTORS)
    assert [name for name, count in names.items() if count > 1] == []
    assert {vector["rule"] for vector in VECTORS} == {rule.id for rule in NATIONAL.rules}


@each_vector
def test_no_sealed_finding_comes_from_open_answers(vector: dict[str, Any]) -> None:
    found, gaps = judge({**vector, "sealed": None}, NATIONAL)
    assert {"R5/0", "R25/0"}.isdisjoint({*found, *gaps})


CRITICAL = {
    f"{rule.id}/{number}"
    for rule in NATIONAL.rules
    for number, branch in enumerate(rule.branches)
    if branch.severity == "critical"
}


@pytest.mark.parametrize("lost", ["not_collected", None])
@pytest.mark.parametrize(
    "vector",
    [
        pytest.param(vector, id=f"{vector['rule']}-{vector['name']}")
        for vector in VECTORS
        if CRITICAL & set(vector["findings"])
    ],
)
def test_whatever_one_answer_is_lost_a_danger_stays_a_finding_or_a_gap(
    vector: dict[str, Any], lost: str | None
) -> None:
    grave = CRITICAL & set(vector["findings"])
    given = material(vector)
    weaker = [{**vector, "child": {}}]
    for part, answers in (("answers", given.open), ("sealed", given.sealed)):
        for question in answers or {}:
            weaker.append({**vector, part: {**(vector.get(part) or {}), question: lost}})
    for case in weaker:
        findings, gaps = judge(case, NATIONAL)
        assert grave <= {*findings, *gaps}, case


def mutants(rule: Rule) -> Iterator[tuple[str, Rule | None]]:
    """The rule taken away; each branch negated or taken away; each number moved; each fact dropped."""
    yield "without the rule", None
    for number, branch in enumerate(rule.branches):
        before, after = rule.branches[:number], rule.branches[number + 1 :]
        if before or after:
            yield f"without branch {number}", replace(rule, branches=before + after)
        for name, when in changed_conditions(branch.when):
            changed = (*before, replace(branch, when=when), *after)
            yield f"branch {number} with {name}", replace(rule, branches=changed)


def changed_conditions(when: str) -> Iterator[tuple[str, str]]:
    yield "its negation", f"!({when})"
    for match in re.finditer(r"\d+", when):
        for step in (-1, 1):
            moved = int(match[0]) + step
            yield (
                f"{moved} for {match[0]}",
                when[: match.start()] + str(moved) + when[match.end() :],
            )
    for match in re.finditer(r"'\w+'", when):
        yield f"another code for {match[0]}", when[: match.start()] + "'x'" + when[match.end() :]
    types = facts_map.types()
    for match in re.finditer(r"facts\.(\w+)", when):
        if types[match[1]] == "bool":
            for value in ("true", "false"):
                yield f"{value} for {match[1]}", when[: match.start()] + value + when[match.end() :]


MUTANTS = [
    pytest.param(rule, mutant, id=f"{rule.id} {name}")
    for rule in NATIONAL.rules
    for name, mutant in mutants(rule)
]


@pytest.mark.parametrize(("rule", "mutant"), MUTANTS)
def test_a_changed_rule_is_noticed(rule: Rule, mutant: Rule | None) -> None:
    changed = Ruleset((mutant,) if mutant else (), "")
    assert any(not agrees(vector, rule.id, changed) for vector in VECTORS)


def agrees(vector: dict[str, Any], rule: str, changed: Ruleset) -> bool:
    expected = tuple(
        sorted(place for place in vector[name] if place.split("/")[0] == rule)
        for name in ("findings", "gaps")
    )
    return judge(vector, changed) == expected


def test_the_attempted_visit_of_the_file_is_one_the_form_knows() -> None:
    assert FILE["attempted"].keys() == {"visit_mode", "child_seen"}
