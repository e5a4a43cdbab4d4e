"""The audit line stands next to the write it records, in the same transaction."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from .models import AuditEntry
from .sealing import LEDGER_KIND, seal, witness

__all__ = ["LEDGER_KIND", "Line", "record", "record_each", "seal", "witness"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One subject of a list; `county` is the six digits in whose log it stands.

    `actor` None is the system itself, `device` the phone it came from. `detail` must not hold
    anything that is sealed elsewhere.
    """

    actor: UUID | None
    subject: UUID
    county: str
    device: UUID | None = None
    detail: Mapping[str, Any] = field(default_factory=dict)


def record(
    *,
    actor: UUID | None,
    action: str,
    subject: UUID,
    now: datetime,
    county: str = "",
    detail: Mapping[str, Any] | None = None,
    subject_type: str = "",
    device: UUID | None = None,
) -> None:
    """One line, with the parts of `Line`; `subject_type` is what `subject` is the id of."""
    AuditEntry.objects.create(
        at=now,
        actor=actor,
        action=action,
        subject=subject,
        subject_type=subject_type,
        county=county,
        device=device,
        detail=dict(detail or {}),
    )


def record_each(
    lines: Iterable[Line], *, action: str, now: datetime, subject_type: str = ""
) -> None:
    """The same action on each of a list, in one statement."""
    AuditEntry.objects.bulk_create(
        [
            AuditEntry(
                at=now,
                actor=line.actor,
                action=action,
                subject=line.subject,
                subject_type=subject_type,
                county=line.county,
                device=line.device,
                detail=dict(line.detail),
            )
            for line in lines
        ]
    )
