"""What is wrong with rules that somebody wants to bring into force."""

import json
from typing import Any

import yaml

from backend.regions import codes
from fieldforms import facts

from .. import judge, rulesets
from ..models import RulesEdition
from ..rules import lint, local
from ..rules.model import RuleInvalid, Ruleset
from .errors import RulesFaulty


def refuse_faults(content: Any, division: str) -> None:
    """Raises `RulesFaulty` with all of them, and for rules `RuleVersionStands` and `RulesetStands`."""
    found = unstorable(content)
    if not found:
        found = variant_faults(content, division) if division else rule_faults(content)
    if found:
        raise RulesFaulty(count=len(found), first=found[0], details=found)
    if not division:
        rulesets.refuse_changes(content)


def unstorable(content: Any) -> list[str]:
    """JSON and nothing else, without the one character that the database cannot hold."""
    try:
        written = json.dumps(content, allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        return [f"texts, whole numbers, lists and mappings only ({error}); quote what is a text"]
    return ["a text holds a NUL character; take it out"] if "\\u0000" in written else []


def content_of(text: str) -> Any:
    """What somebody wrote in YAML, JSON among it. Raises `RulesFaulty`."""
    try:
        if any(isinstance(event, yaml.AliasEvent) for event in yaml.parse(text)):
            raise _unread("a * stands for another part; write it out")
        content = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise _unread(f"this is no YAML: {error}") from error
    return content


def _unread(fault: str) -> RulesFaulty:
    return RulesFaulty(count=1, first=fault, details=[fault])


def rule_faults(content: Any) -> list[str]:
    return lint.faults(content, facts.types(), codes=facts.code_lists(), sealed=facts.sealed())


def variant_faults(content: Any, division: str) -> list[str]:
    """Against the rules in force."""
    if not codes.is_well_formed(division) or len(division) > 6:
        return [f"{division!r} is no province, prefecture or county; give 2, 4 or 6 digits"]
    try:
        return local.faults(local.variant(division, content), judge.in_force())
    except RuleInvalid as fault:
        return [str(fault)]


def unfitting(rules: Ruleset) -> dict[str, list[str]]:
    """What published variants would lose under other rules, by division: their owners should hear of it."""
    rows = RulesEdition.objects.filter(status="published").exclude(division=codes.COUNTRY)
    found = {
        division: local.faults(local.variant(division, content), rules)
        for division, content in rows.values_list("division", "content")
    }
    return {division: faults for division, faults in sorted(found.items()) if faults}
