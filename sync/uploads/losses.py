"""Attachments that nobody has any more: `attachment.lose`, an operation in the attachment's file.

The record has the attachment's id; the attachment's status follows from it, and says more when the
bytes come after all. The reason is sealed in the operation and nowhere else.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Exists, F, OuterRef, QuerySet

from sync import oplog, phrases
from sync.entries import Applied, Entry
from sync.models import AttachmentLoss
from sync.registry import Columns, Policy, RecordType

from .models import Attachment

KIND = "attachment.lose"
NOT_PENDING: phrases.Phrase = (
    "只有尚未收到的附件才能登记为遗失。请刷新后再看。",
    "Only an attachment that has not come can be closed as lost. Reload the page.",
)


def advance(columns: Columns | None, entry: Entry) -> Columns:
    return {"by": entry.person, "at": _at(entry)}


def _at(entry: Entry) -> datetime:
    """One that was closed before closing was an operation says when that was."""
    closed = entry.data.get("closed")
    return datetime.fromisoformat(closed) if isinstance(closed, str) else entry.received


LOSS = RecordType(
    name="attachment_loss", model=AttachmentLoss, policy=Policy.SERIALISED, kinds={KIND: True},
    columns=["by", "at"], advance=advance, server_only=True, fileless=True,
    harmless={"by": "a person"},
)  # fmt: skip


def unrecorded() -> QuerySet[Attachment]:
    """Closed before closing was an operation."""
    recorded = AttachmentLoss.objects.filter(id=OuterRef("id"))
    # What a stranger to an erased file declared lies under her device; its record went with the file.
    return Attachment.objects.filter(~Exists(recorded), status="lost").exclude(file=F("device"))


def admit(batch: Sequence[Entry]) -> None:
    """Under the locks of the attachments and, before that, of their files: what came is not lost."""
    closing = [entry for entry in batch if entry.kind == KIND and entry.outcome is None]
    if not closing:
        return
    wanted = [entry.target for entry in closing]
    rows = Attachment.objects.select_for_update().filter(id__in=wanted).order_by("id").in_bulk()
    for entry in closing:
        row = rows.get(entry.target)
        wanting = row is not None and row.file == entry.file and _is_wanting(row, entry)
        if not wanting:
            entry.quarantine("attachment.not_pending", "target", message=NOT_PENDING)


def _is_wanting(row: Attachment, entry: Entry) -> bool:
    return row.status in ("pending", "unopened") or (
        row.status == "lost" and "closed" in entry.data
    )


def follow(applied: Sequence[Applied]) -> None:
    """The attachments say what was decided about them: one statement for each decision."""
    for item in applied:
        if item.type == LOSS.name:
            Attachment.objects.filter(id=item.entry.target).update(
                status="lost", settled_at=item.columns["at"], settled_by=item.columns["by"],
                reason=None,
            )  # fmt: skip


def reason(attachment: UUID) -> str:
    """Why it was closed the last time; empty where nobody can open that any more."""
    steps = oplog.load(
        "target = %s AND kind = %s AND outcome = 'applied'", [attachment, KIND], order="decision"
    )
    return str(steps[-1].data.get("reason", "")) if steps else ""


def status_without_bytes(attachment: UUID) -> dict[str, Any]:
    """What an attachment says of itself whose bytes turned out to be none."""
    loss = AttachmentLoss.objects.filter(id=attachment).first()
    if loss is None:
        return {"status": "pending", "settled_at": None, "settled_by": None}
    return {"status": "lost", "settled_at": loss.at, "settled_by": loss.by}
