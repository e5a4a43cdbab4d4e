"""Which answers of a form can be used. Pure; nothing here raises for what a phone may send."""

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

# code: (zh, en)
MESSAGES = {
    "answers.not_an_object": (
        "答案格式不对，请重新填写。",
        "The answers are not an object; fill them in again.",
    ),
    "answer.unknown_question": (
        "表单没有这个问题，答案已保留。",
        "The form has no such question; the answer is kept.",
    ),
    "answer.wrong_type": ("答案的类型不对，请核对。", "The answer has the wrong type; check it."),
    "answer.unknown_code": (
        "选项不在列表中，答案已保留。",
        "The choice is not in the list; the answer is kept.",
    ),
    "answer.out_of_range": ("数值超出范围，请核对。", "The number is out of range; check it."),
    "answer.missing": (
        "必填的问题没有回答，请补充。",
        "A required question is unanswered; complete it.",
    ),
}
BOUND = re.compile(r"\.\s*(>=|<=)\s*(-?\d+)")


def check(
    manifest: Mapping[str, Any], answers: Any, skipped: Any = ()
) -> tuple[dict[str, Any], list[dict[str, str]]]:
    """Flat `{question: value}` in; the usable answers and `[{field, code, message_zh, message_en}]` out.

    Inside a repeat give the answers of one round. Required questions are the caller's to narrow
    through `manifest["questions"]`: a shared part does not answer for a child's part.
    """
    if not isinstance(answers, dict):
        return {}, [_problem("", "answers.not_an_object")]
    hidden = (
        {name for name in skipped if isinstance(name, str)}
        if isinstance(skipped, list | tuple)
        else set()
    )
    questions = {question["name"]: question for question in manifest["questions"]}
    usable: dict[str, Any] = {}
    problems: list[dict[str, str]] = []
    for name, value in answers.items():
        question = questions.get(name)
        code = _fault(question, value) if question else "answer.unknown_question"
        if code:
            problems.append(_problem(str(name), code))
        elif value is not None:
            usable[name] = value
    problems += [
        _problem(name, "answer.missing")
        for name, question in questions.items()
        if question["required"] and name not in hidden and answers.get(name) in (None, "")
    ]
    return usable, problems


def _problem(field: str, code: str) -> dict[str, str]:
    zh, en = MESSAGES[code]
    return {"field": field, "code": code, "message_zh": zh, "message_en": en}


def _fault(question: Mapping[str, Any], value: Any) -> str | None:
    if value is None:
        return None
    kind = question["type"]
    if not TYPES.get(kind, _is_text)(value):
        return "answer.wrong_type"
    if kind.startswith("select_"):
        chosen = value if kind == "select_multiple" else [value]
        return None if set(chosen) <= set(question["codes"]) else "answer.unknown_code"
    if kind == "integer" and not _within(question["constraint"], value):
        return "answer.out_of_range"
    return None


def _within(constraint: str | None, value: int) -> bool:
    bounds = BOUND.findall(constraint or "")
    return all(value >= int(n) if sign == ">=" else value <= int(n) for sign, n in bounds)


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_integer(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_codes(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(code, str) for code in value)


def _parses(read: Callable[[str], object]) -> Callable[[Any], bool]:
    def test(value: Any) -> bool:
        if not isinstance(value, str):
            return False
        try:
            read(value)
        except ValueError:
            return False
        return True

    return test


TYPES: dict[str, Callable[[Any], bool]] = {
    "integer": _is_integer,
    "select_multiple": _is_codes,
    "date": _parses(date.fromisoformat),
    "dateTime": _parses(datetime.fromisoformat),
}
