"""What a rule is. Rules are data; see `national.yaml` for those that ship."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fieldforms.vocabulary import codes

Deadline = str | Mapping[str, int]


class RuleInvalid(ValueError):
    """A rule that cannot be published; the text names the rule, the place and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Branch:
    """`when` is a CEL condition over `facts`; the first branch that holds gives the finding."""

    when: str
    severity: str
    to: tuple[str, ...]
    deadline: Deadline
    do: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One version of one rule. A published version never changes."""

    id: str
    version: int
    title: Mapping[str, str]
    branches: tuple[Branch, ...]
    basis: tuple[str, ...]
    lesson: str
    sealed: bool = False


@dataclass(frozen=True, slots=True)
class Ruleset:
    """Rules in order, and the SHA-256 of their content: what a visit names as the rules it saw."""

    rules: tuple[Rule, ...]
    sha256: str


def ruleset(documents: Sequence[Mapping[str, Any]]) -> Ruleset:
    """Raises `RuleInvalid`."""
    rules = tuple(_rule(document) for document in documents)
    doubled = {rule.id for rule in rules if sum(other.id == rule.id for other in rules) > 1}
    if doubled:
        raise RuleInvalid(f"rules {sorted(doubled)} stand twice; keep one version of each")
    canonical = json.dumps(documents, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return Ruleset(rules, hashlib.sha256(canonical.encode()).hexdigest())


def _rule(document: Mapping[str, Any]) -> Rule:
    name = str(document.get("id", "without id"))
    try:
        return Rule(
            id=document["id"],
            version=document["version"],
            title=document["title"],
            branches=tuple(_branch(name, branch) for branch in document["branches"]),
            basis=tuple(document["basis"]),
            lesson=document["lesson"],
            sealed=document.get("sealed", False),
        )
    except KeyError as missing:
        raise RuleInvalid(f"rule {name}: {missing} is missing") from missing


def _branch(rule: str, document: Mapping[str, Any]) -> Branch:
    branch = Branch(
        when=document["when"],
        severity=document["severity"],
        to=tuple(document["to"]),
        deadline=document["deadline"],
        do=document["do"],
    )
    if branch.severity not in codes("severity"):
        raise RuleInvalid(f"rule {rule}: severity {branch.severity!r} is not one of the list")
    return branch
