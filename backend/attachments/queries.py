"""Photographs and other attachments, for those who may see them. Every read goes on the audit log."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from backend.accounts import queries as accounts
from backend.audit import services as audit
from backend.common.errors import NotFound
from sync import oplog
from sync.models import Attachment, File
from sync.uploads import pieces
from sync.uploads import queries as uploads

from . import scope
from .errors import ReasonRequired

THUMBNAIL, VIEW, ORIGINAL = pieces.THUMBNAIL, pieces.VIEW, pieces.ORIGINAL


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One attachment in a list: whose phone has it to bring, and since when."""

    card: uploads.Card
    person: UUID | None
    name: str
    received: datetime | None


@dataclass(frozen=True, slots=True)
class Content:
    type: str
    content: bytes


def listed(
    *, viewer: UUID, status: str, now: datetime, file: UUID | None = None
) -> QuerySet[Attachment]:
    """What she may know of, the oldest first."""
    rows = scope.known(viewer, now=now).filter(status=status)
    return (rows.filter(file=file) if file else rows).order_by("declared_at", "id")


def items(rows: Iterable[Attachment], *, viewer: UUID, now: datetime) -> list[Item]:
    """A page for showing, in a fixed number of statements; audited."""
    page = list(rows)
    signed = {one.op: one for one in oplog.signatures({row.op for row in page})}
    names = accounts.names({one.person for one in signed.values()})
    counties = _counties({row.file for row in page})
    audit.record_each(
        [
            audit.Line(actor=viewer, subject=row.id, county=counties.get(row.file, ""))
            for row in page
        ],
        action="attachment.list", now=now, subject_type="attachment",
    )  # fmt: skip
    return [
        Item(
            card=card, person=known.person if known else None,
            name=names.get(known.person, "") if known else "",
            received=known.received if known else None,
        )
        for card in uploads.cards(page)
        for known in [signed.get(card.op)]
    ]  # fmt: skip


def card(*, viewer: UUID, attachment: UUID, now: datetime) -> uploads.Card:
    """What is known of one without its contents. Raises `NotFound`."""
    row = scope.known(viewer, now=now).filter(id=attachment).first()
    if row is None:
        raise NotFound(fields=("attachment",))
    return uploads.cards([row])[0]


def content(
    *, viewer: UUID, attachment: UUID, what: str, now: datetime, reason: str = ""
) -> Content:
    """The bytes to show, audited. An original and what is sealed need a reason.

    Raises `NotFound`, `ReasonRequired`, and `NotHere` for what has not come.
    """
    within = scope.whole if what == ORIGINAL else scope.readable
    row = within(viewer, now=now).filter(id=attachment).first()
    if row is None:
        raise NotFound(fields=("attachment",))
    if (row.sealed or what == ORIGINAL) and not reason.strip():
        raise ReasonRequired()
    found = Content(*uploads.content(row, what))
    _record(row, viewer, "attachment.open" if row.sealed else "attachment.read", now, what, reason)
    return found


def notes(*, viewer: UUID, attachment: UUID, reason: str, now: datetime) -> dict[str, Any]:
    """What the camera wrote into a picture. Raises `NotFound` and `ReasonRequired`."""
    row = scope.whole(viewer, now=now).filter(id=attachment).first()
    if row is None:
        raise NotFound(fields=("attachment",))
    if not reason.strip():
        raise ReasonRequired()
    _record(row, viewer, "attachment.notes", now, "notes", reason)
    return dict(uploads.meta(row))


def shown(
    *, viewer: UUID, ops: Iterable[UUID], now: datetime, reason: str = ""
) -> dict[UUID, list[uploads.Card]]:
    """The attachments of operations that she may see, by operation. Sealed ones only with a reason."""
    rows = scope.readable(viewer, now=now).filter(op__in=list(ops)).order_by("op", "sha256")
    found: dict[UUID, list[uploads.Card]] = {}
    for row in rows if reason.strip() else rows.filter(sealed=False):
        found.setdefault(row.op, []).extend(uploads.cards([row]))
    return found


def _record(
    row: Attachment, viewer: UUID, action: str, now: datetime, what: str, reason: str
) -> None:
    """Of a sealed one the log says that it was opened and why, not whose it is."""
    detail = {"what": what} | ({} if row.sealed else {"file": str(row.file)})
    opened = scope.opened(viewer, now=now) if row.sealed else {}
    if row.file in opened:
        detail["break_glass"] = str(opened[row.file])
    audit.record(
        actor=viewer, action=action, subject=row.id, subject_type="attachment", now=now,
        county=_counties([row.file]).get(row.file, ""),
        detail=detail | ({"reason": reason.strip()} if reason.strip() else {}),
    )  # fmt: skip


def _counties(files: Iterable[UUID]) -> dict[UUID, str]:
    return dict(File.objects.filter(id__in=list(files)).values_list("id", "shard"))


def record_sent(device: UUID, row: Attachment, what: str, now: datetime) -> None:
    """Called by sync when a phone that holds the file fetches one."""
    audit.record(
        actor=None, action="attachment.sent", subject=row.id, subject_type="attachment", now=now,
        county=_counties([row.file]).get(row.file, ""), device=device,
        detail={"what": what, "file": str(row.file)},
    )  # fmt: skip
