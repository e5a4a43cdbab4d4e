"""What other rules make of the same things. Pure: causes in, counts and samples out."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from fieldforms.vocabulary import codes

from ..inputs import Cause
from ..judging import Found, Judgement, by_rules
from ..rules.local import Variant
from ..rules.model import Ruleset

CHANGES = tuple(codes("rules_change"))
# What is counted for each county and rule. `stored`: found when it was judged, by the rules of then.
COUNTED = ("stored", "before", "after", *CHANGES, "failures", "gaps_before", "gaps")
# Findings shown as examples, of each county and rule.
SAMPLES = 3
# Under this name stands what could not be read of sealed answers.
SEALED_FACTS = "facts.sealed"


@dataclass(frozen=True, slots=True)
class Side:
    """Rules with the local variants over them: `local` by division, the widest first."""

    rules: Ruleset
    local: Mapping[str, Sequence[Variant]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One finding that would change. `facts` are those that matched, where it would be found."""

    county: str
    rule: str
    change: str
    op: UUID
    file: UUID
    branch: int
    severity: str
    facts: Mapping[str, Any]


@dataclass(slots=True)
class Comparison:
    """`counts`: `{county: {rule: {what: number}}}`, what is nought left out. `sampled`: how many
    examples there are of each county and rule, those of earlier batches too.
    """

    counts: dict[str, dict[str, dict[str, int]]] = field(default_factory=dict)
    samples: list[Sample] = field(default_factory=list)
    sampled: Counter[tuple[str, str]] = field(default_factory=Counter)

    def count(self, county: str, rule: str, what: str) -> None:
        own = self.counts.setdefault(county, {}).setdefault(rule, {})
        own[what] = own.get(what, 0) + 1


def sealed_rules(*sides: Side) -> list[str]:
    """Whose numbers are for named people alone: sealed by one side is sealed."""
    named = {rule.id for side in sides for rule in side.rules.rules if rule.sealed}
    return sorted({*named, SEALED_FACTS})


def compare(
    cause: Cause, before: Side, after: Side, stored: Sequence[str], into: Comparison
) -> None:
    """Adds what the sides make of one cause; `stored` are the rules that were found when it came."""
    county = cause.division[:6]
    old, _ = by_rules(cause, before.rules, before.local.get(cause.division, ()))
    new, failures = by_rules(cause, after.rules, after.local.get(cause.division, ()))
    for rule in stored:
        into.count(county, rule, "stored")
    for failure in failures:
        into.count(county, failure.split()[0], "failures")
    for name, judgement in (("gaps_before", old), ("gaps", new)):
        for gap in judgement.gaps:
            into.count(county, gap.rule, name)
    ours, theirs = _by_rule(old), _by_rule(new)
    for rule in sorted(ours.keys() | theirs.keys()):
        _count(cause, county, rule, ours.get(rule), theirs.get(rule), into)


def _by_rule(judgement: Judgement) -> dict[str, Found]:
    return {
        SEALED_FACTS if found.rule == "facts" and found.sealed else found.rule: found
        for found in judgement.findings
    }


def _count(
    cause: Cause, county: str, rule: str, old: Found | None, new: Found | None, into: Comparison
) -> None:
    if old:
        into.count(county, rule, "before")
    if new:
        into.count(county, rule, "after")
    for change in changes(old, new):
        into.count(county, rule, change)
        _sample(cause, county, rule, change, old, new, into)


def changes(old: Found | None, new: Found | None) -> list[str]:
    """Codes of the list `rules_change`."""
    if old is None or new is None:
        return [] if old is new else ["appear" if new else "disappear"]
    differs = {
        "severity": old.severity != new.severity,
        "deadline": old.deadline != new.deadline,
        "recipients": set(old.to) != set(new.to),
    }
    return [change for change, does in differs.items() if does]


def _sample(
    cause: Cause, county: str, rule: str, change: str, old: Found | None, new: Found | None,
    into: Comparison,
) -> None:  # fmt: skip
    """A sealed finding is no example: not even its child may be named."""
    found = new or old
    assert found is not None
    if found.sealed or cause.sealed or into.sampled[county, rule] >= SAMPLES:
        return
    into.sampled[county, rule] += 1
    into.samples.append(
        Sample(
            county=county, rule=rule, change=change, op=cause.entry.op, file=cause.entry.file,
            branch=found.branch, severity=found.severity, facts=found.facts,
        )
    )  # fmt: skip
