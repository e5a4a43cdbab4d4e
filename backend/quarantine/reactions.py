"""What follows from decisions about operations. Runs inside the writing transaction."""

from collections.abc import Sequence
from datetime import datetime

from backend.audit import services as audit
from sync import review
from sync.entries import Applied
from sync.overdue import SERVER


def audit_decisions(applied: Sequence[Applied], now: datetime) -> None:
    """A line for each; its reason may speak of a child and stays sealed in the operation."""
    decided = [item.entry for item in applied if item.type == review.REVIEW.name]
    for kind in sorted({entry.kind for entry in decided}):
        lines = [
            audit.Line(
                actor=None if entry.person == SERVER else entry.person, subject=entry.target,
                county=str(entry.data.get("shard", "")),
            )
            for entry in decided
            if entry.kind == kind
        ]  # fmt: skip
        audit.record_each(lines, action=kind, subject_type="operation", now=now)
