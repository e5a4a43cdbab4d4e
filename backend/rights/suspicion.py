"""Whether what somebody wrote may suspect a parent, a guardian or somebody else of the family. Pure.

Forms ask who is suspected by kinds of people, not by names: whom an answer may mean counts as meant.
Better one copy too few for a father who did nothing than one for a father who did it.
"""

from collections.abc import Mapping
from typing import Any

from fieldforms.suspects import QUESTION, SEALED_QUESTION

# Kinds of `suspect` that an adult of the household may be.
_MAY_BE = frozenset({"parent", "family", "unknown", "not_collected"})
# Each says by itself that it happened in the family or that the law has spoken to somebody there.
_AT_HOME = (
    "beaten", "domestic_violence_suspected", "abandoned", "made_to_beg", "sold_or_bought",
    "police_warning_issued", "protection_order", "protection_order_breached",
)  # fmt: skip
# By whom is another question; as long as nobody answered it, it may be anybody.
_BY_SOMEBODY = ("visible_injuries", "severe_malnutrition", "poisoned", "other_serious_harm")
_BY_SOMEBODY_SEALED = (
    "sexual_abuse_suspected", "sexual_danger", "online_sexual", "pregnancy_or_abortion",
    "pregnancy_from_abuse",
)  # fmt: skip
# Steps of the office that are taken against a guardian.
_STEPS = frozenset({
    "guardian_warning.give", "protection_order.apply", "case.file_revocation",
})  # fmt: skip


def of_the_family(kind: str, data: Mapping[str, Any]) -> bool:
    """Whether an operation of a child's or household's file may suspect somebody of the family."""
    if kind in _STEPS:
        return True
    given = data.get("answers")
    answers: Mapping[str, Any] = given if isinstance(given, Mapping) else {}
    return (
        any(answers.get(name) == "yes" for name in _AT_HOME)
        or _open(kind, answers)
        or _sealed(answers)
        or "violence" in _codes(answers.get("hazards"))
    )


def _open(kind: str, answers: Mapping[str, Any]) -> bool:
    named = _codes(answers.get(QUESTION))
    if named:
        return not _MAY_BE.isdisjoint(named)
    # A report always asks; whoever did not answer has ruled nobody out.
    return kind == "concern.raise" or any(answers.get(name) == "yes" for name in _BY_SOMEBODY)


def _sealed(answers: Mapping[str, Any]) -> bool:
    named = _codes(answers.get(SEALED_QUESTION))
    if named:
        return not _MAY_BE.isdisjoint(named)
    return bool(answers.get("sealed_words")) or any(
        answers.get(name) == "yes" for name in _BY_SOMEBODY_SEALED
    )


def _codes(given: object) -> set[str]:
    return {
        code
        for code in (given if isinstance(given, list) else [given])
        if isinstance(code, str) and code
    }
