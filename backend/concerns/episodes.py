"""Which escalation a finding belongs to. Pure: the rows are read by whoever calls.

One open escalation per child and episode, sealed ones apart. What was observed before the last one
ended belongs to it and reopens it; what was observed later starts the next episode.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from fieldforms.vocabulary import codes
from sync.entries import Draft, Entry
from sync.protocol import ids

# The server itself, as the author of what follows from an operation.
SERVER = UUID(int=0)
Place = tuple[UUID, bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Episode:
    """The last escalation of a child: open, or ended at `ended`."""

    id: UUID
    number: int
    ended: dt.datetime | None


def drafts(
    findings: Sequence[Entry], *, last: Mapping[Place, Episode], now: dt.datetime
) -> list[Draft]:
    """One operation per child and sealedness; `last` is keyed by (child, sealed).

    Ids derive from the first finding's operation, so nothing is opened twice.
    """
    places: dict[Place, list[Entry]] = {}
    for finding in findings:
        places.setdefault((finding.file, bool(finding.data["sealed"])), []).append(finding)
    return [_draft(place, own, last.get(place), now) for place, own in places.items()]


def _draft(place: Place, findings: list[Entry], last: Episode | None, now: dt.datetime) -> Draft:
    child, sealed = place
    first = min(findings, key=lambda finding: finding.op)
    kind, target = "escalation.open", ids.derived(first.op, "escalation")
    if last is not None and last.ended is None:
        kind, target = "escalation.extend", last.id
    elif last is not None and last.ended is not None and _observed(findings) < last.ended:
        kind, target = "escalation.reopen", last.id
    data = {
        **_evidence(findings),
        "sealed": sealed,
        "episode": last.number + 1 if last else 1,
        "division": first.data["division"],
    }
    op = ids.derived(first.op, kind)
    return Draft(op=op, person=SERVER, kind=kind, target=target, file=child, data=data, at=now)


def _evidence(findings: Sequence[Entry]) -> dict[str, Any]:
    """Highest severity, earliest deadline, all recipients; the two clocks of the earliest news."""
    data = [finding.data for finding in findings]
    return {
        "severity": max((item["severity"] for item in data), key=codes("severity").index),
        "deadline": _earliest(data, "deadline"),
        "to": sorted({name for item in data for name in item["to"]}),
        "findings": [str(finding.target) for finding in findings],
        "observed": _earliest(data, "observed"),
        "received": _earliest(data, "received"),
    }


def _earliest(data: Sequence[Mapping[str, Any]], name: str) -> str:
    return min(dt.datetime.fromisoformat(item[name]) for item in data).isoformat()


def _observed(findings: Sequence[Entry]) -> dt.datetime:
    return min(dt.datetime.fromisoformat(finding.data["observed"]) for finding in findings)
