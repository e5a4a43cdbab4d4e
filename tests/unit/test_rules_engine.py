"""Rules over facts: unknown is never false, one broken rule costs no other, lint says why (R)."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.concerns.rules.engine import evaluate
from backend.concerns.rules.lint import lint
from backend.concerns.rules.model import RuleInvalid, Ruleset, ruleset

TYPES = {"no_adult_now": "bool", "age_years": "int", "special_needs": "bool", "school": "text",
         "harms": "list"}  # fmt: skip
CODES = {"school": ["primary", "junior"]}
TEXT = {"zh": "守着孩子", "en": "Stay with the child"}
UNATTENDED = "facts.no_adult_now && (facts.age_years < 8 || facts.special_needs)"


def rule(*branches: tuple[str, str], name: str = "R10", **more: Any) -> dict[str, Any]:
    return {
        "id": name,
        "version": 1,
        "title": {"zh": "无人照看", "en": "Unattended"},
        "branches": [
            {
                "when": w,
                "severity": s,
                "to": ["township"],
                "deadline": "now",
                "do": TEXT,
                "says": TEXT,
            }
            for w, s in branches
        ],
        "basis": ["Minors Protection Law 21"],
        "lesson": "young-children-alone",
        **more,
    }


def rules(*branches: tuple[str, str]) -> Ruleset:
    return ruleset([rule(*branches)])


@pytest.mark.parametrize(("age", "held"), [(7, True), (8, False)])
def test_the_edge_of_an_age_decides(age: int, held: bool) -> None:
    facts = {"no_adult_now": True, "age_years": age, "special_needs": False}
    assert bool(evaluate(rules((UNATTENDED, "critical")), facts).findings) is held


def test_a_finding_keeps_the_facts_its_branch_speaks_of() -> None:
    facts = {"no_adult_now": True, "age_years": 6, "school": "primary"}
    (finding,) = evaluate(rules((UNATTENDED, "critical")), facts).findings
    assert finding.facts == {"no_adult_now": True, "age_years": 6}


def test_an_absent_fact_is_a_gap_of_a_critical_branch_and_later_branches_are_tried() -> None:
    both = rules((UNATTENDED, "critical"), ("facts.age_years < 8", "high"))
    evaluation = evaluate(both, {"age_years": 6})
    assert [gap.missing for gap in evaluation.gaps] == [("no_adult_now", "special_needs")]
    assert [finding.branch for finding in evaluation.findings] == [1]


def test_the_first_branch_that_holds_wins() -> None:
    both = rules(("facts.age_years < 8", "critical"), ("facts.age_years < 16", "high"))
    assert [f.branch for f in evaluate(both, {"age_years": 3}).findings] == [0]


def test_a_rule_that_fails_is_judged_by_hand_and_costs_no_other() -> None:
    broken = rule(("facts.school < 3", "high"), ("facts.age_years < 8", "low"), name="R1")
    both = ruleset([broken, rule((UNATTENDED, "critical"))])
    facts = {"school": "primary", "no_adult_now": True, "age_years": 3}
    evaluation = evaluate(both, facts)
    assert [(f.rule, f.by_hand, f.severity) for f in evaluation.findings] == [
        ("R1", True, "high"),
        ("R10", False, "critical"),
    ]
    assert "R1 version 1" in evaluation.failures[0]


@given(
    st.fixed_dictionaries(
        {}, optional={"no_adult_now": st.booleans(), "age_years": st.integers(0, 17),
                      "special_needs": st.booleans()},
    )
)  # fmt: skip
def test_what_is_not_known_is_never_taken_for_safe(facts: dict[str, Any]) -> None:
    """No finding and no gap only if every completion of the facts gives no finding."""
    ruleset_ = rules((UNATTENDED, "critical"))
    evaluation = evaluate(ruleset_, facts)
    worst = {"no_adult_now": True, "age_years": 0, "special_needs": True} | facts
    could_hold = bool(evaluate(ruleset_, worst).findings)
    assert bool(evaluation.findings or evaluation.gaps) == could_hold


@pytest.mark.parametrize(
    ("when", "said"),
    [
        ("facts.unheard_of", "no fact is called unheard_of"),
        ("facts.age_years + 1 < 8", "may not be used"),
        ("size(facts.school) > 2", "may not be used"),
        ("facts.school.startsWith('p')", "may not be used"),
        ("facts.harms.map(h, h) == []", "may not be used"),
        ("has(facts.school)", "may not be used"),
        ("facts['school'] == 'x'", "may not be used"),
        ("facts.harms[0] == 'x'", "may not be used"),
        ("{'a': 1}.a == 1", "may not be used"),
        ("facts.no_adult_now ? true : false", "may not be used"),
        ("facts.age_years < 8.5", "may not be used"),
        ("facts.age_years == 'eight'", "age_years is int"),
        ("'eight' == facts.age_years", "is text and is compared with int"),
        ("facts.no_adult_now == 'yes'", "no_adult_now is bool"),
        ("facts.school < 'b'", "compares numbers only"),
        ("facts.school in [1, 2]", "may hold texts only"),
        ("facts.age_years in ['1']", "a text in a list"),
        ("facts.school == 'university'", "school is never 'university'"),
        ("facts.school in ['primary', 'juniro']", "school is never 'juniro'"),
        ("facts.harms == ['x']", "is list and is compared with literals"),
        ("facts.school.exists(s, s == 'x')", "take a list"),
        ("facts.harms.exists(h, h == facts.school)", "only the item and literals"),
        ("facts.harms.all(h, h != 'x' || facts.no_adult_now)", "only the item and literals"),
        ("facts.harms.exists(h, h == 'x' && (facts.age_years < 8))", "only the item and literals"),
        ("facts.age_years", "is int, not true or false"),
        ("facts.no_adult_now && facts.age_years", "takes true or false"),
        ("!facts.school", "takes true or false"),
        ("facts.age_years <", "not a condition"),
        ("facts.no_adult_now facts.no_adult_now", "may not be used here"),
        ("", "not a condition"),
    ],
)
def test_lint_refuses_what_the_two_engines_could_see_differently(when: str, said: str) -> None:
    with pytest.raises(RuleInvalid, match=said):
        lint(rules((when, "critical")), TYPES, codes=CODES)


@pytest.mark.parametrize(
    "when",
    [
        UNATTENDED,
        "facts.school in ['primary', 'junior'] || !(facts.age_years >= 6)",
        "'bullied' in facts.harms && facts.no_adult_now == true",
        "facts.harms.exists(h, h == 'bullied' || h in ['x'])",
        "facts.harms.all(h, h != 'bullied')",
        "facts.harms.exists(h, h == 'bullied') && facts.age_years < 8",
    ],
)
def test_lint_lets_a_sound_rule_pass_and_the_engine_knows_the_same_language(when: str) -> None:
    sound = rules((when, "critical"))
    lint(sound, TYPES, codes=CODES)
    every = {"no_adult_now": True, "age_years": 3, "special_needs": True, "school": "primary",
             "harms": ["bullied"]}  # fmt: skip
    assert evaluate(sound, every).failures == []


def test_lint_keeps_sealed_facts_in_sealed_rules() -> None:
    lint(
        ruleset([rule(("facts.special_needs", "high"), sealed=True)]),
        TYPES,
        sealed=["special_needs"],
    )
    with pytest.raises(RuleInvalid, match="special_needs is sealed"):
        lint(rules(("facts.special_needs", "high")), TYPES, sealed=["special_needs"])
    mixed = rule(("facts.special_needs", "high"), ("facts.no_adult_now", "low"), sealed=True)
    with pytest.raises(RuleInvalid, match="branch 1: a sealed rule has to speak of a sealed fact"):
        lint(ruleset([mixed]), TYPES, sealed=["special_needs"])


def test_sealed_rules_and_the_others_are_evaluated_apart() -> None:
    both = ruleset([
        rule(("facts.special_needs", "critical")),
        rule(("facts.special_needs", "critical"), name="R5", sealed=True),
    ])  # fmt: skip

    def held(sealed: bool | None) -> list[str]:
        return [f.rule for f in evaluate(both, {"special_needs": True}, sealed=sealed).findings]

    assert (held(None), held(False), held(True)) == (["R10", "R5"], ["R10"], ["R5"])
    assert [gap.rule for gap in evaluate(both, {}, sealed=False).gaps] == ["R10"]


def test_any_change_of_content_changes_the_hash() -> None:
    one, other = rules((UNATTENDED, "critical")), rules((UNATTENDED, "high"))
    assert one.sha256 != other.sha256
    assert one.sha256 == rules((UNATTENDED, "critical")).sha256


def test_a_rule_that_lacks_something_is_named() -> None:
    lacking = rule((UNATTENDED, "critical"))
    del lacking["basis"]
    with pytest.raises(RuleInvalid, match="R10: 'basis' is missing"):
        ruleset([lacking])


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"version": 0}, "version 0"),
        ({"lesson": "no-such-lesson"}, "lesson 'no-such-lesson'"),
        ({"title": {"zh": "无"}}, "needs a text in zh and in en"),
        ({"branches": []}, "no branch"),
    ],
)
def test_a_rule_that_says_something_unknown_is_refused(change: dict[str, Any], said: str) -> None:
    with pytest.raises(RuleInvalid, match=said):
        ruleset([rule((UNATTENDED, "critical")) | change])


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"severity": "grave"}, "severity 'grave'"),
        ({"to": ["mayor"]}, "recipient 'mayor'"),
        ({"to": []}, "goes to nobody"),
        ({"deadline": "soon"}, "'soon' is no deadline"),
        ({"deadline": {"hours": 1, "working_days": 1}}, "is no deadline"),
        ({"deadline": {"hours": True}}, "is no deadline"),
        ({"do": {"zh": "", "en": ""}}, "needs a text in zh and in en"),
    ],
)
def test_a_branch_that_says_something_unknown_is_refused(change: dict[str, Any], said: str) -> None:
    document = rule((UNATTENDED, "critical"))
    document["branches"][0] |= change
    with pytest.raises(RuleInvalid, match=said):
        ruleset([document])


def test_graver_branches_have_to_stand_first() -> None:
    with pytest.raises(RuleInvalid, match="put graver ones first"):
        rules((UNATTENDED, "high"), (UNATTENDED, "critical"))


def test_a_list_without_its_fact_is_unknown_and_one_with_it_decides() -> None:
    when = "facts.harms.exists(h, h == 'bullied') && facts.no_adult_now"
    absent = evaluate(rules((when, "critical")), {"no_adult_now": True})
    assert [gap.missing for gap in absent.gaps] == [("harms",)]
    known = evaluate(rules((when, "critical")), {"harms": ["bullied"]})
    assert [gap.missing for gap in known.gaps] == [("no_adult_now",)]
    assert evaluate(rules((when, "critical")), {"harms": []}).gaps == []
