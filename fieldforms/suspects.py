"""Who is suspected, as far as it is somebody in the chain that a report goes through."""

from collections.abc import Mapping
from typing import Any

# From the lowest level that a report passes to the highest.
CHAIN = ("village", "township", "county")
# A supervisor most often sits in the village committee: a suspect there is one at her own table.
_WORKS_AT = {
    "village_committee": "village", "supervisor": "village", "township_worker": "township",
    "county_worker": "county",
}  # fmt: skip
# What stands in the place of words that go round somebody.
WITHHELD = {"withheld": True}
# The second stands in the sealed group: whom a sealed matter accuses, no open record may tell.
QUESTION, SEALED_QUESTION = "suspected_persons", "sealed_suspected_persons"


def skipped(data: Mapping[str, Any], *, sealed: bool = False) -> str:
    """The highest level at which somebody is suspected by an operation's answers, or "".

    `sealed`: of a sealed operation, whose own question counts too. Of an open one it never does, even
    where a client put the answer there: that the words go round somebody would tell of what is sealed.
    """
    answers = data.get("answers")
    asked = (QUESTION, SEALED_QUESTION) if sealed else (QUESTION,)
    found = [
        _WORKS_AT[code]
        for question in asked
        for code in _codes(answers.get(question) if isinstance(answers, Mapping) else None)
        if code in _WORKS_AT
    ]
    return max(found, key=CHAIN.index, default="")


def _codes(given: object) -> list[str]:
    return [
        code for code in (given if isinstance(given, list) else [given]) if isinstance(code, str)
    ]


def shown(data: Mapping[str, Any]) -> dict[str, Any]:
    """What a phone may have of such an operation: that it is there, which its digest counts, no word."""
    return {**WITHHELD} if skipped(data) else dict(data)
