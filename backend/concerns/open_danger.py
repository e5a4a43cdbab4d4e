"""What is open about a child, kept as escalations and resolutions change it. See caseload/decisions/0005.

A finding is open until its escalation has ended and no concern that brought it is open: only a
resolution that names a concern closes that.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from backend.caseload import queries as caseload
from backend.caseload import services as kept
from backend.visits import queries as visits
from fieldforms import risk
from sync import files, oplog, push
from sync.entries import Applied, Draft
from sync.protocol import ids

from . import life_cycle
from .danger import open_concerns
from .episodes import SERVER
from .models import ENDED, Concern, Escalation, Finding

BATCH = 200
# The steps that change what is open, or who may know of it.
_CHANGES = (
    "escalation.open", "escalation.extend", "escalation.reopen", "escalation.transfer",
    "escalation.keep_out", *life_cycle.ENDS, "concern.resolve",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Change:
    """`shown` are the operations by which phones hear; `critical`: by child, when the last critical
    danger was observed that everybody may know of, of every child that something changed for."""

    shown: list[Draft]
    critical: dict[UUID, datetime | None]


@dataclass(slots=True)
class Open:
    """What is open about one child."""

    everybody: list[dict[str, Any]] = field(default_factory=list)
    some: list[kept.Restricted] = field(default_factory=list)
    critical_at: datetime | None = None


def follow(applied: Sequence[Applied], now: datetime) -> Change:
    """Runs where escalations and resolutions are written; eleven statements, however many."""
    causes = {item.entry.file: item.entry.op for item in applied if item.entry.kind in _CHANGES}
    if not causes:
        return Change([], {})
    found = open_now(causes)
    kept.restrict({child: own.some for child, own in found.items()})
    ops = {child: ids.derived(cause, caseload.SHOW_DANGER) for child, cause in causes.items()}
    return Change(
        shown=_news(found, ops, now),
        critical={child: own.critical_at for child, own in found.items()},
    )


def open_now(children: Collection[UUID]) -> dict[UUID, Open]:
    """From what the tables say; every child has an entry."""
    found = {child: Open() for child in children}
    findings = {row.id: row for row in Finding.objects.filter(file__in=children)}
    unresolved = _causes_unresolved(children)
    rows = list(Escalation.objects.filter(file__in=children).order_by("id"))
    still = {row.id: _still_open(row, findings, unresolved) for row in rows}
    titles = _titles([one for own in still.values() for one in own])
    for row in rows:
        child = found[row.file]
        own = [findings[finding] for finding in row.findings if finding in findings]
        restricted = bool(row.sealed or row.skips or row.kept_out)
        because = risk.reasons(_reason(one, titles) for one in still[row.id])
        if not restricted:
            child.everybody += because
            child.critical_at = _last_critical(own, child.critical_at)
        elif because:
            child.some.append(
                kept.Restricted(
                    escalation=row.id, sealed=row.sealed, skips=row.skips, kept_out=row.kept_out,
                    division=row.division, because=because, critical_at=_last_critical(own, None),
                )
            )  # fmt: skip
    return found


def _causes_unresolved(children: Collection[UUID]) -> set[UUID]:
    """The operations of concerns that are open: what a finding names as its cause."""
    still = [concern for own in open_concerns(children).values() for concern in own]
    return set(Concern.objects.filter(id__in=still).values_list("op", flat=True))


def _still_open(
    row: Escalation, findings: Mapping[UUID, Finding], unresolved: Collection[UUID]
) -> list[Finding]:
    own = [findings[finding] for finding in row.findings if finding in findings]
    return [one for one in own if row.status not in ENDED or one.cause in unresolved]


def _last_critical(findings: Collection[Finding], before: datetime | None) -> datetime | None:
    times = [one.observed for one in findings if one.severity == "critical"]
    return max([*times, *([before] if before else [])], default=None)


def _titles(findings: Collection[Finding]) -> dict[UUID, Mapping[str, str]]:
    """As they were when it was found, by the finding's operation."""
    said = oplog.contents(one.op for one in findings)
    return {op: data["title"] for op, data in said.items() if data.get("title")}


def _reason(finding: Finding, titles: Mapping[UUID, Mapping[str, str]]) -> dict[str, Any]:
    untitled = {"zh": finding.rule, "en": finding.rule}
    return {
        "rule": finding.rule, "title": dict(titles.get(finding.op, untitled)),
        "severity": finding.severity, "observed": finding.observed.isoformat(),
    }  # fmt: skip


def _news(found: Mapping[UUID, Open], ops: Mapping[UUID, UUID], now: datetime) -> list[Draft]:
    """One operation for each child of whom everybody now knows something else than before."""
    before = {child: because for child, _, because in caseload.open_dangers(found)}
    drafts = []
    for child, own in found.items():
        shown = risk.shown("", own.everybody)
        if shown.because != before.get(child, []):
            drafts.append(
                Draft(
                    op=ops[child], person=SERVER, kind=caseload.SHOW_DANGER,
                    target=caseload.danger_record(child), file=child, at=now,
                    data={"level": shown.level, "because": shown.because},
                )
            )  # fmt: skip
    return drafts


def mend(*, now: datetime) -> int:
    """Writes everything anew from what the tables say, by batches, each under the files' locks; returns
    for how many children everybody now reads something else."""
    looked, changed = _children(), 0
    for start in range(0, len(looked), BATCH):
        with transaction.atomic():
            changed += _mend(looked[start : start + BATCH], now)
    return changed


def _children() -> list[UUID]:
    """Those of whom something is open, may be, or is said to be."""
    waiting = Escalation.objects.exclude(status__in=ENDED).values_list("file", flat=True)
    raised = Concern.objects.values_list("file", flat=True)
    return sorted({*waiting, *raised, *caseload.endangered()})


def _mend(children: Collection[UUID], now: datetime) -> int:
    files.lock({*children})
    found = open_now(children)
    kept.restrict({child: own.some for child, own in found.items()})
    news = _news(found, {child: ids.uuid7(now) for child in found}, now)
    if news:
        push.submit(news, now=now)
    kept.replan(
        children, last_seen=visits.last_seen, now=now,
        critical={child: own.critical_at for child, own in found.items()},
    )  # fmt: skip
    return len(news)
