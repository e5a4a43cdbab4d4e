"""The risk level that a person reads: the more protective of what people set and of what is open. Pure.

It is derived wherever it is shown and written nowhere. The phone has the same function;
`tests/forms/level_vectors.json` speaks for both.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from .vocabulary import codes, detail

# `{rule, title: {zh, en}, severity, observed}`, the time in ISO 8601 with its zone.
Reason = Mapping[str, Any]
ORDER = tuple(codes("risk_level"))


@dataclass(frozen=True, slots=True)
class Shown:
    """`set` is what people set, the more protective where they disagree; `because` is what is open."""

    level: str
    set: str
    because: list[dict[str, Any]]


def shown(set_by_people: str, open_now: Iterable[Reason]) -> Shown:
    because = reasons(open_now)
    level = graver(set_by_people, *(of_severity(reason["severity"]) for reason in because))
    return Shown(level, set_by_people, because)


def of_severity(severity: str) -> str:
    """The least that a danger so grave is shown as; a severity that only newer rules have, as the gravest."""
    if severity not in codes("severity"):
        return ORDER[0]
    level: str = detail("severity", severity, "risk_level")
    return level


def graver(*levels: str) -> str:
    """The most protective. A level that only a newer phone knows stands behind every known one."""
    known = [level for level in levels if level in ORDER]
    return min(known, key=ORDER.index) if known else next(filter(None, levels), "")


def up_to(level: str) -> tuple[str, ...]:
    """The levels that are more protective than this one."""
    return ORDER[: ORDER.index(level)] if level in ORDER else ORDER


def reasons(open_now: Iterable[Reason]) -> list[dict[str, Any]]:
    """One for each rule, the gravest and of those the latest; the gravest rules first."""
    by_rule: dict[str, dict[str, Any]] = {}
    for reason in sorted(open_now, key=_weight):
        by_rule[reason["rule"]] = dict(reason)
    return sorted(by_rule.values(), key=_weight, reverse=True)


def _weight(reason: Reason) -> tuple[int, datetime, str]:
    grades = codes("severity")
    severity = reason["severity"]
    grade = grades.index(severity) if severity in grades else len(grades)
    return grade, datetime.fromisoformat(reason["observed"]), reason["rule"]
