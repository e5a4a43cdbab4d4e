"""A person closes an attachment as lost; see `losses`. Above the way in, which `losses` is a part of."""

import datetime as dt
from uuid import UUID

from sync.entries import Draft
from sync.ports import ports
from sync.protocol import ids, messages
from sync.push import submit
from sync.registry import Refused

from . import errors, losses
from .models import Attachment
from .services import cipher_of

AT_ONCE = 200


def close_lost(*, attachment: UUID, person: UUID, reason: str, now: dt.datetime) -> bool:
    """A person says that nobody has it any more. False when it came or was closed meanwhile.

    Raises `NotHere` for one that does not exist, `Erased`, and `Refused` when the server failed.
    """
    row = Attachment.objects.filter(id=attachment).first()
    if row is None:
        raise errors.NotHere()
    cipher_of(row)
    (receipt,) = submit([_draft(row, person, {"reason": reason}, now)], now=now)
    if receipt.outcome == "applied":
        return True
    if receipt.code == "attachment.not_pending":
        return False
    raise Refused(receipt.code or "", zh=receipt.message or "", en=receipt.message or "")


def adopt(*, now: dt.datetime) -> int:
    """Makes operations of what was closed before closing was one; returns how many. Again: none."""
    adopted = 0
    for row in losses.unrecorded().order_by("id").iterator(chunk_size=AT_ONCE):
        cipher = ports().keys([row.file]).get(row.file)
        if cipher is None or row.settled_by is None or row.settled_at is None:
            continue
        reason = messages.parse(cipher.open(row.reason)) if row.reason else ""
        said = {"reason": reason, "closed": row.settled_at.isoformat()}
        submit([_draft(row, row.settled_by, said, now)], now=now)
        adopted += 1
    return adopted


def _draft(row: Attachment, person: UUID, data: dict[str, str], now: dt.datetime) -> Draft:
    op = ids.derived(row.id, "adopted") if "closed" in data else ids.uuid7(now)
    return Draft(
        op=op, person=person, kind=losses.KIND, target=row.id, file=row.file, data=data, at=now
    )
