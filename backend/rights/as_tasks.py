"""A guardian's copy in the hands of a worker."""

import json
from datetime import datetime
from typing import Any
from uuid import UUID

from backend.common import clock, encrypted
from backend.common.errors import NotFound
from backend.regions import queries as regions
from backend.tasks.kinds import Asked, Kind, Step

from . import contents, errors, hindrances, paper, scope, services, store
from .models import APPROVED, CopyRequest


def _make(asked: Asked, step: Step, now: datetime) -> dict[str, Any]:
    """Looks again at what stands in the way: days may lie between the approval and the worker's turn."""
    request = UUID(asked.said["request"])
    row = CopyRequest.objects.filter(id=request, state=APPROVED).first()
    if row is None:
        raise errors.NotProvided()
    place = scope.child_of(row.child, actor=asked.actor, now=now)
    if hindrances.of(row, prefixes=(), now=now).every:
        services.copy_revoke(row, now=now)
        raise errors.NotProvided()
    if row.made_at is None:
        _write(row, place, now)
        step(1, 1)
    return {"request": str(request)}


def _write(row: CopyRequest, place: Any, now: datetime) -> None:
    cipher = encrypted.key(row.child)
    held = contents.of(child=row.child, guardian=row.guardian, request=row.id, now=now)
    county = " ".join(regions.path(place.division[:6])) or place.division[:6]
    store.write(row.id, store.PAPER, paper.of(held, county=county, now=now), cipher)
    store.write(row.id, store.DATA, json.dumps(held, ensure_ascii=False, indent=1).encode(), cipher)
    services.copy_keep(row, now=clock.now())


def _shown(result: dict[str, Any], viewer: UUID, now: datetime) -> dict[str, Any]:
    """Raises `NotFound` for whoever works there no more."""
    if not scope.visible(viewer, now=now).filter(id=result["request"]).exists():
        raise NotFound(fields=("task",))
    return result


KINDS = (Kind(name=services.TASK, run=_make, shown=_shown),)
