"""The audit line stands next to the write it records, in the same transaction."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from .models import AuditEntry


def record(
    *,
    actor: UUID | None,
    action: str,
    subject: UUID,
    now: datetime,
    county: str = "",
    detail: Mapping[str, Any] | None = None,
) -> None:
    """`actor` None is the system itself. `detail` must not hold anything that is sealed elsewhere."""
    AuditEntry.objects.create(
        at=now,
        actor=actor,
        action=action,
        subject=subject,
        county=county,
        detail=dict(detail or {}),
    )
