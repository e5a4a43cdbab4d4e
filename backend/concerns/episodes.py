"""Which escalation a finding belongs to. Pure: the rows are read by whoever calls.

One open escalation per child and episode; sealed ones apart, and those that pass over a level of the
reporting chain, because an escalation has one audience. What was observed before the last one
ended belongs to it and reopens it; what was observed later starts the next episode.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from fieldforms.vocabulary import codes
from sync.entries import Draft, Entry
from sync.protocol import ids

from . import levels, news

# The server itself, as the author of what follows from an operation.
SERVER = UUID(int=0)
# The child, whether it is sealed, and the level that is passed over.
Place = tuple[UUID, bool, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Episode:
    """The last escalation of a child: open, or ended at `ended`.

    `known`: what it holds, by rule; `worker`: whoever was given it or has acknowledged it.
    """

    id: UUID
    number: int
    ended: dt.datetime | None
    acknowledged: dt.datetime | None = None
    worker: UUID | None = None
    known: Mapping[str, news.Known] = field(default_factory=dict)


def drafts(
    findings: Sequence[Entry], *, last: Mapping[Place, Episode], now: dt.datetime
) -> list[Draft]:
    """One operation per child and audience.

    Ids derive from the first finding's operation, so nothing is opened twice.
    """
    places: dict[Place, list[Entry]] = {}
    for finding in findings:
        place = finding.file, bool(finding.data["sealed"]), finding.data.get("skips", "")
        places.setdefault(place, []).append(finding)
    return [_draft(place, own, last.get(place), now) for place, own in places.items()]


def _draft(place: Place, findings: list[Entry], last: Episode | None, now: dt.datetime) -> Draft:
    child, sealed, skips = place
    first = min(findings, key=lambda finding: finding.op)
    kind, target = "escalation.open", ids.derived(first.op, "escalation")
    if last is not None and last.ended is None:
        kind, target = "escalation.extend", last.id
    elif last is not None and last.ended is not None and _observed(findings) < last.ended:
        kind, target = "escalation.reopen", last.id
    evidence = _evidence(findings)
    data = {
        **evidence,
        "sealed": sealed,
        "skips": skips,
        "level": levels.start(evidence["to"], evidence["severity"], sealed=sealed, skips=skips),
        "episode": last.number + 1 if last else 1,
        "division": first.data["division"],
        "uncalled": _uncalled(findings),
    }
    if last is not None and kind == "escalation.extend":
        data["news"] = news.joined(
            [finding.data for finding in findings], last.known, last.acknowledged
        )
        data["worker"] = str(last.worker) if last.worker else None
    op = ids.derived(first.op, kind)
    return Draft(op=op, person=SERVER, kind=kind, target=target, file=child, data=data, at=now)


def _evidence(findings: Sequence[Entry]) -> dict[str, Any]:
    """Highest severity, earliest deadline, all recipients; the two clocks of the earliest news."""
    data = [finding.data for finding in findings]
    return {
        "severity": max((item["severity"] for item in data), key=codes("severity").index),
        "deadline": _earliest(data, "deadline"),
        "deadline_fallback": _first(data, "deadline").get("deadline_fallback", False),
        "police": next((item["police"] for item in data if item.get("police")), None),
        "to": sorted({name for item in data for name in item["to"]}),
        "findings": [str(finding.target) for finding in findings],
        "observed": _earliest(data, "observed"),
        "received": _earliest(data, "received"),
    }


def _uncalled(findings: Sequence[Entry]) -> str | None:
    """When the last of these was observed that the police must hear of, and no call is on record."""
    observed = [
        dt.datetime.fromisoformat(finding.data["observed"])
        for finding in findings
        if "police" in finding.data["to"] and not finding.data.get("police")
    ]
    return max(observed).isoformat() if observed else None


def _earliest(data: Sequence[Mapping[str, Any]], name: str) -> str:
    return dt.datetime.fromisoformat(_first(data, name)[name]).isoformat()


def _first(data: Sequence[Mapping[str, Any]], name: str) -> Mapping[str, Any]:
    return min(data, key=lambda item: dt.datetime.fromisoformat(item[name]))


def _observed(findings: Sequence[Entry]) -> dt.datetime:
    return min(dt.datetime.fromisoformat(finding.data["observed"]) for finding in findings)
