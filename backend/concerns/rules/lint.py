"""What a condition may say: comparisons, `&& || !`, `in`, `exists`, `all`, over `facts` alone.

Arithmetic, dates, lengths and text functions differ between the two engines (server and phone), so
they belong into the facts. Indexing and maps raise what an absent fact raises and are forbidden too.
"""

import re
from collections.abc import Mapping

import cel

from .model import RuleInvalid, Ruleset

_FACT = re.compile(r"\bfacts\.([a-z][a-z0-9_]*)")
_STRING = re.compile(r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"")
_ALLOWED = frozenset(
    {"_&&_", "_||_", "!_", "_==_", "_!=_", "_<_", "_<=_", "_>_", "_>=_", "@in",
     "@not_strictly_false"}
)  # fmt: skip


def fact_names(when: str) -> frozenset[str]:
    """The facts a condition speaks of."""
    return frozenset(_FACT.findall(_STRING.sub("''", when)))


def lint(ruleset: Ruleset, types: Mapping[str, str]) -> None:
    """Raises `RuleInvalid` for the first thing that is wrong. `types` maps each fact to its type."""
    for rule in ruleset.rules:
        for number, branch in enumerate(rule.branches):
            problem = _problem(branch.when, types)
            if problem:
                raise RuleInvalid(f"rule {rule.id}, branch {number}: {problem}")


def _problem(when: str, types: Mapping[str, str]) -> str | None:
    try:
        references = cel.compile(when).references()
    except ValueError as error:
        return f"not a condition: {error}"
    bare = _STRING.sub("''", when)
    unknown = sorted(fact_names(when) - types.keys())
    foreign = sorted(set(references["functions"]) - _ALLOWED)
    if unknown:
        return f"no fact is called {unknown[0]}; add it to facts.yaml first"
    if foreign:
        return f"{foreign[0]} may not be used; compute it as a fact"
    if re.search(r"\bhas\s*\(|\{", bare):
        return "has() and maps may not be used; an absent fact has to stay unknown"
    return _mistyped(bare, types)


def _mistyped(bare: str, types: Mapping[str, str]) -> str | None:
    """CEL calls a text unequal to a number without complaint: such a rule would never hold."""
    for name, literal in re.findall(
        r"facts\.([a-z]\w*)\s*(?:==|!=|<=?|>=?)\s*('|\d|true|false)", bare
    ):
        kind = {"'": "text", "true": "bool", "false": "bool"}.get(literal, "int")
        if types[name] != kind:
            return f"{name} is {types[name]} and is compared with {kind}"
    return None
