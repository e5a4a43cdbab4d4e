"""What follows from decisions about attachments. Runs inside the writing transaction."""

from collections.abc import Sequence
from datetime import datetime

from backend.audit import services as audit
from sync.entries import Applied
from sync.uploads import queries as uploads
from sync.uploads.losses import LOSS


def audit_losses(applied: Sequence[Applied], now: datetime) -> None:
    """A line for each; where the attachment is sealed it names no file. One adopted had its line then."""
    lost = [i.entry for i in applied if i.type == LOSS.name and "closed" not in i.entry.data]
    if not lost:
        return
    sealed = uploads.sealed_among([entry.target for entry in lost])
    audit.record_each(
        [
            audit.Line(
                actor=entry.person, subject=entry.target, county=entry.shard,
                detail={} if entry.target in sealed else {"file": str(entry.file)},
            )
            for entry in lost
        ],
        action="attachment.lost", subject_type="attachment", now=now,
    )  # fmt: skip
