"""What critical rules could not decide for want of an answer that she could have given. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from fieldforms import asking
from fieldforms.facts import Case

from .rules.engine import Gap

# [P] So many critical questions that were asked and are open make a visit one to look at.
MANY = 5


def of_visit(gaps: Sequence[Gap], case: Case, found: Mapping[str, Any]) -> list[Gap]:
    """The gaps with the questions that would close them, and without what her form version never asks
    for; one with nothing left is none. `found` are the facts of the case.
    """
    kept = []
    for gap in gaps:
        missing = tuple(name for name in gap.missing if asking.could_know(case, found, name))
        if missing:
            ask = tuple(asking.to_ask(case, found, missing))
            kept.append(replace(gap, missing=missing, ask=ask))
    return kept


def nothing_learned(answers: Mapping[str, Any]) -> bool:
    """An attempted visit at which nobody told anything: it leaves everything open and nothing to ask."""
    attempted = answers.get("visit_mode") == "attempted"
    return attempted and answers.get("anything_learned") != "yes"
