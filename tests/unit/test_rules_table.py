"""The decision table says what the rules say, to a reader of law (rules.md)."""

import copy
import re

import pytest
from django.core.management import CommandError, call_command

from backend.concerns import limits, rulesets
from backend.concerns.rules.lint import faults, lint
from backend.concerns.rules.model import RuleInvalid, later, ruleset
from backend.concerns.rules.table import render
from backend.concerns.timed import RULES
from backend.guardianship import clocks
from fieldforms import facts
from fieldforms.vocabulary import label

NATIONAL = ruleset(rulesets.shipped())
TEXT = render(NATIONAL, RULES.values())


def test_the_table_that_ships_is_the_one_made_from_the_rules() -> None:
    call_command("decision_table", "--check")


def test_a_table_that_differs_from_the_rules_is_refused(monkeypatch, tmp_path) -> None:
    other = tmp_path / "DECISION_TABLE.md"
    other.write_text(rulesets.TABLE.read_text("utf-8").replace("★", ""), "utf-8")
    monkeypatch.setattr("backend.concerns.management.commands.decision_table.TABLE", other)
    with pytest.raises(CommandError, match="differs from the rules"):
        call_command("decision_table", "--check")
    call_command("decision_table")
    assert other.read_text("utf-8") == rulesets.TABLE.read_text("utf-8")


def test_each_branch_of_a_rule_is_a_row_in_both_languages_without_code() -> None:
    rows = [line for line in TEXT.splitlines() if line.startswith("| **")]
    branches = sum(len(rule.branches) for rule in NATIONAL.rules)
    assert len(rows) == 2 * (branches + sum(len(rule.rows) for rule in RULES.values()))
    assert {line.count(" | ") for line in rows} == {6}
    assert not re.search(r"facts\.|&&|\|\||[a-z]+_[a-z]+", TEXT.split("-->")[1])


def test_the_row_of_a_rule_says_its_trigger_recipients_deadline_and_basis() -> None:
    rows = [line for line in TEXT.splitlines() if line.startswith("| **R17**")]
    for said in (
        "事实无人抚养",
        "乡镇儿童督导员★",
        "15 个工作日内 |",
        "民发〔2019〕62号",
        "不公示",
    ):
        assert said in rows[0]
    assert "within 15 working days |" in rows[1]
    (first, second) = [line for line in TEXT.splitlines() if "**R10**" in line][:2]
    assert "| 立即 |" in first
    assert "24 小时内（默认，各县最长 48 小时内）" in second


def test_what_time_calls_for_stands_in_the_table_with_the_limits_in_force() -> None:
    rows = [line for line in TEXT.splitlines() if line.startswith("| **T")]
    assert [row[4:6] for row in rows] == 2 * (["T1"] * 4 + ["T2"] * 5 + ["T3"] * 4 + ["T4"] * 3)
    assert "走访逾期 7 天 | 严重 | 乡镇儿童督导员、县级民政部门 | 24 小时内 | 走访计划" in rows[3]
    assert f"预警 {limits.DEFAULT.acknowledge_critical} 小时内无人受理" in rows[4]
    assert "| 升一级 | 上一级：乡镇、县级、市级 | – | – |" in rows[4]
    assert "| 只提醒 | 乡镇儿童督导员、系统管理员 | 每周一次 |" in rows[9]
    for month, severity in clocks.TEMPORARY_ALERTS:
        row = next(line for line in rows[14:16] if f"{month} 个月" in line)
        assert ("县级负责人" in row) == (severity == "high")


@pytest.mark.parametrize("left", [{}, {"zh": "只有中文"}, {"zh": "", "en": ""}, None])
def test_a_rule_without_words_for_the_table_is_refused(left) -> None:
    documents = rulesets.shipped()
    documents[9]["branches"][1]["says"] = left
    with pytest.raises(RuleInvalid, match="rule R10, branch 1: it has no words"):
        lint(ruleset(documents), facts.types())


def test_every_fault_of_the_rules_is_told_and_not_the_first_alone() -> None:
    documents = copy.deepcopy(rulesets.shipped())
    documents[0]["branches"][0]["when"] = "facts.unheard_of"
    documents[1]["branches"][0]["to"] = ["mayor"]
    documents[2] = "R3"
    del documents[9]["branches"][1]["says"]
    documents[10]["branches"][0]["latest"] = {"hours": 1}
    documents[11]["branches"][0]["statutory"] = ["court"]
    told = faults(documents, facts.types())
    assert [line.split(":")[0] for line in told] == [
        "rule R2, branch 0", "rule without id", "rule R11, branch 0", "rule R12, branch 0",
        "rule R1, branch 0", "rule R10, branch 1",
    ]  # fmt: skip
    assert faults(rulesets.shipped(), facts.types()) == []
    assert faults({"id": "R1"}, facts.types())
    assert "stand twice" in faults([documents[3], documents[3]], facts.types())[0]


@pytest.mark.parametrize(
    "odd",
    [None, 3, [], {}, {"id": []}, {"id": "R1", "version": 1, "title": 3, "branches": 5},
     {"id": "R1", "version": 1, "title": {}, "branches": [None], "basis": [], "lesson": []},
     {"id": "a b", "version": 1, "title": {}, "branches": [], "basis": [], "lesson": "x"}],
)  # fmt: skip
def test_whatever_is_given_as_a_rule_is_a_fault_in_words(odd) -> None:
    (told,) = faults([odd], facts.types())
    assert told.startswith("rule ")


def test_only_a_default_deadline_of_the_rules_may_be_set_later() -> None:
    """[P] of rules.md: our defaults; the law's own and `now` have no `latest`."""
    ours = {rule.id for rule in NATIONAL.rules for b in rule.branches if b.latest}
    numbers = (8, 9, 10, 11, 12, 14, 15, 16, 18, 20, 22, 23, 24, 25, 26)
    assert ours == {"R2", *(f"R{number}" for number in numbers)}
    for rule in NATIONAL.rules:
        for branch in rule.branches:
            assert branch.severity != "critical" or (branch.deadline, branch.latest) == (
                "now",
                None,
            )


def test_deadlines_of_rules_compare_within_a_unit() -> None:
    assert later({"hours": 2}, {"hours": 1}) is True
    assert later({"hours": 1}, {"hours": 1}) is False
    assert later("now", {"hours": 1}) is False
    assert later({"working_days": 0}, "now") is True
    assert later({"hours": 1}, {"working_days": 1}) is None


def test_what_time_calls_for_names_severity_by_the_words_of_the_rules() -> None:
    """A reader of the table finds the same words in both parts of it (T2)."""
    words = [label("severity", code, "zh") for code in ("high", "medium", "low")]
    spelled = "，".join(rf"{word} \d+ 小时" for word in words)
    assert re.search(f"：{spelled}（{words[-1]}的最高到县级）", TEXT)
