"""Whom the rules name, and which offices answer for them. Pure; the data are `contacts.yaml`."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from fieldforms.vocabulary import codes

from .local import Variant, localised
from .model import Rule, Ruleset

SOURCE = Path(__file__).with_name("contacts.yaml")


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """An entry of `contacts.yaml`, which says what the parts mean. `digits` 0: offices of any division."""

    offices: tuple[str, ...]
    digits: int = 0
    national: bool = False
    words: tuple[str, ...] = ()
    herself: bool = False

    def answers(self, kind: str, division: str) -> bool:
        """Whether an office of this kind and division is the one to call."""
        return kind in self.offices and self.digits in (0, len(division))


@cache
def contacts() -> Mapping[str, Contact]:
    """Every recipient that is called, in the order of the vocabulary."""
    said: dict[str, dict[str, Any]] = yaml.safe_load(SOURCE.read_text(encoding="utf-8"))
    every = {code: _contact(code, said.get(code, {})) for code in codes("recipient")}
    return {code: contact for code, contact in every.items() if not contact.herself}


def _contact(code: str, said: Mapping[str, Any]) -> Contact:
    return Contact(
        offices=tuple(said.get("offices", [code])),
        digits=said.get("digits", 0),
        national=said.get("national", False),
        words=tuple(said.get("words", [])),
        herself=said.get("herself", False),
    )


def to_call(recipient: str, parts: Mapping[str, Any], *, now: datetime) -> list[Mapping[str, Any]]:
    """The lines of a phone's configuration to show for a recipient, in the order in which to call: the
    persons whose turn it is, those who are always there, then the offices. Where `people` is closed, the
    offices.
    """
    persons = parts.get("people", {}).get(recipient, [])
    there = [line for line in persons if "from" not in line or _runs(line, now)]
    return [*there, *parts.get("duty", {}).get(recipient, [])]


def _runs(line: Mapping[str, str], now: datetime) -> bool:
    read = datetime.fromisoformat
    return read(line["from"]) <= now < read(line["until"])


def called(rules: Ruleset, variants: Sequence[Variant] = ()) -> dict[str, list[str]]:
    """The ids of the rules that name each recipient, in `to` or in their text, as they are with the
    variants of a place.
    """
    found: dict[str, list[str]] = {}
    for rule in rules.rules:
        named = set(_named(rule, variants))
        for code in contacts():
            if code in named:
                found.setdefault(code, []).append(rule.id)
    return found


def _named(rule: Rule, variants: Sequence[Variant]) -> Iterator[str]:
    for number, branch in enumerate(rule.branches):
        yield from localised(rule, number, variants).to
        for code, contact in contacts().items():
            if any(word in branch.do["zh"] for word in contact.words):
                yield code
