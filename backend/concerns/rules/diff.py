"""What differs between two sets of rules, rule by rule. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Document = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Difference:
    """One member of a rule, `branches.1.deadline`, before and after; None is absent."""

    path: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class RuleDifference:
    """`change`: added, removed or changed. Rules that are the same are left out."""

    rule: str
    change: str
    differences: list[Difference]


def between(before: Sequence[Document], after: Sequence[Document]) -> list[RuleDifference]:
    """In the order of the rules after, those that are gone last."""
    old = {str(rule["id"]): rule for rule in before}
    new = {str(rule["id"]): rule for rule in after}
    found = []
    for name in (*new, *(name for name in old if name not in new)):
        if name not in old or name not in new:
            found.append(RuleDifference(name, "added" if name in new else "removed", []))
        elif old[name] != new[name]:
            found.append(RuleDifference(name, "changed", members(old[name], new[name])))
    return found


def members(before: Any, after: Any, path: str = "") -> list[Difference]:
    """The innermost members that differ. A list of codes is one member, a list of branches is not."""
    if before == after:
        return []
    pairs = _paired(before, after)
    if pairs is None:
        return [Difference(path, before, after)]
    return [
        found
        for name, one, other in pairs
        for found in members(one, other, f"{path}.{name}" if path else name)
    ]


def _paired(before: Any, after: Any) -> list[tuple[str, Any, Any]] | None:
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        names = [*before, *(name for name in after if name not in before)]
        return [(name, before.get(name), after.get(name)) for name in names]
    if _of_mappings(before) and _of_mappings(after):
        longest = range(max(len(before), len(after)))
        return [(str(at), _at(before, at), _at(after, at)) for at in longest]
    return None


def _of_mappings(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, Mapping) for item in value)


def _at(values: Sequence[Any], place: int) -> Any:
    return values[place] if place < len(values) else None
