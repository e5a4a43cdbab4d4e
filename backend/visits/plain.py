"""The visits to a child as somebody outside the office may hear of them: when, how, and open answers."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from fieldforms import sealing
from sync import oplog

from .models import Visit, VisitPart


@dataclass(frozen=True, slots=True, kw_only=True)
class Plain:
    """`answers` are about the child, without those of the sealed group. Whoever visited is not named."""

    observed: datetime
    mode: str
    answers: dict[str, Any]


def plainly_seen(child: UUID) -> list[Plain]:
    """The last first; without visits whose words accuse somebody in the reporting chain."""
    rows = list(VisitPart.objects.filter(file=child, skips="").order_by("-observed", "id"))
    shared = Visit.objects.in_bulk({row.visit for row in rows if row.visit})
    said = oplog.contents(row.op for row in rows)
    return [
        Plain(
            observed=row.observed, mode=_mode(row, shared),
            answers=sealing.split(said[row.op].get("answers"))[0],
        )
        for row in rows
        if row.op in said
    ]  # fmt: skip


def _mode(row: VisitPart, shared: dict[UUID, Visit]) -> str:
    """Of the same visitor's shared part alone: a part names any id it likes."""
    visit = shared.get(row.visit) if row.visit else None
    return visit.mode if visit and visit.person == row.person else ""
