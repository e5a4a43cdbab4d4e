"""A roster in the hands of a worker: its file waits sealed, and nobody's request waits for it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils import timezone

from backend.accounts import queries as accounts
from backend.common.errors import NotFound
from backend.common.language import language
from backend.tasks import services as tasks
from backend.tasks.kinds import FILE, Asked, Kind, Step, file_of
from backend.tasks.models import Task

from . import files, queries, report, services

PREVIEW, IMPORT, LEFT = "roster_preview", "roster_import", "roster_left"


def roster_ask(*, kind: str, content: bytes, division: str, actor: UUID, now: datetime) -> Task:
    """`kind` is `PREVIEW` or `IMPORT`; `division` as `services.narrowed` says it.

    Raises `FileTooLarge` and `FileUnreadable` as far as that is seen without reading the rows.
    """
    files.check(content)
    return tasks.task_ask(
        kind=kind, actor=actor, county=division, said={"division": division}, file=content, now=now
    )


def left_ask(*, made: UUID, own: Sequence[str], english: bool, actor: UUID, now: datetime) -> Task:
    """The rows that an import has left, as a sheet. Raises `NotFound`."""
    row = services.opened(made=made, own=own, reader=actor, now=now)
    said = {"import": str(row.id), "english": english}
    return tasks.task_ask(kind=LEFT, actor=actor, county=row.division, said=said, now=now)


def _areas(actor: UUID, now: datetime) -> list[str]:
    return accounts.prefixes(actor, on=timezone.localdate(now), roles=("administrator",))


def _given(asked: Asked, now: datetime) -> dict[str, Any]:
    division = services.narrowed(_areas(asked.actor, now), asked.said["division"])
    return {
        "table": files.table(asked.file), "division": division, "person": asked.actor, "now": now,
    }  # fmt: skip


def _preview(asked: Asked, step: Step, now: datetime) -> dict[str, Any]:
    told = services.preview(**_given(asked, now))
    return {"division": asked.said["division"], "report": told}


def _import(asked: Asked, step: Step, now: datetime) -> dict[str, Any]:
    made = services.import_roster(**_given(asked, now), made=asked.id, progress=step)
    return {"import": str(made.id), "counts": made.counts}


def _preview_shown(result: dict[str, Any], viewer: UUID, now: datetime) -> dict[str, Any]:
    services.narrowed(_areas(viewer, now), result["division"])
    return report.spoken(result["report"], english=language() == "en")


def _import_shown(result: dict[str, Any], viewer: UUID, now: datetime) -> dict[str, Any]:
    if not queries.imports(_areas(viewer, now)).filter(id=result["import"]).exists():
        raise NotFound(fields=("task",))
    return result


def _left(asked: Asked, step: Step, now: datetime) -> dict[str, Any]:
    found = queries.imports(_areas(asked.actor, now)).filter(id=asked.said["import"]).first()
    if found is None:
        raise NotFound(fields=("import",))
    content = report.sheet(services.read(found), english=asked.said["english"])
    return {
        "import": asked.said["import"],
        FILE: file_of(f"roster-{found.at:%Y%m%d}.xlsx", report.XLSX, content),
    }


KINDS = (
    Kind(name=LEFT, run=_left, shown=_import_shown),
    Kind(name=PREVIEW, run=_preview, shown=_preview_shown),
    Kind(name=IMPORT, run=_import, shown=_import_shown),
)
