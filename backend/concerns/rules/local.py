"""What a county, prefecture or province sets on top of the national rules. Pure.

A variant is data:

    branches:
      - {rule: R10, version: 2, branch: 1, deadline: {hours: 12}, add: [education], remove: [township]}
    risk_levels:
      RED: {label: {zh: 一级, en: Level one}, colour: '#c00000'}

It never loosens what the law fixes: a deadline may only be earlier, or for one that is our default
(`latest`) up to that; a statutory recipient stays. Where the national rule has moved on to another
version than the variant was written for, only what sharpens still applies.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from fieldforms.vocabulary import codes

from .model import (
    Branch,
    Deadline,
    Rule,
    RuleInvalid,
    Ruleset,
    digest,
    due,
    in_both,
    later,
    of_list,
)

# Whom a sealed finding may be told to by a county: nobody near the child's home.
SEALED_TO = frozenset({"police", "procuratorate", "court", "county_officer"})
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
_MEMBERS = {"branches", "risk_levels"}
_OF_BRANCH = {"rule", "version", "branch", "deadline", "add", "remove"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What a variant sets for one branch of one version of a rule."""

    rule: str
    version: int
    branch: int
    deadline: Deadline | None = None
    add: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """`division` has 2, 4 or 6 digits. `risk_levels`: `{code: {label: {zh, en}, colour}}`."""

    division: str
    sha256: str
    changes: Mapping[tuple[str, int], Change]
    risk_levels: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Local:
    """Where a branch's finding goes here, and by when; `by` are the variants that had a say."""

    to: tuple[str, ...]
    deadline: Deadline
    by: tuple[str, ...] = ()


def variant(division: str, content: Mapping[str, Any]) -> Variant:
    """Raises `RuleInvalid`, whatever the content is."""
    try:
        _known(content, _MEMBERS, "the variant")
        changes = [_change(one) for one in content.get("branches", [])]
        levels = dict(content.get("risk_levels", {}))
        for code, shown in levels.items():
            _level(code, shown)
    except KeyError as missing:
        raise RuleInvalid(f"a branch of the variant: {missing} is missing") from missing
    except (TypeError, AttributeError, ValueError) as error:
        if isinstance(error, RuleInvalid):
            raise
        raise RuleInvalid(f"it has not the shape of a variant ({error})") from error
    by_branch = {(change.rule, change.branch): change for change in changes}
    if len(by_branch) < len(changes):
        raise RuleInvalid("a branch stands twice in the variant; keep one line for each")
    return Variant(division=division, sha256=digest(content), changes=by_branch, risk_levels=levels)


def faults(found: Variant, rules: Ruleset) -> list[str]:
    """What of it may not be set over these rules, each with what to do."""
    by_id = {rule.id: rule for rule in rules.rules}
    if not found.changes and not found.risk_levels:
        return ["the variant sets nothing; name a branch or a risk level"]
    return [fault for one in found.changes.values() for fault in _faults(one, by_id.get(one.rule))]


def localised(rule: Rule, number: int, variants: Sequence[Variant]) -> Local:
    """`variants` from the widest division to the narrowest; the narrowest has the last word."""
    branch = rule.branches[number]
    to, deadline, by = branch.to, branch.deadline, []
    for one in variants:
        change = one.changes.get((rule.id, number))
        if change is None:
            continue
        before = (to, deadline)
        to = _told(rule, branch, to, change)
        if change.deadline is not None and _allowed(rule, branch, change):
            deadline = change.deadline
        if (to, deadline) != before:
            by.append(one.sha256)
    return Local(to, deadline, tuple(by))


def _told(rule: Rule, branch: Branch, to: tuple[str, ...], change: Change) -> tuple[str, ...]:
    added = [code for code in change.add if not rule.sealed or code in SEALED_TO]
    gone = set(change.remove) - set(branch.statutory) if change.version == rule.version else set()
    kept = [code for code in to if code not in gone]
    told = (*kept, *(code for code in added if code not in kept))
    return told or to


def _allowed(rule: Rule, branch: Branch, change: Change) -> bool:
    assert change.deadline is not None
    if later(change.deadline, branch.deadline) is False:
        return True
    current, latest = change.version == rule.version, branch.latest
    return current and latest is not None and later(change.deadline, latest) is False


def _change(given: Mapping[str, Any]) -> Change:
    _known(given, _OF_BRANCH, f"rule {given['rule']}")
    where = f"rule {given['rule']}, branch {given['branch']}"
    for name in ("version", "branch"):
        if type(given[name]) is not int or given[name] < 0:
            raise RuleInvalid(f"{where}: {name} {given[name]!r} is not a number")
    change = Change(
        rule=str(given["rule"]),
        version=given["version"],
        branch=given["branch"],
        deadline=due(where, given["deadline"]) if "deadline" in given else None,
        add=tuple(given.get("add", ())),
        remove=tuple(given.get("remove", ())),
    )
    of_list(where, "recipient", [*change.add, *change.remove])
    return change


def _level(code: str, shown: Mapping[str, Any]) -> None:
    of_list("risk_levels", "risk_level", [code])
    _known(shown, {"label", "colour"}, f"risk level {code}")
    if "label" in shown and not in_both(shown["label"]):
        raise RuleInvalid(f"risk level {code}: its label needs a text in zh and in en")
    if "colour" in shown and not _COLOUR.fullmatch(shown["colour"]):
        raise RuleInvalid(f"risk level {code}: {shown['colour']!r} is no colour; write #rrggbb")


def _known(given: Mapping[str, Any], members: set[str], where: str) -> None:
    unknown = sorted(set(given) - members)
    if unknown:
        raise RuleInvalid(f"{where}: {unknown[0]!r} is not known; use {', '.join(sorted(members))}")


def _faults(change: Change, rule: Rule | None) -> Iterator[str]:
    where = f"rule {change.rule}, branch {change.branch}"
    if rule is None or change.branch >= len(rule.branches):
        yield f"{where}: the national rules have no such branch"
        return
    branch = rule.branches[change.branch]
    if change.version != rule.version:
        yield f"{where}: the rule in force is version {rule.version}; look at it and name it"
    if change.deadline is not None and not _allowed(rule, branch, change):
        yield f"{where}: {_limit(branch)}"
    fixed = sorted(set(change.remove) & set(branch.statutory))
    if fixed:
        yield f"{where}: {fixed[0]} is told by law and cannot be left out"
    strangers = sorted(set(change.remove) - set(branch.to))
    if strangers:
        yield f"{where}: {strangers[0]} is not told anyway; take it out of `remove`"
    if rule.sealed and not SEALED_TO.issuperset(change.add):
        yield f"{where}: the rule is sealed; only {', '.join(sorted(SEALED_TO))} may be added"
    if not (set(branch.to) - set(change.remove) | set(change.add)):
        yield f"{where}: nobody would be told; add somebody or remove fewer"
    if change.deadline is None and not change.add and not change.remove:
        yield f"{where}: it changes nothing; take the line out"


def _limit(branch: Branch) -> str:
    if branch.latest is None:
        return (
            f"the deadline is {branch.deadline} by law; only an earlier one may be set, in its unit"
        )
    return f"the deadline may be set up to {branch.latest}, in its unit"


def risk_levels(variants: Sequence[Variant]) -> dict[str, dict[str, Any]]:
    """How each level is called and coloured here; what nobody set is left to the vocabulary."""
    shown: dict[str, dict[str, Any]] = {code: {} for code in codes("risk_level")}
    for one in variants:
        for code, said in one.risk_levels.items():
            shown[code] |= said
    return {code: said for code, said in shown.items() if said}
