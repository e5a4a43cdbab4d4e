"""Writes to child files that the office decides."""

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from sync import push
from sync.entries import Draft
from sync.merge import registers
from sync.protocol import ids

from . import conflicts
from .errors import NoConflict, ValuesChanged, ValueUnusable
from .ratings import risk_level_set

__all__ = ["conflict_resolve", "fact_correct", "risk_level_set"]


def conflict_resolve(
    *, kind: str, record: UUID, register: str, value: Any, saw: Collection[UUID], actor: UUID,
    now: datetime,
) -> list[str]:  # fmt: skip
    """Writes the decision, naming every value there is; returns the registers still in conflict.

    Raises `NotFound`, `NoConflict`, `ValueUnusable`, and `ValuesChanged` when the actor has not seen
    all of them. A value that comes between this look and the write is not named by it, so that the
    conflict stays open; that is told in the same way.
    """
    row = conflicts.one(viewer=actor, kind=kind, record=record, now=now)
    state = conflicts.opened([row]).get(row.id, {})
    if register not in row.conflicts or register not in state:
        raise NoConflict()
    live = state[register].live
    if {UUID(op) for op in live} != set(saw):
        raise ValuesChanged()
    _require_usable(kind, register, value, live.values())
    draft = Draft(
        op=ids.uuid7(now), person=actor, kind=f"{kind}.edit", target=row.id, file=row.file,
        data={"set": {register: {"v": value, "saw": sorted(live)}}, "resolves": [register]}, at=now,
    )  # fmt: skip
    (receipt,) = push.submit([draft], now=now)
    left = conflicts.one(viewer=actor, kind=kind, record=record, now=now).conflicts
    if receipt.outcome != "applied" or register in left:
        raise ValuesChanged()
    return list(left)


def fact_correct(
    *, kind: str, record: UUID, register: str, member: str, before: str, value: str, op: UUID,
    actor: UUID, now: datetime,
) -> bool:  # fmt: skip
    """Edits one member of a register as everybody edits it; whether it was `before` until then.

    `op` makes it the same edit when it is asked for twice. Raises `ValuesChanged` when it was not applied.
    """
    row = conflicts.TYPES[kind].model.objects.filter(id=record).first()
    state = conflicts.opened([row]).get(row.id, {}) if row else {}
    shown = registers.values(state, conflicts.TYPES[kind].specs).get(register) or {}
    if row is None or not isinstance(shown, dict) or str(shown.get(member) or "") != before:
        return False
    live = sorted(state[register].live) if register in state else []
    write = {"v": {**shown, member: value}, "saw": live}
    draft = Draft(
        op=op, person=actor, kind=f"{kind}.edit", target=row.id, file=row.file,
        data={"set": {register: write}}, at=now,
    )  # fmt: skip
    if any(receipt.outcome != "applied" for receipt in push.submit([draft], now=now)):
        raise ValuesChanged()
    return True


def _require_usable(
    kind: str, register: str, value: Any, written: Collection[registers.Write]
) -> None:
    """One of those written, or another of the same kind; a protective field takes its codes only."""
    spec = conflicts.TYPES[kind].specs.get(register, registers.PLAIN)
    if any(write.value == value for write in written):
        return
    if spec.order and value not in spec.order:
        raise ValueUnusable()
    if type(value) not in {type(write.value) for write in written}:
        raise ValueUnusable()
