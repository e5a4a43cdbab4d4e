"""To whom a finding that joins an open escalation is news. Pure.

A danger that nobody working on the escalation knows of always reaches a person, whatever its status
(decisions/0008). What only says again what is known does not ring a second time.
"""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from fieldforms.vocabulary import codes

# From the narrowest to the widest: nobody is told; whoever works on it, in the inbox; all who have it.
NOBODY, ASSIGNEE, ALL = HEARD = ("nobody", "assignee", "all")
_RINGS_AGAIN = frozenset({"high", "critical"})
# A person's own words, under whatever name: two of them need not be about the same thing.
_WORDS = "concern"


@dataclass(frozen=True, slots=True)
class Known:
    """What an escalation holds of one rule: the gravest severity, and when it was last observed."""

    severity: str
    observed: dt.datetime


def joined(
    findings: Iterable[Mapping[str, Any]],
    known: Mapping[str, Known],
    acknowledged: dt.datetime | None,
) -> str:
    """The widest of what the data of several findings call for; a code of `HEARD`."""
    return max(
        (heard(finding, known.get(finding["rule"]), acknowledged) for finding in findings),
        key=HEARD.index,
    )


def heard(finding: Mapping[str, Any], known: Known | None, acknowledged: dt.datetime | None) -> str:
    """`known` is what the escalation holds of the finding's rule. A code of `HEARD`."""
    if known is None or _rank(finding["severity"]) > _rank(known.severity):
        return ALL
    observed = dt.datetime.fromisoformat(finding["observed"])
    if finding.get("again") and observed <= known.observed:
        # An old visit was judged once more and says what is known.
        return NOBODY
    if finding.get("by_hand") or finding["rule"] == _WORDS:
        return ALL
    if observed == known.observed:
        # The same hour, written down a second time: a correction.
        return NOBODY
    later = observed > known.observed or (acknowledged is not None and observed > acknowledged)
    return ALL if later and finding["severity"] in _RINGS_AGAIN else ASSIGNEE


def _rank(severity: str) -> int:
    return codes("severity").index(severity)
