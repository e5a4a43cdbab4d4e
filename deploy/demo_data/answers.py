"""What a supervisor answers on her rounds: nothing wrong, unless a scene says so.

The published form decides what is asked: a question whose condition does not hold is skipped.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from random import Random
from typing import Any

from fieldforms.compile import compile_form

FORM = "household_visit"
VERSION: str = compile_form(FORM)["version"]
Answers = dict[str, Any]
_COMPARISON = re.compile(r"\$\{(\w+)\} (!?=) '([^']*)'")
_SELECTED = re.compile(r"selected\(\$\{(\w+)\}, '(\w+)'\)")

HOUSEHOLD: Mapping[str, Any] = {
    "visit_mode": "home", "anything_learned": "no", "guardian_event": "none",
    "guardian_performs": "yes", "guardian_capable": "yes", "father_status": "present",
    "mother_status": "present", "domestic_violence_suspected": "no", "police_warning_issued": "no",
    "protection_order": "no", "household_poor": "no", "aid_received": ["none"],
    "income_source": "labour", "hazards": ["none"],
}  # fmt: skip
CHILD: Mapping[str, Any] = {
    "child_seen": "yes", "child_seen_alone": "yes", "visible_injuries": "no",
    "injury_kinds": ["other"],
    "severe_malnutrition": "no", "mood": "calm", "missing": "no", "unknown_origin": "no",
    "adult_with_child_now": "yes", "actual_carer": "grandparents", "child_cared_for": "yes",
    "cared_for_by": "姑姑", "cared_for_until": "settled", "lives_alone": "no", "days_alone_last_week": 0, "carer_unfitness": ["none"],
    "carer_is_delegate": "yes", "delegation_valid": "yes", "school_village_told": "yes",
    "parent_contact": "weekly", "special_needs": "no", "health": "healthy", "disabled": "no",
    "hukou_registered": "yes", "attendance": "regular", "compulsory_completed": "no",
    "unconscious": "no", "poisoned": "no", "self_harm": "no", "suicide_thoughts": "no",
    "beaten": "no", "sleeps_well": "yes", "abandoned": "no", "made_to_beg": "no",
    "sold_or_bought": "no", "other_serious_harm": "no", "harm_by_duty_person": "no",
    "bullied": "no", "child_labour": "no",
    "goes_online": "no", "online_harm": ["none"], "needs": ["none"], "police_called": "no",
}  # fmt: skip
SEALED: Mapping[str, Any] = {
    "sexual_abuse_suspected": "no", "sexual_danger": "no", "online_sexual": "no",
    "pregnancy_or_abortion": "no", "sealed_police_called": "no",
}  # fmt: skip
WORDS = (
    "奶奶每天送我上学。", "爸爸过年才回来，我想他。", "我喜欢画画。", "作业写完了，没人检查。",
    "星期天妈妈打电话来了。", "我会自己煮面。", "同桌对我很好。", "",
)  # fmt: skip
SEEN = (
    "家里干净，灶上有饭。", "孩子在院子里写作业，爷爷在旁边剥豆子。", "衣服合身，手脸干净。",
    "门口的水塘没有围栏，已提醒家人。", "床铺整洁，作业本在桌上。", "孩子刚放学，书包还背着。",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Part:
    """What one operation of a visit carries."""

    answers: Answers
    skipped: list[str]

    def data(self, **more: Any) -> dict[str, Any]:
        return {"answers": self.answers, "skipped": self.skipped, **more}


def household(told: Mapping[str, Any]) -> Part:
    return _fill(_questions("household"), {**HOUSEHOLD, **told}, {})


def child(shared: Part, told: Mapping[str, Any], *, age: int, random: Random) -> Part:
    """`shared` is the household's part of the same visit: some questions depend on it."""
    usual: Answers = {
        **CHILD,
        "school_status": school(age),
        "goes_online": "yes" if age >= 10 and random.random() < 0.5 else "no",
        "online_hours": random.randint(1, 3),
        "mood": random.choices(["calm", "withdrawn", "low"], [90, 6, 4])[0],
        "child_seen_alone": random.choices(["yes", "no"], [60, 40])[0],
        "child_words": random.choice(WORDS) if age >= 4 else "",
        "facts_observed": random.choice(SEEN),
    }
    return _fill(_questions("child"), usual | dict(told), shared.answers)


def sealed(shared: Part, told: Mapping[str, Any] | None = None) -> Part:
    return _fill(_questions("sealed"), {**SEALED, **(told or {})}, shared.answers)


def school(age: int) -> str:
    """Where a child of this age usually is."""
    stages = [(3, "not_enrolled_yet"), (6, "kindergarten"), (12, "primary"), (15, "junior")]
    return next((status for below, status in stages if age < below), "senior")


def _fill(
    questions: list[Mapping[str, Any]], told: Mapping[str, Any], around: Mapping[str, Any]
) -> Part:
    """In the form's order: what is asked depends on what was answered before."""
    answers: Answers = {}
    skipped = []
    for question in questions:
        name = question["name"]
        if not _relevant(question.get("relevant") or "", {**around, **answers}):
            skipped.append(name)
        elif told.get(name) not in (None, ""):
            answers[name] = told[name]
    return Part(answers, skipped)


def _relevant(condition: str, answers: Mapping[str, Any]) -> bool:
    """The forms compare answers with codes, ask what is selected, and join that with `and` and `or`."""

    def compare(found: re.Match[str]) -> str:
        name, operator, code = found.groups()
        given = answers.get(name, "")
        given = " ".join(given) if isinstance(given, list) else str(given)
        return str((given == code) == (operator == "="))

    def chosen(found: re.Match[str]) -> str:
        given = answers.get(found[1], [])
        return str(found[2] in (given if isinstance(given, list) else [given]))

    said = _COMPARISON.sub(compare, _SELECTED.sub(chosen, condition)) or "True"
    if set(re.findall(r"\w+", said)) - {"True", "False", "and", "or"}:
        raise ValueError(f"cannot read the condition {condition}")
    return bool(eval(said))


@cache
def _questions(part: str) -> list[Mapping[str, Any]]:
    asked = compile_form(FORM)["manifest"]["questions"]
    return [question for question in asked if _part_of(question) == part]


def _part_of(question: Mapping[str, Any]) -> str:
    if question.get("sealed"):
        return "sealed"
    return "child" if question.get("repeat") else "household"
