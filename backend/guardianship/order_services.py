"""Protection orders beside a case: applied for, issued or refused, extended, ended."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from backend.common.errors import NotFound
from sync.entries import Draft
from sync.protocol import ids

from . import conditions, errors, limits, order_life, scope
from .models import ProtectionOrder
from .submitting import DOOR, complete


def protection_order_apply(
    *, case: UUID, given: Mapping[str, Any], actor: UUID, now: datetime,
    observed: datetime | None = None,
) -> ProtectionOrder:  # fmt: skip
    """Records an application to the court. Raises `OrderRunning`, `StepRefused` for a closed case."""
    row, _ = scope.seen(case, actor, now=now)
    at = observed or now
    conditions.check_time(at, now)
    data = complete(order_life.APPLY.needs, given)
    op = ids.uuid7(now)
    running = limits.started(order_life.APPLY.starts, county=row.division[:6], at=at, given=data)
    draft = Draft(
        op=op, person=actor, kind="protection_order.apply", target=ids.derived(op, "protection_order"),
        file=row.file, data={**data, "case": str(row.id), "clocks": running}, at=at,
    )  # fmt: skip
    if DOOR.hand_in(draft, now).code == "protection_order.running":
        raise errors.OrderRunning()
    return ProtectionOrder.objects.get(id=draft.target)


def protection_order_step(
    *, order: UUID, step: str, given: Mapping[str, Any], actor: UUID, revision: int, now: datetime,
    observed: datetime | None = None,
) -> ProtectionOrder:  # fmt: skip
    """What became of it. Raises `TimeWrong` for what Anti-Domestic Violence Law 30 does not allow."""
    row = ProtectionOrder.objects.filter(id=order).first()
    if row is None:
        raise NotFound(fields=("order",))
    case, _ = scope.seen(row.case, actor, now=now, named="order")
    if row.revision != revision:
        raise DOOR.said_stale(row.id, row.revision, row.applied_at)
    if step not in order_life.possible(row.status):
        raise DOOR.not_possible(order_life.not_possible(row.status, step))
    at = observed or now
    conditions.check_time(at, now)
    data = complete(order_life.ORDER_STEPS[step].needs, given)
    conditions.check_order(row, step, data, at)
    running = limits.started(
        order_life.ORDER_STEPS[step].starts, county=case.division[:6], at=at, given=data
    )
    draft = Draft(
        op=ids.uuid7(now), person=actor, kind=f"protection_order.{step}", target=row.id,
        file=row.file, data={"revision": revision, **data, "clocks": running}, at=at,
    )  # fmt: skip
    DOOR.hand_in(draft, now)
    return ProtectionOrder.objects.get(id=row.id)
