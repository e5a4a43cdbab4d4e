"""What follows from the steps of referrals and missing children. Runs inside the writing transaction."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from backend.audit import services as audit
from backend.concerns import services as concerns
from sync.entries import Applied, Draft
from sync.protocol import ids

from . import life, missing_life
from .models import Missing, Referral
from .needs import draft_needs

__all__ = ["audit_steps", "follow_referrals"]

# R1: a child is missing, abducted or of unknown origin.
MISSING_RULE = "R1"


def follow_referrals(applied: Sequence[Applied], now: datetime) -> list[Draft]:
    return [
        *draft_needs(applied, now),
        *_escalations(applied, now),
        *_missing(applied, now),
        *_moved(applied, now),
        *_cards(applied, now),
    ]


def _escalations(applied: Sequence[Applied], now: datetime) -> list[Draft]:
    """The escalation that something was referred from becomes `referred`."""
    sent = {
        item.columns["escalation"]: item.entry
        for item in applied
        if item.entry.kind == "referral.send" and item.columns["escalation"]
    }
    return concerns.referred(sent, now) if sent else []


def _missing(applied: Sequence[Applied], now: datetime) -> list[Draft]:
    """A finding of R1 begins the child's record; while one is open another finding adds nothing.

    Nor does one that was observed before an earlier record ended: it came late.
    """
    found = {
        item.entry.file: item.entry
        for item in applied
        if item.type == "finding"
        and item.columns["rule"] == MISSING_RULE
        and not item.columns["sealed"]
    }
    if not found:
        return []
    known = {
        file
        for file, ended in Missing.objects.filter(file__in=found).values_list("file", "ended_at")
        if ended is None or ended >= datetime.fromisoformat(found[file].data["observed"])
    }
    return [
        Draft(
            op=ids.derived(entry.op, "missing.note"), person=entry.person, kind="missing.note",
            target=ids.derived(entry.op, "missing"), file=file,
            data={"division": entry.data["division"], "finding": str(entry.target)},
            at=datetime.fromisoformat(entry.data["observed"]),
        )
        for file, entry in found.items()
        if file not in known
    ]  # fmt: skip


def _moved(applied: Sequence[Applied], now: datetime) -> list[Draft]:
    """What has not ended goes with the child to the county that took it over, the sealed too."""
    accepted = {item.entry.file: item for item in applied if item.entry.kind == "transfer.accept"}
    if not accepted:
        return []
    referrals = Referral.objects.filter(file__in=accepted).exclude(status__in=life.ENDED)
    missing = Missing.objects.filter(file__in=accepted).exclude(
        status__in=missing_life.MISSING_ENDED
    )
    return [
        Draft(
            op=ids.derived(accepted[row.file].entry.op, kind, str(row.id)),
            person=accepted[row.file].entry.person, kind=kind, target=row.id, file=row.file,
            data={"division": accepted[row.file].columns["to_division"]}, at=now,
        )
        for kind, rows in ((life.TRANSFER, referrals), (missing_life.TRANSFER, missing))
        for row in rows
    ]  # fmt: skip


def _cards(applied: Sequence[Applied], now: datetime) -> list[Draft]:
    """What the child's supervisor is told anew: what became of a need, in codes and the office's words.

    Not of what came from an escalation, whose feedback is the office's to write: she may be the one
    it is about. The organisation's report is for the office.
    """
    return [
        Draft(
            op=ids.derived(item.entry.op, "referral_card.show"), person=item.entry.person,
            kind="referral_card.show", target=ids.derived(item.entry.target, "referral_card"),
            file=item.entry.file, data=_card(item), at=now,
        )
        for item in applied
        if item.type == "referral"
        and item.entry.kind != life.TRANSFER
        and not item.columns["sealed"]
        and item.columns["escalation"] is None
    ]  # fmt: skip


def _card(item: Applied) -> dict[str, Any]:
    columns, due = item.columns, item.columns["due_on"]
    return {
        "referral": str(item.entry.target),
        **{name: columns[name] for name in ("kind", "need", "status", "outcome")},
        "organisation": str(columns["organisation"]) if columns["organisation"] else None,
        "due_on": due.isoformat() if due else None,
        "text": str(item.entry.data.get("words", "")),
    }


_AUDITED = {
    **{f"referral.{step}": "referral" for step in ("draft", *life.STEPS)},
    **{f"missing.{step}": "missing" for step in ("note", *missing_life.STEPS, "clue")},
}


def audit_steps(applied: Sequence[Applied], now: datetime) -> None:
    """A line for each step a person took, in the transaction that wrote it."""
    for kind in sorted({item.entry.kind for item in applied} & _AUDITED.keys()):
        lines = [
            audit.Line(
                actor=item.entry.person, subject=item.entry.target,
                county=str(item.columns.get("division") or item.entry.shard)[:6],
                device=item.entry.device, detail=_detail(item),
            )
            for item in applied
            if item.entry.kind == kind
        ]  # fmt: skip
        audit.record_each(lines, action=kind, now=now, subject_type=_AUDITED[kind])


def _detail(item: Applied) -> dict[str, Any]:
    """To whom, and which fields: never their values."""
    if item.entry.kind != "referral.send":
        return {"by_telephone": True} if item.entry.data.get("by_telephone") else {}
    organisation: UUID = item.columns["organisation"]
    return {"organisation": str(organisation), "fields": item.columns["shared"]}
