"""A dossier in the hands of a worker: setting hundreds of pages takes longer than a request may."""

from datetime import datetime
from typing import Any
from uuid import UUID

from backend.tasks import services as tasks
from backend.tasks.kinds import Asked, Kind, Step
from backend.tasks.models import Task

from . import services

DOSSIER = "dossier"


def dossier_ask(
    *, child: UUID, purpose: str, actor: UUID, now: datetime, case: UUID | None = None
) -> Task:
    """Raises what `services.dossier_make` raises before it begins."""
    row = services.may_make(child=child, purpose=purpose, actor=actor, now=now, case=case)
    said = {"child": str(child), "purpose": purpose, "case": str(case) if case else None}
    return tasks.task_ask(kind=DOSSIER, actor=actor, county=row.shard, said=said, now=now)


def _make(asked: Asked, step: Step, now: datetime) -> dict[str, Any]:
    case = asked.said["case"]
    made = services.dossier_make(
        child=UUID(asked.said["child"]), purpose=asked.said["purpose"], actor=asked.actor,
        case=UUID(case) if case else None, dossier=asked.id, now=now,
    )  # fmt: skip
    return {"dossier": str(made.id), "child": asked.said["child"]}


KINDS = (Kind(name=DOSSIER, run=_make),)
