"""The rules that ship are those of the table in law and policy (R1 to R26)."""

import re

from backend.concerns.rules.lint import fact_names
from backend.concerns.rules.local import SEALED_TO
from backend.concerns.rules.model import ruleset
from backend.concerns.rulesets import shipped
from backend.referrals import directory
from fieldforms.facts import all_facts, sealed
from fieldforms.vocabulary import codes, label

_NUMBER = re.compile(r"(?<!\d)(?:1[12]0|119|12\d{3}|96110)(?!\d)")
NATIONAL = ruleset(shipped())
TABLE = {
    "R1": [("critical", {"police"}, "now")],
    "R2": [
        ("critical", {"police", "township"}, "now"),
        ("high", {"township", "county_officer"}, {"hours": 24}),
        ("medium", {"township"}, {"working_days": 3}),
    ],
    "R3": [("critical", {"police", "county_officer"}, "now")],
    "R4": [("critical", {"police"}, "now")],
    "R5": [("critical", {"police", "procuratorate"}, "now")],
    "R6": [("critical", {"emergency", "police"}, "now")],
    "R7": [("critical", {"police", "county_officer"}, "now")],
    "R8": [
        ("critical", {"police", "county_officer"}, "now"),
        ("high", {"county_officer"}, {"hours": 24}),
    ],
    "R9": [
        ("high", {"county_officer", "township"}, {"working_days": 0}),
        ("high", {"township"}, {"hours": 48}),
        ("medium", {"township"}, {"working_days": 5}),
    ],
    "R10": [
        ("critical", {"police", "county_duty"}, "now"),
        ("high", {"township", "county_officer"}, {"hours": 24}),
    ],
    "R11": [("high", {"township"}, {"hours": 48})],
    "R12": [("high", {"township"}, {"hours": 72})],
    "R13": [("critical", {"police", "court"}, "now")],
    "R14": [("medium", {"school", "education", "township"}, {"working_days": 3})],
    "R15": [("medium", {"police_registration"}, {"working_days": 5})],
    "R16": [("medium", {"township_aid"}, {"working_days": 5})],
    "R17": [("medium", {"township", "county_officer"}, {"working_days": 15})],
    "R18": [("medium", {"disabled_federation", "health"}, {"working_days": 5})],
    "R19": [("high", {"township", "county_officer", "school", "health"}, "now")],
    "R20": [("low", {"supervisor"}, {"hours": 720})],
    "R21": [("critical", {"police", "education", "county_officer"}, "now")],
    "R22": [("high", {"police", "township"}, "now"), ("high", {"township"}, {"hours": 24})],
    "R23": [("high", {"township", "school"}, {"hours": 24})],
    "R24": [("high", {"township", "labour_inspection"}, {"hours": 24})],
    "R25": [("high", {"county_officer"}, {"hours": 24})],
    "R26": [("high", {"township"}, {"hours": 24}), ("medium", {"township"}, {"working_days": 3})],
}


def test_severity_recipients_and_deadlines_are_those_of_the_table() -> None:
    shipped_table = {
        rule.id: [(b.severity, set(b.to), b.deadline) for b in rule.branches]
        for rule in NATIONAL.rules
    }
    assert shipped_table == TABLE


def test_only_suspected_sexual_abuse_and_a_pregnancy_are_sealed() -> None:
    assert [rule.id for rule in NATIONAL.rules if rule.sealed] == ["R5", "R25"]


def test_every_fact_is_used_by_a_rule_or_says_why_not() -> None:
    used = {name for r in NATIONAL.rules for b in r.branches for name in fact_names(b.when)}
    for fact in all_facts().values():
        assert (fact.name in used) != bool(fact.unused), fact.name


def test_a_sealed_rule_goes_to_nobody_near_the_childs_home() -> None:
    told = {to for rule in NATIONAL.rules if rule.sealed for b in rule.branches for to in b.to}
    assert told <= SEALED_TO
    for rule in NATIONAL.rules:
        if rule.sealed:
            assert all(
                fact_names(branch.when) <= sealed() | {"age_years"} for branch in rule.branches
            )


BASES = {
    "R5": {"criminal-law-11-236-1", "criminal-law-11-237-3"},
    "R7": {"reporting-2020-4-7"},
    "R15": {"hukou-2015"},
    "R17": {"unattended-2020"},
    "R19": {"mpl-11"},
    "R20": {"family-education-21", "left-behind-2023"},
    "R21": {"criminal-law-11-236-1", "criminal-law-11-237-3"},
    "R22": {"mpl-11", "reporting-2020-2"},
    "R23": {"public-security-2026-60", "reporting-2020-4-4"},
    "R24": {"child-labour-2002", "mpl-61"},
    "R25": {"criminal-law-11-236-1"},
}
# A number that a rule's text names, by what it names it for.
NUMBERS = {
    "R19": {"12356"}, "R22": {"96110", "12377"}, "R24": {"12333"}, "R26": {"119", "120"},
}  # fmt: skip


def test_a_rule_names_the_law_that_it_rests_on() -> None:
    bases = {rule.id: set(rule.basis) for rule in NATIONAL.rules}
    assert {rule: BASES[rule] - bases[rule] for rule in BASES} == {rule: set() for rule in BASES}
    assert label("legal_basis", "hukou-2015", "zh") == "国办发〔2015〕96号"
    assert label("legal_basis", "unattended-2020", "zh") == "民发〔2020〕125号"


def test_a_number_that_a_rule_names_is_a_national_one_in_both_languages() -> None:
    national = {line["phone"] for line in directory.hotlines()}
    assert "12349" not in national
    for rule in NATIONAL.rules:
        texts = {t: " ".join(branch.do[t] for branch in rule.branches) for t in ("zh", "en")}
        named = {tongue: set(_NUMBER.findall(text)) for tongue, text in texts.items()}
        assert named["zh"] == named["en"] <= national, rule.id
        assert NUMBERS.get(rule.id, set()) <= named["zh"], rule.id


def test_every_basis_has_its_words_in_the_vocabulary() -> None:
    assert {basis for rule in NATIONAL.rules for basis in rule.basis} <= set(codes("legal_basis"))


def test_every_critical_branch_says_first_whom_to_call() -> None:
    for rule in NATIONAL.rules:
        for branch in rule.branches:
            if branch.severity == "critical":
                assert "110" in branch.do["zh"].split("。")[0] + branch.do["zh"].split("。")[1]
                assert "110" in branch.do["en"]


def test_what_to_do_is_short_enough_for_a_doorstep() -> None:
    for rule in NATIONAL.rules:
        for branch in rule.branches:
            assert len(branch.do["zh"]) <= 80, (rule.id, len(branch.do["zh"]))
            assert len(branch.do["en"].split()) <= 55, (rule.id, len(branch.do["en"].split()))
