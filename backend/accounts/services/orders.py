"""Orders to a phone: given by an administrator, told at its next contact, confirmed by it."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction

from backend.audit import services as audit
from backend.common import ledger
from backend.common.errors import NotFound
from sync.protocol import ids

from .. import queries
from ..errors import OrderDone, OrderStands
from ..models import DeviceOrder
from . import area


@transaction.atomic
def device_order(*, device: UUID, do: str, reason: str, actor: UUID, now: datetime) -> UUID:
    """Returns the order's id. Raises `NotFound` outside the actor's area, and `OrderStands`."""
    county = _county(device, actor=actor, now=now)
    order = ids.uuid7(now)
    try:
        with transaction.atomic():
            DeviceOrder.objects.create(
                id=order, device_id=device, do=do, reason=reason, given_by_id=actor, given_at=now
            )
    except IntegrityError as error:
        raise OrderStands() from error
    audit.record(
        actor=actor, action=f"device.{do}", subject=device, now=now, subject_type="device",
        device=device, county=county, detail={"order": str(order)},
    )  # fmt: skip
    detail = {"order": str(order), "do": do}
    ledger.record(ledger.Fact(kind="device.order", subject=device, at=now, by=actor, detail=detail))
    return order


@transaction.atomic
def device_order_withdraw(*, device: UUID, order: UUID, actor: UUID, now: datetime) -> None:
    """Only before the phone has confirmed it. Raises `NotFound` and `OrderDone`."""
    county = _county(device, actor=actor, now=now)
    rows = DeviceOrder.objects.filter(id=order, device=device)
    if not rows.exists():
        raise NotFound(fields=("order",))
    if rows.filter(done_at=None, withdrawn_at=None).update(withdrawn_at=now) != 1:
        raise OrderDone()
    audit.record(
        actor=actor, action="device.order_withdraw", subject=device, now=now,
        subject_type="device", device=device, county=county, detail={"order": str(order)},
    )  # fmt: skip
    detail = {"order": str(order)}
    ledger.record(
        ledger.Fact(kind="device.order_withdraw", subject=device, at=now, by=actor, detail=detail)
    )


@transaction.atomic
def orders_done(device: UUID, orders: Collection[UUID], now: datetime) -> None:
    """The phone says what it has carried out. Said again, or said of another's order, it changes nothing.

    One that was withdrawn too late is done all the same: that is what happened.
    """
    rows = DeviceOrder.objects.select_for_update().filter(
        id__in=orders, device=device, done_at=None
    )
    confirmed = list(rows.order_by("id"))
    if not confirmed:
        return
    DeviceOrder.objects.filter(id__in=[row.id for row in confirmed]).update(done_at=now)
    county = area.county_of_person(min(queries.people_of(device)), now)
    lines = [
        audit.Line(
            actor=None, subject=device, county=county, device=device,
            detail={"order": str(row.id), "do": row.do},
        )
        for row in confirmed
    ]  # fmt: skip
    audit.record_each(lines, action="device.order_done", now=now, subject_type="device")


def _county(device: UUID, *, actor: UUID, now: datetime) -> str:
    """The phone's county. Raises `NotFound` for a phone of people outside the actor's area."""
    people = queries.people_of(device)
    if not people:
        raise NotFound(fields=("device",))
    area.check_held(people, actor=actor, now=now, field="device")
    return area.county_of_person(min(people), now)
