"""Which open texts speak of body or sex, and which of beating or dying. Pure; no Django.

`words.yaml` holds the phrases and says how a text is read; the phone does the same. Beside the text
questions of the forms, every text is read that a client wrote under a name the forms do not know.
"""

import unicodedata
from collections.abc import Mapping, Set
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from .compile import compile_form, form_names

SOURCE = Path(__file__).with_name("words.yaml")
_LOADED: dict[str, Any] = yaml.safe_load(SOURCE.read_text(encoding="utf-8"))
# What a text can speak of.
SEALED, DANGER = "sealed", "danger"
KINDS = (SEALED, DANGER)
HARMLESS = "harmless"
# Asks her what to do with open words that belong under seal. `LEAVE`: they are about something else.
QUESTION, LEAVE, MOVED = _LOADED["question"], _LOADED["leave"], _LOADED["moved"]
# What an operation says beside the answers that is a code or an id.
_BESIDE = frozenset({"mode", "kind", "visit", "part", "concern"})
# Stands in no phrase.
_BETWEEN = "\x00"
# Kind: {question: its text}.
Spoken = dict[str, dict[str, str]]


def spoken(data: Mapping[str, Any]) -> Spoken:
    """The texts of an open operation that speak of something, by what they speak of."""
    written = texts(data)
    # Most visits speak of nothing: one look at all their texts together is enough.
    if not read(_BETWEEN.join(text for _, text in written)):
        return {}
    found: Spoken = {}
    for name, text in written:
        for kind in read(text):
            found.setdefault(kind, {})[name] = text
    return found


def texts(data: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What somebody may have written words into: the text answers, and texts beside the answers."""
    given = data.get("answers")
    answers = given.items() if isinstance(given, Mapping) else ()
    beside = (pair for pair in data.items() if pair[0] not in _BESIDE)
    coded = _coded()
    return [
        (name, value)
        for name, value in (*beside, *answers)
        if isinstance(value, str) and value and name not in coded
    ]


@cache
def _coded() -> frozenset[str]:
    """The questions of all forms without open words: chosen from a list, numbers, ids, what is sealed."""
    return frozenset(_LOADED["not_read"]) | {
        question["name"]
        for form in form_names()
        for question in compile_form(form)["manifest"]["questions"]
        if question["type"] != "text" or question["sealed"]
    }


def read(text: str) -> list[str]:
    """The kinds that a text speaks of, in the order of `KINDS`."""
    plain = normal(text)
    pieces = _pieces(plain)
    found = _found(plain, pieces)
    # What is taken out becomes a space, which no phrase holds: a text without a hit gains none by it.
    return _found(_without_harmless(plain, pieces), pieces) if found else found


def normal(text: str) -> str:
    return unicodedata.normalize("NFKC", text).lower().translate(_characters())


def phrases(kind: str) -> list[str]:
    """Of `harmless`, `sealed` or `danger`, in the order of the file."""
    return [phrase for group in _LOADED[kind].values() for phrase in group.split()]


def _found(plain: str, pieces: Set[str]) -> list[str]:
    return [kind for kind in KINDS if any(phrase in plain for phrase in _possible(kind, pieces))]


def _without_harmless(plain: str, pieces: Set[str]) -> str:
    for phrase in _possible(HARMLESS, pieces):
        plain = plain.replace(phrase, " ")
    return plain


def _pieces(plain: str) -> Set[str]:
    """What a phrase in this text begins with: its characters, and every two that follow each other."""
    return set(plain) | {plain[place : place + 2] for place in range(len(plain) - 1)}


def _possible(kind: str, pieces: Set[str]) -> list[str]:
    """Those that begin as something in the text does: a handful, where trying all takes ten times as long."""
    beginnings = _by_beginning(kind)
    found = [one for piece in beginnings.keys() & pieces for one in beginnings[piece]]
    return [phrase for _, phrase in sorted(found)]


@cache
def _by_beginning(kind: str) -> Mapping[str, list[tuple[int, str]]]:
    found: dict[str, list[tuple[int, str]]] = {}
    for place, phrase in enumerate(phrases(kind)):
        found.setdefault(phrase[:2], []).append((place, phrase))
    return found


@cache
def _characters() -> dict[int, str | None]:
    changed: dict[str, str | None] = dict.fromkeys(_LOADED["dropped"])
    changed |= {pair[0]: pair[1] for pair in _LOADED["characters"].split()}
    return str.maketrans(changed)
