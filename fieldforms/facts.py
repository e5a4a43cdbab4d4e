"""From answers, registers and earlier visits to facts: what the rules compare. Pure; no Django.

`facts.yaml` is the map. A fact that was not collected is absent, never false: an answer of another
type, a code nobody knows and a number out of range count as not collected. Why a question was
hidden is not said by the phone but read from the answer that hid it: `several_injuries` hidden
because there are no injuries is false, hidden because nobody saw the child is absent.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from . import derived
from .vocabulary import codes

SOURCE = Path(__file__).with_name("facts.yaml")
NOT_COLLECTED = "not_collected"
NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What is judged of one child.

    `answers`: the shared part's with the child's part's over them, and for the sealed rules the
    sealed ones over those; raw, as they were sent. `skipped`: the questions the form had hidden, of
    all these parts. `child`, `household`: shown register values, {} for a stub. `history`: merged
    answers of earlier visits, latest observed first. `observed`: the day in China.
    """

    form: str
    version: str
    answers: Mapping[str, Any]
    skipped: Collection[str] = ()
    child: Mapping[str, Any] = field(default_factory=dict)
    household: Mapping[str, Any] = field(default_factory=dict)
    history: Sequence[Mapping[str, Any]] = ()
    observed: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """The question that gives a fact from a version of a form on.

    A bool fact holds for the answers in `holds_for`. `hidden`: {question that hid this one:
    {its answer: the fact's value}}; for any other reason to be hidden the fact is absent. `unsure`, of
    the same shape: question that showed this one, where nobody could say.
    """

    question: str
    holds_for: frozenset[str] = frozenset({"yes"})
    hidden: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    unsure: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """`type`: text, int, bool or list. `list`: the coded list of its answers, `known` the codes of it
    that say something. `between`: for int.

    `sources` by form, then by the version from which on it is asked so; a fact without sources is
    computed by the function of its name in `derived.py`. `unused` says why no rule speaks of it.
    """

    name: str
    type: str
    list: str | None
    known: frozenset[str]
    between: tuple[int, int] | None
    sources: Mapping[str, Mapping[int, Source]]
    sealed: bool
    unused: str | None


def collect(case: Case) -> dict[str, Any]:
    """The facts of a case; absent means not collected."""
    found: dict[str, Any] = {}
    for fact, source in asked_in(case.form, case.version).values():
        value = _asked(fact, source, case)
        if value is not None:
            found[fact.name] = value
    for name, derive in derived.FUNCTIONS.items():
        value = derive(case, found)
        if value is not None:
            found[name] = value
    return found


def types() -> Mapping[str, str]:
    """The type of each fact, for the lint."""
    return {fact.name: fact.type for fact in all_facts().values()}


def code_lists() -> Mapping[str, Collection[str]]:
    """What a text fact may be, and what a list fact may hold."""
    return {
        fact.name: set(codes(fact.list))
        - {NOT_COLLECTED}
        - ({NONE} if fact.type == "list" else set())
        for fact in all_facts().values()
        if fact.list and fact.type in {"text", "list"}
    }


def sealed() -> frozenset[str]:
    """The facts that come from the sealed group of a form."""
    return frozenset(fact.name for fact in all_facts().values() if fact.sealed)


@cache
def all_facts() -> Mapping[str, Fact]:
    """By name, in the order of the file."""
    loaded: dict[str, Any] = yaml.safe_load(SOURCE.read_text(encoding="utf-8"))
    return {name: _fact(name, entry) for name, entry in loaded.items()}


def _fact(name: str, entry: Mapping[str, Any]) -> Fact:
    kind = entry["type"]
    answers = entry.get("list", "yes_no" if kind == "bool" else None)
    low_high = entry.get("between")
    return Fact(
        name=name,
        type=kind,
        list=answers,
        known=frozenset(codes(answers) if answers else ()) - {NOT_COLLECTED},
        between=(low_high[0], low_high[1]) if low_high else None,
        sources=_sources(entry.get("asked", [])),
        sealed=entry.get("sealed", False),
        unused=entry.get("unused"),
    )


def _sources(asked: Sequence[Mapping[str, Any]]) -> Mapping[str, Mapping[int, Source]]:
    found: dict[str, dict[int, Source]] = {}
    for entry in asked:
        source = Source(
            question=entry["question"],
            holds_for=frozenset(entry.get("holds_for", ["yes"])),
            hidden=entry.get("hidden", {}),
            unsure=entry.get("unsure", {}),
        )
        for since in entry["from"]:
            form, version = since.split()
            found.setdefault(form, {})[int(version)] = source
    return found


@cache
def asked_in(form: str, version: str) -> Mapping[str, tuple[Fact, Source]]:
    """The facts that a form version asks for, by name, and how."""
    number = _number(form, version)
    found = {}
    for fact in all_facts().values():
        sources = fact.sources.get(form, {})
        since = max((first for first in sources if first <= number), default=None)
        if since is not None:
            found[fact.name] = (fact, sources[since])
    return found


@cache
def forms() -> frozenset[str]:
    """The forms that facts are read from."""
    return frozenset(form for fact in all_facts().values() for form in fact.sources)


def _number(form: str, version: str) -> int:
    """A version that is no number, or from before the first one of the map, is read by the latest.

    A phone that is ahead or behind must not make what it saw unreadable: questions keep their names.
    """
    known = [first for fact in all_facts().values() for first in fact.sources.get(form, ())]
    number = int(version) if version.isascii() and version.isdigit() and len(version) < 9 else 0
    return number if number >= min(known, default=0) else max(known, default=0)


def _asked(fact: Fact, source: Source, case: Case) -> Any:
    answer = case.answers.get(source.question)
    if answer not in (None, "", []):
        value = _answered(fact, source, answer)
        return _by_gate(source.unsure, case) if value is None else value
    gates = source.hidden if source.question in case.skipped else source.unsure
    return _by_gate(gates, case)


def _answered(fact: Fact, source: Source, answer: Any) -> Any:
    if fact.type == "int":
        return answer if _within(answer, fact.between) else None
    chosen = answer if isinstance(answer, list) else [answer]
    if not all(isinstance(code, str) for code in chosen):
        return None
    return _coded(fact, source, chosen)


def _coded(fact: Fact, source: Source, chosen: Sequence[str]) -> Any:
    usable = [code for code in chosen if code in fact.known]
    if fact.type == "bool" and not source.holds_for.isdisjoint(usable):
        return True
    if fact.type == "list" and set(usable) - {NONE}:
        return [code for code in usable if code != NONE]
    if len(usable) < len(chosen):
        return None
    if fact.type == "text":
        return usable[0] if len(usable) == 1 else None
    return [] if fact.type == "list" else False


def _by_gate(gates: Mapping[str, Mapping[str, Any]], case: Case) -> Any:
    for gate, values in gates.items():
        answer = case.answers.get(gate)
        code = answer[0] if isinstance(answer, list) and len(answer) == 1 else answer
        if isinstance(code, str) and code in values:
            return values[code]
    return None


def _within(answer: Any, between: tuple[int, int] | None) -> bool:
    if not isinstance(answer, int) or isinstance(answer, bool):
        return False
    return between is None or between[0] <= answer <= between[1]
