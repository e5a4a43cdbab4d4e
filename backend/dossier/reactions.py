"""What follows from a dossier: its line in the audit log."""

from collections.abc import Sequence
from datetime import datetime

from backend.audit import services as audit
from sync.entries import Applied


def audit_made(applied: Sequence[Applied], now: datetime) -> None:
    """Holds the file's hash, by which a paper can be told when the child's file has been erased.

    Of a sealed one the log does not say whose it is.
    """
    made = [item for item in applied if item.type == "dossier"]
    if not made:
        return
    audit.record_each(
        [
            audit.Line(
                actor=item.entry.person, subject=item.entry.target, county=item.entry.shard,
                detail={"sha256": item.columns["sha256"]}
                | ({} if item.columns["sealed"] else {"child": str(item.entry.file)}),
            )
            for item in made
        ],
        action="dossier.make", subject_type="dossier", now=now,
    )  # fmt: skip
