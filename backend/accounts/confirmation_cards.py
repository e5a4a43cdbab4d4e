"""Requests that need a second person, as they are shown: to whoever asked or decided, and to those who may decide."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils import timezone

from backend.common import encrypted
from backend.common.errors import DomainError, NotFound

from . import queries, seconds
from .models import OPEN_STATES, Confirmation

_SHOWN = (
    "id", "kind", "subject", "subject_type", "divisions", "detail", "state", "asked_at",
    "expires_at", "decided_at", "due_at", "until",
)  # fmt: skip


def visible(viewer: UUID, *, now: datetime, state: str = "") -> QuerySet[Confirmation]:
    """Those she asked for, decided or is the person of, and every one that lies wholly where she
    administers or leads; the last asked first."""
    own = queries.prefixes(viewer, on=timezone.localdate(now), roles=queries.GUARDED)
    mine = Q(asked_by=viewer) | Q(decided_by=viewer) | Q(person=viewer)
    found = Confirmation.objects.filter(mine | Q(covered_by__overlap=own) if own else mine)
    return (found.filter(state=state) if state else found).order_by("-asked_at", "-id")


def one(confirmation: UUID, *, viewer: UUID, now: datetime) -> dict[str, Any]:
    """Raises `NotFound`."""
    row = visible(viewer, now=now).filter(id=confirmation).first()
    if row is None:
        raise NotFound(fields=("confirmation",))
    return cards([row], viewer=viewer, now=now)[0]


def cards(rows: Sequence[Confirmation], *, viewer: UUID, now: datetime) -> list[dict[str, Any]]:
    """What is shown of requests; of each that waits, whether the viewer may decide it, or why not."""
    people = {
        who for row in rows for who in (row.asked_by_id, row.decided_by_id, row.person_id) if who
    }
    names = queries.names(people)
    words = _words(rows)
    shown = []
    for row in rows:
        hindrance = _hindrance(row, viewer, now)
        said = words.get(row.id, {})
        shown.append(
            {
                **{name: getattr(row, name) for name in _SHOWN},
                "reason": said.get("reason", ""),
                "answer": said.get("answer", ""),
                # That something sealed is open is not for whoever only confirmed.
                "stopped_by": row.stopped_by if viewer == row.asked_by_id else "",
                "asked_by": row.asked_by_id,
                "asked_by_name": names.get(row.asked_by_id, ""),
                "decided_by": row.decided_by_id,
                "decided_by_name": _name(names, row.decided_by_id),
                "person": row.person_id,
                "person_name": _name(names, row.person_id),
                "may_confirm": row.state == "asked" and hindrance is None,
                "hindrance": hindrance.message if row.state == "asked" and hindrance else "",
                "may_refuse": row.state == "asked" and _may_refuse(row, viewer, now),
                "may_withdraw": row.state in OPEN_STATES
                and viewer in (row.asked_by_id, row.decided_by_id),
            }
        )
    return shown


def _hindrance(row: Confirmation, viewer: UUID, now: datetime) -> DomainError | None:
    if row.state != "asked":
        return None
    if not seconds.covers(row, actor=viewer, now=now):
        return NotFound(fields=("confirmation",))
    try:
        seconds.check(row, actor=viewer, now=now)
    except DomainError as error:
        return error
    return None


def _may_refuse(row: Confirmation, viewer: UUID, now: datetime) -> bool:
    own = viewer in (row.asked_by_id, row.person_id)
    return not own and seconds.covers(row, actor=viewer, now=now)


def _words(rows: Sequence[Confirmation]) -> dict[UUID, dict[str, Any]]:
    ciphers = encrypted.keys({row.key_of for row in rows})
    return {
        row.id: ciphers[row.key_of].open_json(row.sealed) for row in rows if row.key_of in ciphers
    }


def _name(names: dict[UUID, str], person: UUID | None) -> str:
    return names.get(person, "") if person else ""
