"""What is harmless calls nobody: neither a danger nor a question is left over from these visits."""

import json
from pathlib import Path
from typing import Any

import pytest

from backend.concerns.rules.model import ruleset
from backend.concerns.rulesets import shipped

from .relevance import hidden
from .vectors import judge, material

NATIONAL = ruleset(shipped())
VISITS: list[dict[str, Any]] = json.loads(
    Path(__file__).with_name("harmless_visits.json").read_text(encoding="utf-8")
)["vectors"]
each_visit = pytest.mark.parametrize(
    "visit", [pytest.param(visit, id=f"{visit['rule']}-{visit['name']}") for visit in VISITS]
)


@each_visit
def test_a_harmless_visit_is_no_danger(visit: dict[str, Any]) -> None:
    assert judge(visit, NATIONAL) == ([], [])


@each_visit
def test_a_harmless_visit_is_one_the_form_can_say(visit: dict[str, Any]) -> None:
    case = material(visit)
    gone = hidden(case.form, {**(case.open or {}), **(case.sealed or {})})
    assert not gone & (case.open or {}).keys()


def test_danger_rules_each_have_a_harmless_visit_near_them() -> None:
    assert {visit["rule"] for visit in VISITS} >= {f"R{number}" for number in range(1, 23)}
