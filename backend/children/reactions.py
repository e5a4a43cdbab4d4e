"""What follows from edits of child files. Runs inside the writing transaction."""

from collections.abc import Sequence
from datetime import datetime

from backend.audit import services as audit
from sync.entries import Applied

from .ratings import audit_ratings

__all__ = ["audit_ratings", "audit_resolutions"]


def audit_resolutions(applied: Sequence[Applied], now: datetime) -> None:
    """Who settled what stands beside the change; a phone's word for it is not taken."""
    lines = [
        audit.Line(
            actor=item.entry.person, subject=item.entry.file, county=item.entry.shard,
            detail={
                "type": item.type, "id": str(item.entry.target),
                "registers": item.entry.data["resolves"],
            },
        )
        for item in applied
        if item.entry.trusted and "resolves" in item.entry.data
    ]  # fmt: skip
    if lines:
        audit.record_each(lines, action="conflict.resolve", subject_type="file", now=now)
