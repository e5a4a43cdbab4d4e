"""What phones have given back after a restore, for those who decide what becomes of it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from backend.audit import services as audit
from backend.regions import codes
from sync import names, oplog
from sync.models import Recovered

READERS = ("county_officer", "county_lead")


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One record as a phone held it: `contents` is what that phone was once sent."""

    id: UUID
    type: str
    record: UUID
    file: UUID
    rev: int
    device: UUID
    received: datetime
    settled_at: datetime | None
    settled_by: UUID | None
    contents: dict[str, Any]


def recovered_in(areas: Collection[str], *, settled: bool | None = None) -> QuerySet[Recovered]:
    """By the county of the file, the oldest first. `settled` None means both."""
    inside = Q(pk__in=[])
    for area in areas:
        if area == codes.COUNTRY or codes.is_well_formed(area):
            inside |= Q(shard__startswith=area[:6])
    found = Recovered.objects.filter(inside)
    if settled is not None:
        found = found.filter(settled_at__isnull=not settled)
    return found.order_by("received", "id")


def items(rows: Sequence[Recovered], *, reader: UUID, now: datetime) -> list[Item]:
    """Opened and audited, in a fixed number of statements; what was erased is left out."""
    opened = oplog.contents(row.op for row in rows)
    audit.record_each(
        [audit.Line(actor=reader, subject=row.file, county=row.shard) for row in rows],
        action="recovered.read", subject_type="file", now=now,
    )  # fmt: skip
    return [
        Item(
            id=row.id, type=names.shown(row.type), record=row.record, file=row.file, rev=row.rev,
            device=row.device, received=row.received, settled_at=row.settled_at,
            settled_by=row.settled_by, contents=opened[row.op]["record"],
        )
        for row in rows
        if row.op in opened
    ]  # fmt: skip
