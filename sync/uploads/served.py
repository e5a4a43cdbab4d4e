"""Attachments for devices that hold the file: pictures as they may be shown, and what has not come."""

from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet

from sync import holdings
from sync.models import DeviceLog
from sync.ports import Sender, ports

from . import errors, queries
from .models import Attachment


def listed(sender: Sender, file: UUID) -> list[queries.Card]:
    """What operations on the file declared. Raises `Refused` and `NotHere`."""
    return queries.cards(_within(sender, file).order_by("declared_at", "id"))


def fetched(
    sender: Sender, file: UUID, *, sha256: bytes, what: str, now: datetime
) -> tuple[str, bytes]:
    """The type and the bytes to show. Raises `Refused` and `NotHere`; the reader is recorded first."""
    rows = _within(sender, file).filter(sha256=sha256, status="complete")
    row = rows.order_by("id").first()
    if row is None:
        raise errors.NotHere()
    found = queries.content(row, what)
    ports().on_fetched(sender.device, row, what, now)
    return found


def _within(sender: Sender, file: UUID) -> QuerySet[Attachment]:
    """What is sealed went to the server and comes back to no device, the one that sent it included."""
    cloned = DeviceLog.objects.filter(device=sender.device, cloned_at__isnull=False).exists()
    if sender.revoked or cloned:
        raise errors.Refused(why="device.revoked" if sender.revoked else "device.cloned")
    if not holdings.held(sender.device, [file]):
        raise errors.NotHere()
    return Attachment.objects.filter(file=file, sealed=False)
