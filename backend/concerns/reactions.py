"""What follows from findings and from the office's steps. Runs inside the writing transaction."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from backend.audit import services as audit
from fieldforms.vocabulary import codes
from sync.entries import Applied, Draft, Entry
from sync.protocol import ids

from . import episodes, life_cycle, news
from .models import ENDED, Escalation, Finding


def open_escalations(applied: Sequence[Applied], now: datetime) -> list[Draft]:
    """Each finding joins, reopens or begins an episode. The children's files are locked here."""
    findings = [item.entry for item in applied if item.type == "finding"]
    if not findings:
        return []
    last = _last({finding.file for finding in findings})
    return episodes.drafts(findings, last=last, now=now)


def _last(children: Collection[UUID]) -> dict[episodes.Place, episodes.Episode]:
    rows = list(
        Escalation.objects.filter(file__in=children)
        .order_by("file", "sealed", "skips", "-episode")
        .distinct("file", "sealed", "skips")
    )
    known = _known([row for row in rows if row.resolved_at is None])
    return {
        (row.file, row.sealed, row.skips): episodes.Episode(
            id=row.id, number=row.episode, ended=row.resolved_at,
            acknowledged=row.acknowledged_at, worker=row.assigned_to or row.acknowledged_by,
            known=known.get(row.id, {}),
        )
        for row in rows
    }  # fmt: skip


def _known(rows: Sequence[Escalation]) -> dict[UUID, dict[str, news.Known]]:
    """What each escalation holds, by rule; one statement."""
    holder = {finding: row.id for row in rows for finding in row.findings}
    held: dict[UUID, dict[str, news.Known]] = {}
    found = Finding.objects.filter(id__in=holder).values_list("id", "rule", "severity", "observed")
    for finding, rule, severity, observed in found:
        of_rule = held.setdefault(holder[finding], {})
        before = of_rule.get(rule, news.Known(severity, observed))
        of_rule[rule] = news.Known(
            max(severity, before.severity, key=codes("severity").index),
            max(observed, before.observed),
        )
    return held


def move_escalations(applied: Sequence[Applied], now: datetime) -> list[Draft]:
    """What has not ended goes with the child to the county that took it over, the sealed too; and to
    the child's own county from that of a phone that reported it before anybody had registered it.
    """
    accepted = {item.entry.file: item for item in applied if item.entry.kind == "transfer.accept"}
    registered = {
        item.entry.file: item for item in applied if item.type == "child" and item.created
    }
    if not (accepted or registered):
        return []
    rows = Escalation.objects.filter(file__in={*accepted, *registered}).exclude(status__in=ENDED)
    drafts = []
    for row in rows.order_by("id"):
        if (item := accepted.get(row.file)) is not None:
            drafts.append(_moved(row, item.entry, item.columns["to_division"], now))
            continue
        item = registered[row.file]
        county = item.entry.shard or row.division
        if not row.division.startswith(county):
            lives = item.columns["division"]
            drafts.append(
                _moved(row, item.entry, lives if lives.startswith(county) else county, now)
            )
    return drafts


def _moved(row: Escalation, cause: Entry, division: str, now: datetime) -> Draft:
    return Draft(
        op=ids.derived(cause.op, "escalation.transfer", str(row.id)), person=cause.person,
        kind="escalation.transfer", target=row.id, file=row.file, data={"division": division},
        at=now,
    )  # fmt: skip


def send_feedback(applied: Sequence[Applied], now: datetime) -> list[Draft]:
    """Whoever reported hears what came of it (Minors Protection Law 11), never of a sealed one."""
    return [
        Draft(
            op=ids.derived(item.entry.op, "feedback.send"),
            person=item.entry.person,
            kind="feedback.send",
            target=ids.derived(item.entry.op, "feedback"),
            file=item.entry.file,
            data={
                "escalation": str(item.entry.target),
                "outcome": item.columns["outcome"],
                "text": str(item.entry.data.get("feedback", "")),
            },
            at=now,
        )
        for item in applied
        # Whoever holds the file's phone would read it: where a suspect is in the chain, the office
        # tells the reporter itself.
        if item.entry.kind in life_cycle.ENDS and not _confidential(item.columns)
    ]


def _confidential(columns: Mapping[str, Any]) -> bool:
    return bool(columns["sealed"] or columns["skips"] or columns["kept_out"])


def audit_steps(applied: Sequence[Applied], now: datetime) -> None:
    """A line for each step a person took, in the transaction that wrote it."""
    for kind in (*life_cycle.BY_PEOPLE, "concern.resolve"):
        lines = [
            audit.Line(
                actor=item.entry.person,
                subject=item.entry.target,
                county=item.columns.get("division", item.entry.shard)[:6],
                device=item.entry.device,
            )
            for item in applied
            if item.entry.kind == kind
        ]
        if lines:
            audit.record_each(
                lines,
                action=kind,
                now=now,
                subject_type="resolution" if kind == "concern.resolve" else "escalation",
            )
