"""Evaluates rules over facts. Pure: the same facts give the same findings, here and on the phone.

A fact that was not collected is absent and makes a condition unknown, never false: CEL raises for
an absent member unless the rest of `&&` or `||` decides without it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import cel

from sync import faults

from .lint import fact_names
from .model import Branch, Rule, Ruleset

Facts = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A rule that held. `facts` are those its branch speaks of; `by_hand` when it failed instead."""

    rule: str
    version: int
    branch: int
    severity: str
    sealed: bool
    facts: Facts
    by_hand: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """A critical branch that could not be decided, and the facts that were missing.

    `ask`: the questions that would give them; the engine knows none (`gaps.of_visit`).
    """

    rule: str
    version: int
    branch: int
    missing: tuple[str, ...]
    sealed: bool
    ask: tuple[str, ...] = ()


@dataclass(slots=True)
class Evaluation:
    findings: list[Finding] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)


def evaluate(ruleset: Ruleset, facts: Facts, *, sealed: bool | None = None) -> Evaluation:
    """The rules on one set of facts; `sealed` keeps to the sealed ones or to the others.

    A visit's part is judged with `sealed=False`, a sealed operation with `sealed=True`; see
    `backend/visits/decisions/0001-sealed-answers.md`. A rule that fails becomes a finding to judge
    by hand.
    """
    evaluation = Evaluation()
    context = cel.Context()
    context.add_variable("facts", dict(facts))
    for rule in ruleset.rules:
        if sealed is not None and rule.sealed is not sealed:
            continue
        try:
            _evaluate_rule(rule, facts, context, evaluation)
        except Exception as error:  # noqa: BLE001  a broken rule must never cost a child the others
            evaluation.failures.append(f"{rule.id} version {rule.version}: {faults.summary(error)}")
            evaluation.findings.append(_by_hand(rule))
    return evaluation


def _evaluate_rule(rule: Rule, facts: Facts, context: Any, evaluation: Evaluation) -> None:
    for number, branch in enumerate(rule.branches):
        held = _holds(branch, facts, context)
        if held is None and branch.severity == "critical":
            missing = tuple(sorted(fact_names(branch.when) - facts.keys()))
            evaluation.gaps.append(
                Gap(
                    rule=rule.id,
                    version=rule.version,
                    branch=number,
                    missing=missing,
                    sealed=rule.sealed,
                )
            )
        if held:
            evaluation.findings.append(_finding(rule, number, branch, facts))
            return


def _holds(branch: Branch, facts: Facts, context: Any) -> bool | None:
    """None is unknown. Raises `TypeError` for a condition that is not true or false."""
    try:
        value = _program(branch.when).execute(context)
    except KeyError:
        if fact_names(branch.when) <= facts.keys():
            raise
        return None
    if not isinstance(value, bool):
        raise TypeError(f"{branch.when!r} gives {value!r}, not true or false")
    return value


def _finding(rule: Rule, number: int, branch: Branch, facts: Facts) -> Finding:
    return Finding(
        rule=rule.id,
        version=rule.version,
        branch=number,
        severity=branch.severity,
        sealed=rule.sealed,
        facts={name: facts[name] for name in sorted(fact_names(branch.when)) if name in facts},
    )


def _by_hand(rule: Rule) -> Finding:
    """As grave as the first branch, the gravest, because nobody knows which one would have held."""
    return Finding(
        rule=rule.id,
        version=rule.version,
        branch=0,
        severity=rule.branches[0].severity,
        sealed=rule.sealed,
        facts={},
        by_hand=True,
    )


@lru_cache(maxsize=1024)
def _program(when: str) -> Any:
    return cel.compile(when)
