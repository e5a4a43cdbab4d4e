"""Many people in the hands of a worker: a thousand passwords take minutes to hash."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils import timezone

from backend.accounts import queries as accounts
from backend.accounts import services
from backend.accounts.api.bulk import rows_of
from backend.common.errors import NotFound

from . import services as tasks
from .kinds import Asked, Kind, Step
from .models import Task

PEOPLE = "people"


def people_ask(*, rows: list[dict[str, Any]], reason: str, actor: UUID, now: datetime) -> Task:
    """Raises what `accounts.services.people_check` raises: who is told now need not wait for it."""
    checked = services.people_check(rows=rows_of(rows), actor=actor, now=now, reason=reason)
    said = {"rows": rows, "reason": reason}
    return tasks.task_ask(
        kind=PEOPLE, actor=actor, county=checked[0].division, said=said, now=now
    )  # fmt: skip


def _run(asked: Asked, step: Step, now: datetime) -> dict[str, Any]:
    _may(asked.actor, now)
    made = services.people_create(
        rows=rows_of(asked.said["rows"]), reason=asked.said["reason"], actor=asked.actor, now=now,
        made=asked.id, step=step,
    )  # fmt: skip
    return {
        "people": [str(id_) for id_ in made.people],
        "waiting": [str(id_) for id_ in made.waiting],
    }


def _shown(result: dict[str, Any], viewer: UUID, now: datetime) -> dict[str, Any]:
    _may(viewer, now)
    return result


def _may(actor: UUID, now: datetime) -> None:
    """Raises `NotFound` for who is no administrator any more."""
    if not accounts.prefixes(actor, on=timezone.localdate(now), roles=("administrator",)):
        raise NotFound(fields=("task",))


KINDS = (Kind(name=PEOPLE, run=_run, shown=_shown),)
