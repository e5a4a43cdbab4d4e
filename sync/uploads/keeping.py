"""When the last byte is there: the whole is verified, examined and put in its place."""

import datetime as dt
import hashlib
from typing import Any

from sync.protocol import messages, sealing
from sync.sealed import Fault, open_attachment

from . import contents, losses, pieces
from .models import Attachment, Upload


def finish(row: Upload, cipher: Any, now: dt.datetime) -> bool:
    """False when the bytes are not those that were declared; nothing has changed then.

    What is sealed to a key that the server does not have is kept as it came, `unopened`. Raises
    `Damaged`.
    """
    attachment = row.attachment
    came = b"".join(pieces.whole(row, cipher))
    whole = open_attachment(came, device=row.device) if row.sealed else came
    if whole is Fault.KEY_UNKNOWN:
        _keep_closed(attachment, came, cipher)
        return True
    return not isinstance(whole, Fault) and _settle(attachment, whole, cipher, now)


def open_kept(attachment: Attachment, cipher: Any, now: dt.datetime) -> bool:
    """Opens what came sealed to a key that is there now; what is no such file has to come anew.

    The caller holds the row's lock, and removes the entry after the commit.
    """
    assert attachment.device
    try:
        entry = pieces.read(pieces.object_name(attachment.id, pieces.UNOPENED), cipher)
        whole = open_attachment(entry, device=attachment.device)
    except pieces.Damaged:
        whole = Fault.UNREADABLE
    if not isinstance(whole, Fault) and _settle(attachment, whole, cipher, now):
        return True
    without = losses.status_without_bytes(attachment.id)
    Attachment.objects.filter(id=attachment.id).update(sealed_to=None, **without)
    return False


def _settle(attachment: Attachment, whole: bytes, cipher: Any, now: dt.datetime) -> bool:
    if hashlib.sha256(whole).digest() != bytes(attachment.sha256):
        return False
    pieces.write(pieces.object_name(attachment.id, pieces.ORIGINAL), whole, cipher)
    _examine(attachment, whole, cipher)
    attachment.settled_at, attachment.settled_by, attachment.sealed_to = now, None, None
    attachment.save(
        update_fields=[
            "status", "detail", "found", "has_view", "meta", "settled_at", "settled_by", "sealed_to",
        ]
    )  # fmt: skip
    return True


def _keep_closed(attachment: Attachment, entry: bytes, cipher: Any) -> None:
    """Unless the file itself has come meanwhile."""
    pieces.write(pieces.object_name(attachment.id, pieces.UNOPENED), entry, cipher)
    wanting = Attachment.objects.filter(id=attachment.id, status__in=("pending", "lost"))
    wanting.update(
        status="unopened", sealed_to=sealing.read_header(entry).key, settled_at=None,
        settled_by=None,
    )  # fmt: skip


def _examine(attachment: Attachment, whole: bytes, cipher: Any) -> None:
    try:
        seen = contents.examine(whole, declared=attachment.type)
    except contents.Refused as refused:
        attachment.status, attachment.detail = "refused", refused.code
        return
    attachment.status, attachment.detail, attachment.found = "complete", "", seen.type
    if seen.picture:
        for what, shown in (
            (pieces.VIEW, seen.picture.view),
            (pieces.THUMBNAIL, seen.picture.thumbnail),
        ):
            pieces.write(pieces.object_name(attachment.id, what), shown, cipher)
        attachment.has_view = True
        attachment.meta = cipher.seal(messages.write(seen.picture.meta))
