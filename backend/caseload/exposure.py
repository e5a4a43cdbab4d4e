"""What a lost phone knows: every file that was sent to it, and every one it wrote itself."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from backend.audit import queries as log
from backend.audit import services as audit
from backend.children import queries as children
from sync import holdings, oplog

from . import files

SENT = "file.sent"


def record_sent(device: UUID, sent: Mapping[UUID, str], now: datetime) -> None:
    """Every file that is about to leave for a device stands on the audit log; one statement.

    `sent` maps each file to the county it lives in. Nobody in person asked for it: the phone did.
    """
    audit.record_each(
        [
            audit.Line(actor=None, subject=file, county=county, device=device)
            for file, county in sent.items()
        ],
        action=SENT, subject_type="file", now=now,
    )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Exposed:
    """One child that a phone knows of. Whom the viewer must not know has no name.

    `held`: nobody has heard from the phone that it removed the file. `written` says that it made
    operations on the file itself; such a file it may never have been sent.
    """

    id: UUID
    name: str
    birth_date: Any
    division: str
    place: str
    first_sent: datetime | None
    last_sent: datetime | None
    held: bool
    written: bool


def children_known_to(device: UUID) -> QuerySet[Any]:
    """The children whose files were sent to a phone or written by it."""
    known = {*log.happened_to(SENT, device=device), *oplog.files_of(device)}
    return children.everybody().filter(id__in=known).select_related("visit_due").order_by("id")


def exposed(rows: Sequence[Any], *, device: UUID, viewer: UUID, now: datetime) -> list[Exposed]:
    """A page of `children_known_to`, in a fixed number of statements; each child named is audited."""
    sent = log.happened_to(SENT, device=device)
    written, held = oplog.files_of(device), holdings.on_device(device)
    return [
        Exposed(
            id=item.id, name=item.name, birth_date=item.birth_date, division=item.division,
            place=item.place, first_sent=sent.get(item.id, (None, None))[0],
            last_sent=sent.get(item.id, (None, None))[1],
            held=item.id in held, written=item.id in written,
        )
        for item in files.items(rows, viewer=viewer, now=now, action="child.exposed")
    ]  # fmt: skip
