"""The rules that ship are those of the table in law and policy (R1 to R22)."""

from backend.concerns.rules.lint import fact_names
from backend.concerns.rules.model import ruleset
from backend.concerns.rulesets import shipped
from fieldforms.facts import all_facts
from fieldforms.vocabulary import codes

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
    "R19": [("high", {"township", "school", "health"}, {"hours": 24})],
    "R20": [("low", {"supervisor"}, {"hours": 720})],
    "R21": [("critical", {"police", "education", "county_officer"}, "now")],
    "R22": [("high", {"police", "township"}, {"hours": 24}), ("high", {"township"}, {"hours": 24})],
}


def test_severity_recipients_and_deadlines_are_those_of_the_table() -> None:
    shipped_table = {
        rule.id: [(b.severity, set(b.to), b.deadline) for b in rule.branches]
        for rule in NATIONAL.rules
    }
    assert shipped_table == TABLE


def test_only_suspected_sexual_abuse_is_sealed() -> None:
    assert [rule.id for rule in NATIONAL.rules if rule.sealed] == ["R5"]


def test_every_fact_is_used_by_a_rule_or_says_why_not() -> None:
    used = {name for r in NATIONAL.rules for b in r.branches for name in fact_names(b.when)}
    for fact in all_facts().values():
        assert (fact.name in used) != bool(fact.unused), fact.name


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
