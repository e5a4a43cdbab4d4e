"""The boxes of a step's form, by what the step asks for, and what somebody typed into them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.http import QueryDict
from rest_framework import serializers

from backend.common.errors import DomainError
from backend.referrals.errors import StepIncomplete

from .words import said

_DATES = ("due_on", "published_on", "found_on", "visited_on")
_LISTS = (serializers.MultipleChoiceField, serializers.ListField)
_LINES = ("receipt", "number", "contact", "last_seen_at", "last_seen_place")


@dataclass(frozen=True)
class Box:
    """`kind`: words, line, date, moment, code or ticks; `choices` are pairs of code and label."""

    name: str
    label: str
    kind: str
    required: bool
    value: Any = ""
    choices: list[tuple[str, str]] = field(default_factory=list)


def boxes(
    words: str, needs: Iterable[str], may: Iterable[str], typed: QueryDict | None,
    choices: Mapping[str, list[tuple[str, str]]],
) -> list[Box]:  # fmt: skip
    """`words` is the list that has the labels; `typed` keeps what was refused."""
    return [
        Box(
            name=name, label=said(words, name), kind=_kind(name, choices), required=required,
            value=_value(name, typed, choices), choices=choices.get(name, []),
        )
        for names, required in ((needs, True), (may, False))
        for name in names
    ]  # fmt: skip


def _kind(name: str, choices: Mapping[str, Any]) -> str:
    if name == "names":
        return "ticks"
    if name in choices:
        return "code"
    if name == "called_at":
        return "moment"
    if name in _DATES:
        return "date"
    return "line" if name in _LINES else "words"


def _value(name: str, typed: QueryDict | None, choices: Mapping[str, Any]) -> Any:
    if typed is None:
        return [] if name == "names" else ""
    return typed.getlist(name) if name == "names" else typed.get(name, "")


def given(shape: type[serializers.Serializer], data: QueryDict) -> dict[str, Any]:
    """What was typed, read as the API reads it; an empty box is one that was left out.

    Raises `StepIncomplete` naming what cannot be read.
    """
    fields = shape().get_fields()
    plain = {
        name: data.getlist(name) if isinstance(known, _LISTS) else data.get(name, "").strip()
        for name, known in fields.items()
    }
    # A list in which nothing is ticked is empty, and not the one that stands for no choice.
    read = shape(data={n: v for n, v in plain.items() if v or isinstance(v, list)})
    if not read.is_valid():
        raise unreadable(read.errors)
    found: dict[str, Any] = read.validated_data
    return found


def unreadable(errors: Mapping[str, Any]) -> DomainError:
    names = tuple(errors)
    labels = [_label(name) for name in names]
    return StepIncomplete(fields=names, missing=", ".join(labels))


def _label(name: str) -> str:
    known = said("referral_word", name)
    return said("missing_field", name) if known == name else known
