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
QUESTION = "suspected_persons"


def skipped(data: Mapping[str, Any]) -> str:
    """The highest level at which somebody is suspected by an operation's answers, or ""."""
    answers = data.get("answers")
    given = answers.get(QUESTION) if isinstance(answers, Mapping) else None
    named = given if isinstance(given, list) else [given]
    found = [_WORKS_AT[code] for code in named if isinstance(code, str) and code in _WORKS_AT]
    return max(found, key=CHAIN.index, default="")


def shown(data: Mapping[str, Any]) -> dict[str, Any]:
    """What a phone may have of such an operation: that it is there, which its digest counts, no word."""
    return {"withheld": True} if skipped(data) else dict(data)
