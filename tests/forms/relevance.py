"""Which questions a form hides, by its own conditions: the part of XPath that the forms use."""

import re
from collections.abc import Mapping
from typing import Any

from fieldforms.compile import compile_form

_PYTHON = [
    (r"selected\(\$\{(\w+)\},\s*('\w*')\)", r"(\2 in chosen('\1'))"),
    (r"\$\{(\w+)\}", r"text('\1')"),
    (r"(?<![!<>=])=(?!=)", "=="),
]


def questions(form: str) -> dict[str, dict[str, Any]]:
    return {question["name"]: question for question in compile_form(form)["manifest"]["questions"]}


def hidden(form: str, answers: Mapping[str, Any]) -> set[str]:
    """The questions hidden with these answers; the answer to a hidden question counts as empty."""
    given = dict(answers)
    for _ in questions(form):
        gone = {
            name for name, question in questions(form).items() if not _relevant(question, given)
        }
        if not gone & given.keys():
            return gone
        given = {name: answer for name, answer in given.items() if name not in gone}
    raise AssertionError("the form does not settle")


def _relevant(question: Mapping[str, Any], answers: Mapping[str, Any]) -> bool:
    condition = question["relevant"] or "True"
    for xpath, python in _PYTHON:
        condition = re.sub(xpath, python, condition)

    def chosen(name: str) -> list[str]:
        answer = answers.get(name) or []
        return answer if isinstance(answer, list) else [answer]

    names = {"chosen": chosen, "text": lambda name: " ".join(map(str, chosen(name)))}
    return bool(eval(condition, {"__builtins__": {}}, names))
