"""Which answers are sealed, wherever a client put them."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from .compile import compile_form, form_names


@cache
def sealed_questions() -> frozenset[str]:
    """The questions in the group `sealed` of any form."""
    return frozenset(
        question["name"]
        for form in form_names()
        for question in compile_form(form)["manifest"]["questions"]
        if question["sealed"]
    )


def split(answers: object) -> tuple[dict[str, Any], dict[str, Any]]:
    """The open answers and the sealed ones; both empty for what is not an object."""
    given = answers if isinstance(answers, Mapping) else {}
    sealed = {name: value for name, value in given.items() if name in sealed_questions()}
    return {name: value for name, value in given.items() if name not in sealed}, sealed


def opened(data: Mapping[str, Any]) -> dict[str, Any]:
    """An open operation's data as others may see it: without answers that should have been sealed."""
    if not isinstance(data.get("answers"), Mapping):
        return dict(data)
    return {**data, "answers": split(data["answers"])[0]}


def belongs_sealed(data: Mapping[str, Any]) -> bool:
    """Whether an open operation holds what should have been sealed: its photographs are about that too."""
    return bool(split(data.get("answers"))[1])
