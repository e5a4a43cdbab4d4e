"""What a county may set on top of the national rules, and what it may not (rules.md, [P])."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.concerns import rulesets
from backend.concerns.rules.local import faults, localised, risk_levels, variant
from backend.concerns.rules.model import Rule, RuleInvalid, later, ruleset
from fieldforms.vocabulary import codes

NATIONAL = ruleset(rulesets.shipped())
RULES = {rule.id: rule for rule in NATIONAL.rules}


def line(rule: str, branch: int = 0, **more: Any) -> dict[str, Any]:
    version = RULES[rule].version if rule in RULES else 1
    return {"rule": rule, "version": version, "branch": branch, **more}


def told(*lines: dict[str, Any], **more: Any) -> list[str]:
    return faults(variant("522630", {"branches": list(lines), **more}), NATIONAL)


@pytest.mark.parametrize(
    "allowed",
    [
        line("R10", 1, deadline={"hours": 12}),
        line("R10", 1, deadline={"hours": 48}),
        line("R10", 1, deadline="now"),
        line("R17", deadline={"working_days": 10}),
        line("R4", add=["county_officer"]),
        line("R10", 1, remove=["township"]),
        line("R11", add=["county_officer"], remove=["township"]),
        line("R5", remove=["procuratorate"]),
        line("R5", add=["court"]),
    ],
)
def test_a_variant_may_sharpen_a_rule_and_set_our_own_defaults(allowed: dict[str, Any]) -> None:
    assert told(allowed) == []


@pytest.mark.parametrize(
    ("refused", "said"),
    [
        (line("R10", 1, deadline={"hours": 49}), "up to {'hours': 48}"),
        (line("R10", 1, deadline={"working_days": 1}), "in its unit"),
        (line("R17", deadline={"working_days": 16}), "by law; only an earlier one"),
        (line("R4", deadline={"hours": 1}), "now by law"),
        (line("R2", remove=["police"]), "police is told by law and cannot be left out"),
        (line("R10", 1, remove=["court"]), "court is not told anyway"),
        (line("R11", remove=["township"]), "nobody would be told"),
        (line("R5", add=["township"]), "the rule is sealed"),
        (line("R5", add=["school"], remove=["procuratorate"]), "the rule is sealed"),
        (line("R10", 2, deadline="now"), "no such branch"),
        (line("R99", deadline="now"), "no such branch"),
        (line("R10", 1), "it changes nothing"),
        (
            {**line("R10", 1, deadline="now"), "version": 1},
            f"the rule in force is version {RULES['R10'].version}",
        ),
    ],
)
def test_a_variant_that_loosens_a_rule_is_refused_with_what_to_do(
    refused: dict[str, Any], said: str
) -> None:
    (fault,) = told(refused)
    assert fault.startswith(f"rule {refused['rule']}, branch {refused['branch']}: ")
    assert said in fault


@pytest.mark.parametrize(
    "odd",
    [
        None, [], "R10", {"branch": []}, {"branches": [None]}, {"branches": ["R10"]},
        {"branches": [{"rule": "R10"}]}, {"branches": [line("R10", -1, add=["police"])]},
        {"branches": [line("R10", 1, deadline="soon")]},
        {"branches": [line("R10", 1, add=["mayor"])]},
        {"branches": [line("R10", 1, when="true")]},
        {"branches": [line("R10", 1, deadline="now"), line("R10", 1, add=["court"])]},
        {"risk_levels": {"PURPLE": {}}}, {"risk_levels": {"RED": {"colour": "red"}}},
        {"risk_levels": {"RED": {"label": {"zh": "一级"}}}}, {"risk_levels": {"RED": 3}},
    ],
)  # fmt: skip
def test_whatever_is_given_as_a_variant_of_rules_is_refused_in_words(odd: Any) -> None:
    with pytest.raises(RuleInvalid):
        variant("522630", odd)


def test_the_narrowest_variant_of_a_rule_has_the_last_word_and_each_adds_recipients() -> None:
    province = variant(
        "52", {"branches": [line("R10", 1, deadline={"hours": 6}, add=["education"])]}
    )
    county = variant(
        "522630", {"branches": [line("R10", 1, deadline={"hours": 36}, add=["health"])]}
    )
    here = localised(RULES["R10"], 1, [province, county])
    assert here.deadline == {"hours": 36}
    assert here.to == ("township", "county_officer", "education", "health")
    assert here.by == (province.sha256, county.sha256)
    untouched = localised(RULES["R10"], 0, [province, county])
    assert (untouched.to, untouched.deadline, untouched.by) == (
        ("police", "county_duty"),
        "now",
        (),
    )


def test_after_a_rule_has_changed_only_what_sharpens_still_applies() -> None:
    lines = [
        line("R10", 1, deadline={"hours": 48}, add=["health"], remove=["township"]),
        line("R14", deadline={"working_days": 1}, remove=["township"]),
    ]
    mine = variant("522630", {"branches": lines})
    documents = rulesets.shipped()
    for document in documents:
        document["version"] += 1
    changed = {rule.id: rule for rule in ruleset(documents).rules}
    here = localised(changed["R10"], 1, [mine])
    assert (here.to, here.deadline) == (("township", "county_officer", "health"), {"hours": 24})
    here = localised(changed["R14"], 0, [mine])
    assert (here.to, here.deadline) == (("school", "education", "township"), {"working_days": 1})


branches = [(rule.id, at) for rule in NATIONAL.rules for at in range(len(rule.branches))]
deadlines = st.one_of(
    st.just("now"),
    st.builds(
        lambda unit, n: {unit: n}, st.sampled_from(["hours", "working_days"]), st.integers(0, 2000)
    ),
)
recipients = st.lists(st.sampled_from(codes("recipient")), max_size=4)
lines = st.builds(
    lambda place, version, deadline, add, remove: {
        "rule": place[0], "branch": place[1], "version": version, "deadline": deadline,
        "add": add, "remove": remove,
    },
    st.sampled_from(branches), st.integers(1, 3), deadlines, recipients, recipients,
)  # fmt: skip


@given(st.lists(lines, max_size=6, unique_by=lambda one: (one["rule"], one["branch"])))
def test_no_variant_whatever_it_says_loosens_what_the_law_fixes(given: list[Any]) -> None:
    """Also one that no lint has seen: what is applied is decided where it is applied."""
    mine = variant("522630", {"branches": given})
    for rule in NATIONAL.rules:
        for at, branch in enumerate(rule.branches):
            here = localised(rule, at, [mine, mine])
            assert set(branch.statutory) <= set(here.to)
            assert here.to
            limit = branch.latest or branch.deadline
            assert later(here.deadline, limit) is False
            assert branch.severity != "critical" or here.deadline == "now"
            assert not rule.sealed or "township" not in here.to


def test_a_county_names_and_colours_risk_levels_over_its_province() -> None:
    red = {"label": {"zh": "一级", "en": "Level one"}, "colour": "#c00000"}
    province = variant("52", {"risk_levels": {"RED": red}})
    county = variant("522630", {"risk_levels": {"RED": {"colour": "#ff0000"}}})
    assert told(risk_levels={"RED": red}) == []
    assert risk_levels([province, county]) == {"RED": {**red, "colour": "#ff0000"}}
    assert risk_levels([]) == {}
    assert "sets nothing" in faults(variant("522630", {}), NATIONAL)[0]


def test_a_rule_without_limits_of_its_own_lets_a_county_only_sharpen_it() -> None:
    documents = rulesets.shipped()
    for name in ("latest", "statutory"):
        del documents[9]["branches"][1][name]
    rule: Rule = ruleset(documents).rules[9]
    mine = variant(
        "522630", {"branches": [line("R10", 1, deadline={"hours": 25}, remove=["township"])]}
    )
    here = localised(rule, 1, [mine])
    assert (here.to, here.deadline) == (("township", "county_officer"), {"hours": 24})
