"""What a step of a case needs, as fields of a form; and what was given for it, as a reader says it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import QueryDict
from django.utils import timezone

from backend.guardianship.queries import NEEDS, Need
from fieldforms.vocabulary import codes

from . import words
from .texts import text

# The order in which what was said is read: words first.
_WORDS = ("reason", "child_wish", "follow_up", "text", "for_supervisor")


@dataclass(frozen=True)
class Field:
    """`only` says when an answer is asked for; `value` is what was typed before, if it was refused."""

    name: str
    kind: str
    label: str
    required: bool
    only: str
    choices: list[tuple[str, str]]
    value: str
    chosen: list[str]


def fields(
    needs: Iterable[Need], typed: QueryDict | None = None, people: Mapping[Any, str] | None = None
) -> list[Field]:
    return [_field(need, typed, people or {}) for need in needs]


def _field(need: Need, typed: QueryDict | None, people: Mapping[Any, str]) -> Field:
    only = ""
    if need.when:
        asked = NEEDS[need.when[0]]
        only = text("case.only_with", what=words.said(asked.list, need.when[1]))
    choices = (
        [(code, words.said(need.list, code)) for code in codes(need.list)] if need.list else []
    )
    if need.kind == "yes_no":
        choices = [(code, words.said("yes_no", code)) for code in ("yes", "no")]
    if need.kind == "person":
        choices = [(str(person), name) for person, name in people.items()]
    return Field(
        name=need.name, kind=need.kind, label=words.said("case_field", need.name),
        required=need.required and need.when is None, only=only, choices=choices,
        value=typed.get(need.name, "") if typed else "",
        chosen=typed.getlist(need.name) if typed else [],
    )  # fmt: skip


def given(needs: Iterable[Need], data: QueryDict) -> dict[str, Any]:
    """What a form sent for the needs; empty answers are left to the service to judge."""
    found: dict[str, Any] = {}
    for need in needs:
        found[need.name] = data.getlist(need.name) if need.kind == "codes" else data.get(need.name)
        if need.kind == "document":
            found["document_sha256"] = data.get("document_sha256")
    return found


def said(answers: Mapping[str, Any]) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """`(words, others)`: what somebody wrote, and what she chose or dated, as label and answer."""
    written = [(words.said("case_field", n), str(answers[n])) for n in _WORDS if answers.get(n)]
    others = [
        (words.said("case_field", name), value_of(name, value))
        for name, value in answers.items()
        if name not in _WORDS and value not in (None, "", [])
    ]
    return written, others


def value_of(name: str, value: Any) -> str:
    if name == "form":
        return words.said("case_evidence", value)
    need = NEEDS.get(name)
    if need is None:
        return str(value)
    if isinstance(value, list):
        return text("app.comma").join(words.said(need.list, code) for code in value)
    if need.kind == "moment":
        return f"{timezone.localtime(datetime.fromisoformat(value)):%Y-%m-%d %H:%M}"
    if need.kind == "yes_no":
        return words.said("yes_no", value)
    return words.said(need.list, value) if need.list else str(value)


def labels(name: str, chosen: Sequence[str]) -> list[str]:
    return [words.said(name, code) for code in chosen]
