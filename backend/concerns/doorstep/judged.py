"""What the phone's own rules make of one case, and what of it she is shown. Pure.

A sealed finding is numbers and no word of what it is: the family may see the screen. It is said once,
when it is saved, and no command says it again.
"""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from fieldforms import facts
from fieldforms.vocabulary import codes

from .. import gaps
from ..rules import engine
from ..rules.local import Variant, localised, variant
from ..rules.model import Rule, ruleset
from . import numbers
from .cases import Told

_OFFICIAL = frozenset({"police", "emergency"})
CALL_RECORD = ("call_time", "call_officer", "call_receipt")
OTHER_CALL = ("call_time", "call_whom")


@dataclass(frozen=True, slots=True)
class Call:
    """A recipient and the numbers this phone has for it."""

    recipient: str
    numbers: list[numbers.Number]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A finding as she is shown it. `by_hand`: the rule could not be evaluated on this phone."""

    rule: Rule
    branch: int
    severity: str
    file: str
    name: str
    call: list[Call]
    by_hand: bool

    @property
    def sealed(self) -> bool:
        return self.rule.sealed

    @property
    def do(self) -> Mapping[str, str]:
        return self.rule.branches[self.branch].do

    @property
    def write_down(self) -> Sequence[str]:
        """Codes of the list `to_write_down`."""
        told = {call.recipient for call in self.call}
        return () if not told else CALL_RECORD if told & _OFFICIAL else OTHER_CALL

    @property
    def claim(self) -> dict[str, Any]:
        """As PROTOCOL and `judging.claims` have it: what the phone says it showed."""
        return {
            "rule": self.rule.id, "version": self.rule.version, "branch": self.branch,
            "severity": self.severity,
        }  # fmt: skip


@dataclass(slots=True)
class Judged:
    """`ask`: open questions that critical rules need; `sealed_open`: whether the sealed part has some."""

    told: Told
    shown: list[Shown] = field(default_factory=list)
    ask: list[str] = field(default_factory=list)
    sealed_open: bool = False


class Rulebook:
    """The rules that the last sync brought, with what the county set on top of them."""

    def __init__(self, config: Mapping[str, Any], *, now: dt.datetime) -> None:
        """Raises `KeyError` where the phone has no rules yet, and `RuleInvalid` for what it cannot read."""
        said = config["rules"]
        self.sha256: str = said["sha256"]
        self._rules = ruleset(said["content"])
        self._by_id = {rule.id: rule for rule in self._rules.rules}
        self._local = [variant(one["division"], one["content"]) for one in said.get("local", ())]
        self._config, self._now = config, now

    def judge(self, told: Told) -> Judged:
        found = facts.collect(told.case)
        evaluation = engine.evaluate(self._rules, found, sealed=told.sealed)
        local = [v for v in self._local if told.division.startswith(v.division)] or (
            [] if told.division else self._local
        )
        judged = Judged(told, [self._shown(one, told, local) for one in evaluation.findings])
        if told.has_gaps:
            open_ = gaps.of_visit(evaluation.gaps, told.case, found)
            judged.sealed_open = any(gap.ask for gap in open_ if gap.sealed)
            judged.ask = _each(q for gap in open_ if not gap.sealed for q in gap.ask)
        return judged

    def _shown(self, found: engine.Finding, told: Told, local: Sequence[Variant]) -> Shown:
        rule = self._by_id[found.rule]
        to = localised(rule, found.branch, local).to
        return Shown(
            rule=rule, branch=found.branch, severity=found.severity, file=told.file, name=told.name,
            call=[
                Call(recipient, numbers.of(recipient, self._config, now=self._now))
                for recipient in to
                if recipient != numbers.HERSELF
            ],
            by_hand=found.by_hand,
        )  # fmt: skip


def gravest_first(judged: Iterable[Judged]) -> list[Shown]:
    grave = codes("severity")
    every = [shown for one in judged for shown in one.shown]
    return sorted(every, key=lambda shown: grave.index(shown.severity), reverse=True)


def _each(questions: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(questions))
