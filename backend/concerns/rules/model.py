"""What a rule is. Rules are data; see `national.yaml` for those that ship."""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from fieldforms.vocabulary import codes

Deadline = str | Mapping[str, int]
# More than a year in hours; a date that a computer cannot count to would cost a visit.
LONGEST = 9999
_ID = re.compile(r"[A-Za-z0-9_.-]{1,40}")


class RuleInvalid(ValueError):
    """A rule that cannot be published; the text names the rule, the place and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Branch:
    """`when` is a CEL condition over `facts`; the first branch that holds gives the finding.

    `to`: codes of the vocabulary's list `recipient`. `do`: what she does now, in zh and en. `says`:
    the condition in words. `latest`: how late a county may set the deadline, None where the law sets
    it. `statutory`: the recipients that no county may leave out.
    """

    when: str
    severity: str
    to: tuple[str, ...]
    deadline: Deadline
    do: Mapping[str, str]
    says: Mapping[str, str] = field(default_factory=dict)
    latest: Deadline | None = None
    statutory: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One version of one rule. A published version never changes.

    `basis`: codes of the list `legal_basis`, or the words of a local rule. `lesson`: of `lesson`.
    """

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
    rules = tuple(rule_of(document) for document in documents)
    doubled = {rule.id for rule in rules if sum(other.id == rule.id for other in rules) > 1}
    if doubled:
        raise RuleInvalid(f"rules {sorted(doubled)} stand twice; keep one version of each")
    return Ruleset(rules, digest(documents))


def digest(content: Any) -> str:
    """SHA-256 of canonical JSON."""
    canonical = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def rule_of(document: Mapping[str, Any]) -> Rule:
    """Raises `RuleInvalid`, whatever the document is."""
    name = str(document.get("id", "without id")) if isinstance(document, Mapping) else "without id"
    try:
        rule = Rule(
            id=document["id"],
            version=document["version"],
            title=document["title"],
            branches=tuple(
                _branch(f"rule {name}, branch {number}", branch)
                for number, branch in enumerate(document["branches"])
            ),
            basis=tuple(document["basis"]),
            lesson=document["lesson"],
            sealed=document.get("sealed", False),
        )
        return _checked(rule)
    except KeyError as missing:
        raise RuleInvalid(f"rule {name}: {missing} is missing") from missing
    except (TypeError, AttributeError) as error:
        raise RuleInvalid(
            f"rule {name}: it has not the shape of a rule ({error}); compare it with national.yaml"
        ) from error


def _checked(rule: Rule) -> Rule:
    if not isinstance(rule.id, str) or not _ID.fullmatch(rule.id):
        raise RuleInvalid(f"rule {rule.id!r}: an id has letters, digits, _ . and -, at most 40")
    if not all(isinstance(basis, str) for basis in rule.basis):
        raise RuleInvalid(f"rule {rule.id}: basis is a list of codes or of words")
    if type(rule.version) is not int or not 1 <= rule.version < 2**31:
        raise RuleInvalid(f"rule {rule.id}: version {rule.version!r} is not a number from 1 on")
    if type(rule.sealed) is not bool:
        raise RuleInvalid(f"rule {rule.id}: sealed is {rule.sealed!r}; say true or false")
    if not rule.branches:
        raise RuleInvalid(f"rule {rule.id}: it has no branch")
    of_list(f"rule {rule.id}", "lesson", [rule.lesson])
    for texts in (rule.title, *(branch.do for branch in rule.branches)):
        if not in_both(texts):
            raise RuleInvalid(f"rule {rule.id}: {texts} needs a text in zh and in en")
    ranks = [codes("severity").index(branch.severity) for branch in rule.branches]
    if ranks != sorted(ranks, reverse=True):
        raise RuleInvalid(
            f"rule {rule.id}: the first branch that holds wins; put graver ones first"
        )
    return rule


def in_both(texts: Mapping[str, str]) -> bool:
    return all(isinstance(texts.get(tongue), str) and texts[tongue] for tongue in ("zh", "en"))


def of_list(where: str, name: str, said: Sequence[str]) -> None:
    """Raises `RuleInvalid` for what is no code of the list."""
    for code in said:
        if code not in codes(name):
            raise RuleInvalid(f"{where}: {name} {code!r} is not one of the list")


def due(where: str, deadline: Any) -> Deadline:
    """`now`, or one count from the time of receipt; {working_days: 0} is the same day.

    Raises `RuleInvalid`.
    """
    if deadline == "now":
        return "now"
    if isinstance(deadline, Mapping) and len(deadline) == 1:
        ((unit, count),) = deadline.items()
        if unit in {"hours", "working_days"} and type(count) is int and 0 <= count <= LONGEST:
            return deadline
    raise RuleInvalid(
        f"{where}: {deadline!r} is no deadline; say now, hours or working_days, {LONGEST} at most"
    )


def later(one: Deadline, other: Deadline) -> bool | None:
    """Whether one deadline is later than another; None where hours and working days cannot be compared."""
    if one == other or "now" in (one, other):
        return one != other and one != "now"
    if isinstance(one, str) or isinstance(other, str) or one.keys() != other.keys():
        return None
    return bool(next(iter(one.values())) > next(iter(other.values())))


def _branch(where: str, document: Mapping[str, Any]) -> Branch:
    branch = Branch(
        when=document["when"],
        severity=document["severity"],
        to=tuple(document["to"]),
        deadline=due(where, document["deadline"]),
        do=document["do"],
        says=document.get("says") or {},
        latest=due(where, document["latest"]) if "latest" in document else None,
        statutory=tuple(document.get("statutory", document["to"])),
    )
    if not isinstance(branch.when, str):
        raise RuleInvalid(f"{where}: when is {branch.when!r}; write a condition over facts")
    of_list(where, "severity", [branch.severity])
    of_list(where, "recipient", branch.to)
    if not branch.to:
        raise RuleInvalid(f"{where}: it goes to nobody")
    left_out = sorted(set(branch.statutory) - set(branch.to))
    if left_out:
        raise RuleInvalid(f"{where}: {left_out[0]} is statutory and not told; add it to `to`")
    if branch.latest is not None and later(branch.latest, branch.deadline) is not True:
        raise RuleInvalid(
            f"{where}: latest {branch.latest!r} is not later than the deadline; use its unit, or"
            " leave `latest` out if the law sets the deadline"
        )
    return branch
