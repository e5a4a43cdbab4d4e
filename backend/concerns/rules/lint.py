"""Whether rules may be published: sound conditions, and sealed facts in sealed rules only."""

import re
from collections.abc import Collection, Iterator, Mapping
from functools import lru_cache
from typing import Any

import cel

from .condition import Unsound, check
from .model import Branch, Rule, RuleInvalid, Ruleset, in_both, rule_of
from .model import ruleset as make

_FACT = re.compile(r"\bfacts\.([a-z][a-z0-9_]*)")
_STRING = re.compile(r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"")
_NOTHING: Mapping[str, Collection[str]] = {}


@lru_cache(maxsize=1024)
def fact_names(when: str) -> frozenset[str]:
    """The facts a condition speaks of."""
    return frozenset(_FACT.findall(_STRING.sub("''", when)))


def lint(
    ruleset: Ruleset,
    types: Mapping[str, str],
    *,
    codes: Mapping[str, Collection[str]] = _NOTHING,
    sealed: Collection[str] = (),
) -> None:
    """Raises `RuleInvalid` for the first thing that is wrong.

    `types` maps each fact to its type, `codes` a coded one to what it may be; `sealed` are the
    facts that come from sealed answers.
    """
    for rule in ruleset.rules:
        for fault in _faults_of(rule, types, codes, sealed):
            raise RuleInvalid(fault)


def faults(
    documents: Any,
    types: Mapping[str, str],
    *,
    codes: Mapping[str, Collection[str]] = _NOTHING,
    sealed: Collection[str] = (),
) -> list[str]:
    """Everything that is wrong, whatever the documents are; of a rule without shape the first thing."""
    if not isinstance(documents, list) or not documents:
        return ["the rules are not a list of rules; compare them with national.yaml"]
    found, rules = [], []
    for document in documents:
        try:
            rules.append(rule_of(document))
        except RuleInvalid as fault:
            found.append(str(fault))
    for rule in rules:
        found += _faults_of(rule, types, codes, sealed)
    if not found:
        try:
            make(documents)
        except RuleInvalid as fault:
            found.append(str(fault))
    return found


def _faults_of(
    rule: Rule,
    types: Mapping[str, str],
    codes: Mapping[str, Collection[str]],
    sealed: Collection[str],
) -> Iterator[str]:
    for number, branch in enumerate(rule.branches):
        for problem in (
            _unsound(branch.when, types, codes),
            _mixed(rule, branch.when, sealed),
            _wordless(branch),
            _loosened(branch),
        ):
            if problem:
                yield f"rule {rule.id}, branch {number}: {problem}"
                break


def _wordless(branch: Branch) -> str | None:
    if in_both(branch.says):
        return None
    return "it has no words for a reader of law; add `says` with zh and en"


def _loosened(branch: Branch) -> str | None:
    if branch.severity == "critical" and branch.latest is not None:
        return "it is critical, and no county may set a critical deadline later; leave `latest` out"
    return None


def _unsound(
    when: str, types: Mapping[str, str], codes: Mapping[str, Collection[str]]
) -> str | None:
    try:
        check(when, types, codes)
        cel.compile(when)
    except Unsound as problem:
        return str(problem)
    except ValueError as error:
        return f"not a condition: {error}"
    return None


def _mixed(rule: Rule, when: str, sealed: Collection[str]) -> str | None:
    """A finding that anybody may see must not tell of a sealed answer, nor the other way round."""
    told = sorted(fact_names(when) & set(sealed))
    if told and not rule.sealed:
        return f"{told[0]} is sealed; only a sealed rule may speak of it"
    if sealed and rule.sealed and not told:
        return "a sealed rule has to speak of a sealed fact in every branch"
    return None
