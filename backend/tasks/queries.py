"""Tasks as whoever asked for them sees them; nobody else does."""

import base64
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from backend.common import encrypted
from backend.common.errors import NotFound
from backend.common.language import language

from .kinds import FILE, KINDS
from .models import FINISHED, OPEN, Task


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """`result` is what its kind shows of it, None before the end and after it expired."""

    id: UUID
    kind: str
    state: str
    ended: bool
    done: int
    of: int
    asked_at: datetime
    finished_at: datetime | None
    expires_at: datetime
    problem: dict[str, Any] | None
    result: dict[str, Any] | None = None


def listed(viewer: UUID) -> QuerySet[Task]:
    """Her own, the newest first; without what is sealed."""
    rows = Task.objects.filter(actor=viewer).defer("asked", "file", "result")
    return rows.order_by("-asked_at", "id")


def one(*, viewer: UUID, task: UUID, now: datetime) -> Card:
    """With its result. Raises `NotFound`, also when she lost the role that it needs."""
    row = _own(viewer, task)
    result = _result(row, viewer, now)
    if result is not None and FILE in result:
        result = result | {FILE: result[FILE]["name"]}
    return card(row, result)


def file(*, viewer: UUID, task: UUID, now: datetime) -> tuple[str, str, bytes]:
    """Its name, media type and content. Raises `NotFound`, also where the result has no file."""
    result = _result(_own(viewer, task), viewer, now)
    if result is None or FILE not in result:
        raise NotFound(fields=("task",))
    made = result[FILE]
    return made["name"], made["media"], base64.b64decode(made["content"])


def _own(viewer: UUID, task: UUID) -> Task:
    row = Task.objects.filter(actor=viewer, id=task).defer("asked", "file").first()
    if row is None:
        raise NotFound(fields=("task",))
    return row


def _result(row: Task, viewer: UUID, now: datetime) -> dict[str, Any] | None:
    if row.state != FINISHED or row.result is None or row.expires_at <= now:
        return None
    opened = encrypted.key(row.id).open_json(row.result)
    return KINDS[row.kind].shown(opened, viewer, now)


def card(row: Task, result: dict[str, Any] | None = None) -> Card:
    return Card(
        id=row.id, kind=row.kind, state=row.state, ended=row.state not in OPEN, done=row.done,
        of=row.of, asked_at=row.asked_at, finished_at=row.finished_at, expires_at=row.expires_at,
        problem=_said(row.problem), result=result,
    )  # fmt: skip


def _said(problem: dict[str, Any] | None) -> dict[str, Any] | None:
    if problem is None:
        return None
    message = problem["en" if language() == "en" else "zh"]
    return {"code": problem["code"], "fields": problem["fields"], "message": message}
