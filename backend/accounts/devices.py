"""Reads of phones, within an administrator's area."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet

from backend.common.errors import NotFound
from sync.models import DeviceLog

from . import queries
from .models import Device, DeviceOrder, DevicePerson


def devices_in(
    areas: Collection[str], *, on: date, person: UUID | None = None, revoked: bool | None = None
) -> QuerySet[Device]:
    """Phones on which somebody of the areas works, the newest first."""
    inside = queries.people_in(areas, on=on).order_by()
    working = DevicePerson.objects.filter(device=OuterRef("pk"), person__in=inside.values("id"))
    if person is not None:
        working = working.filter(person=person)
    found = Device.objects.filter(Exists(working))
    if revoked is not None:
        found = found.filter(revoked_at__isnull=not revoked)
    return found.order_by("-enrolled_at", "id")


def device_in(areas: Collection[str], device: UUID, *, on: date) -> Device:
    """Raises `NotFound`."""
    found = devices_in(areas, on=on).filter(id=device).first()
    if found is None:
        raise NotFound(fields=("device",))
    return found


def cards(devices: Sequence[Device]) -> list[dict[str, Any]]:
    """What is shown of phones, with the names of their people, their orders and the last contact.

    Five statements, however many phones.
    """
    ids = [device.id for device in devices]
    pairs = list(DevicePerson.objects.filter(device__in=ids).values_list("device_id", "person_id"))
    names = queries.names({person for _, person in pairs})
    orders = _orders(ids)
    heard = dict(DeviceLog.objects.filter(device__in=ids).values_list("device", "synced_at"))
    return [
        {
            "id": device.id,
            "label": device.label,
            "app": device.app,
            "enrolled_at": device.enrolled_at,
            "synced_at": heard.get(device.id),
            "revoked_at": device.revoked_at,
            "revoked_reason": device.revoked_reason,
            "orders": orders.get(device.id, []),
            "people": [
                {"id": person, "name": names[person]}
                for of, person in sorted(pairs)
                if of == device.id and person in names
            ],
        }
        for device in devices
    ]


_ORDER = ("id", "do", "reason", "given_by_id", "given_at", "done_at", "withdrawn_at")


def _orders(devices: Sequence[UUID]) -> dict[UUID, list[dict[str, Any]]]:
    """What each phone was told to do, the last order first, each with where it stands."""
    found: dict[UUID, list[dict[str, Any]]] = {}
    rows = DeviceOrder.objects.filter(device__in=devices).order_by("-given_at", "-id")
    for row in rows.values("device_id", *_ORDER):
        device = row.pop("device_id")
        found.setdefault(device, []).append({**row, "status": _status(row)})
    return found


def _status(row: Mapping[str, Any]) -> str:
    if row["done_at"]:
        return "done"
    return "withdrawn" if row["withdrawn_at"] else "pending"
