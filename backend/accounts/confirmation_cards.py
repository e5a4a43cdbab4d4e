"""Requests that need a second person, as they are shown: to whoever asked or decided, and to those who may decide."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils import timezone

from backend.common import encrypted
from backend.common.errors import NotFound

from . import queries
from .models import OPEN_STATES, Confirmation
from .seconds import Seconds

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
    """What is shown of requests; of each that waits, whether the viewer may decide it, or why not. A
    fixed number of statements."""
    people = {
        who for row in rows for who in (row.asked_by_id, row.decided_by_id, row.person_id) if who
    }
    names = queries.names(people)
    words, second = _words(rows), Seconds(rows, actor=viewer, now=now)
    shown = []
    for row in rows:
        waits = row.state == "asked" and second.covers(row)
        hindrance = second.hindrance(row) if waits else None
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
                "may_confirm": waits and hindrance is None,
                "hindrance": hindrance.message if hindrance else "",
                "may_refuse": waits and not second.is_party(row),
                "may_withdraw": row.state in OPEN_STATES
                and viewer in (row.asked_by_id, row.decided_by_id),
            }
        )
    return shown


def _words(rows: Sequence[Confirmation]) -> dict[UUID, dict[str, Any]]:
    ciphers = encrypted.keys({row.key_of for row in rows})
    return {
        row.id: ciphers[row.key_of].open_json(row.sealed) for row in rows if row.key_of in ciphers
    }


def _name(names: dict[UUID, str], person: UUID | None) -> str:
    return names.get(person, "") if person else ""
