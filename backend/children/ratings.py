"""The risk level as people set it: what they wrote, and the office's own word, given with a reason."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils import timezone

from backend.accounts import queries as accounts
from backend.audit import services as audit
from fieldforms.vocabulary import codes
from sync import oplog, push
from sync.entries import Applied, Draft
from sync.protocol import ids

from . import conflicts
from .errors import LevelUnknown, RatingReasonMissing, ValuesChanged

REGISTER = "risk_level"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rating:
    """One value that stands, and why, where the office gave a reason. Several are a conflict."""

    op: UUID
    level: str
    person: UUID | None
    name: str
    at: datetime
    reason: str


def ratings(child: Any) -> list[Rating]:
    """Of one child's row, the earliest first; four statements."""
    state = conflicts.opened([child]).get(child.id, {})
    if REGISTER not in state:
        return []
    ops = {UUID(op) for op in state[REGISTER].live}
    signed = {entry.op: entry for entry in oplog.signatures(ops)}
    names = accounts.names({signature.person for signature in signed.values()})
    words = oplog.contents(ops)
    return [
        Rating(
            op=said.op, level=str(said.value or ""), person=said.person, name=said.name, at=said.at,
            reason=str(words.get(said.op, {}).get("reason") or ""),
        )
        for said in conflicts.disputed("child", REGISTER, state, signed, names).values
    ]  # fmt: skip


def may_rate(*, viewer: UUID, child: Any, now: datetime) -> bool:
    """Whether she sets the level of a child: the township and the county where it lives."""
    area = conflicts.prefixes(viewer, on=timezone.localdate(now))
    return conflicts.records("child", area).filter(id=child).exists()


def risk_level_set(
    *, child: UUID, level: str, reason: str, saw: Collection[UUID], actor: UUID, now: datetime
) -> None:
    """The office's own word on the risk level, in place of every value that the actor saw.

    The reason stays in the operation, sealed; no phone gets it. What is open is shown all the same.
    Raises `NotFound`, `LevelUnknown`, `RatingReasonMissing`, and `ValuesChanged` when the actor has not
    seen all of the values, also when another came between this look and the write.
    """
    row = conflicts.one(viewer=actor, kind="child", record=child, now=now)
    if level not in codes(REGISTER):
        raise LevelUnknown(possible=", ".join(codes(REGISTER)))
    if not reason.strip():
        raise RatingReasonMissing()
    seen = sorted(str(op) for op in saw)
    state = conflicts.opened([row]).get(row.id, {})
    if seen != (sorted(state[REGISTER].live) if REGISTER in state else []):
        raise ValuesChanged()
    data = {"set": {REGISTER: {"v": level, "saw": seen}}, "reason": reason.strip()}
    draft = Draft(
        op=ids.uuid7(now), person=actor, kind="child.edit", target=row.id, file=row.file,
        data=data, at=now,
    )  # fmt: skip
    (receipt,) = push.submit([draft], now=now)
    left = conflicts.one(viewer=actor, kind="child", record=child, now=now).conflicts
    if receipt.outcome != "applied" or REGISTER in left:
        raise ValuesChanged()


def audit_ratings(applied: Sequence[Applied], now: datetime) -> None:
    """Which level the office gave a child stands beside the write; a roster or a phone gives no reason."""
    lines = [
        audit.Line(
            actor=item.entry.person, subject=item.entry.target, county=item.entry.shard,
            detail={"level": item.entry.data["set"][REGISTER]["v"]},
        )
        for item in applied
        if item.entry.trusted
        and item.entry.kind == "child.edit"
        and "reason" in item.entry.data
        and REGISTER in item.entry.data["set"]
    ]  # fmt: skip
    if lines:
        audit.record_each(lines, action="child.rate", subject_type="child", now=now)
