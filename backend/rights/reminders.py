"""Guardians' requests that nobody answered in time: those who may decide are reminded, later the level above.

What is due follows from what stands in the database, never from the last run, and each message from its
request: a run that comes late says the same, and a second one nothing. No message depends on what stands in
the way of a request, which nobody may learn from it.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from backend.accounts import news, seconds
from backend.accounts import queries as accounts
from backend.children import queries as children
from backend.concerns import audience
from backend.concerns.watch import working_days_before

from . import scope, telling
from .models import ASKED, CopyRequest, Correction

# [P] Working days after the last day on which it should have been answered, until the level above hears.
CLIMBS_AFTER = 5
PIECE = 200
Row = CopyRequest | Correction


@dataclass(frozen=True, slots=True)
class _Kind:
    """`roles` decide it; with `independent` nobody whose account hangs on that of whoever filed it."""

    name: str
    model: type[CopyRequest] | type[Correction]
    roles: Collection[str]
    independent: bool


_KINDS = (
    _Kind("copy", CopyRequest, scope.LEADS, independent=True),
    _Kind("correction", Correction, scope.FILERS, independent=False),
)


def remind(*, now: datetime) -> int:
    """Returns how many requests are late. Safe to run twice at once."""
    return sum(_remind(kind, now) for kind in _KINDS)


def _remind(kind: _Kind, now: datetime) -> int:
    after, late = UUID(int=0), 0
    while rows := _tell_piece(kind, after, now):
        after, late = rows[-1].id, late + len(rows)
    return late


@transaction.atomic
def _tell_piece(kind: _Kind, after: UUID, now: datetime) -> list[Row]:
    late = kind.model.objects.filter(state=ASKED, due_at__lt=now, id__gt=after)
    rows: list[Row] = list(late.order_by("id")[:PIECE])
    if rows:
        news.tell(_said(kind, rows, now), now=now)
    return rows


def _said(kind: _Kind, rows: Sequence[Row], now: datetime) -> list[news.News]:
    """In a number of statements that depends on how many people filed them, not on how many they are."""
    on = timezone.localdate(now)
    lives = children.divisions_of({row.child for row in rows})
    places = set(lives.values())
    deciders = accounts.covering_each(places, roles=kind.roles, on=on)
    above = audience.above(places, now=now)
    hang_on = _dependents(kind, rows, lives, deciders, now)
    last_day = working_days_before(on, CLIMBS_AFTER)
    said = []
    for row in rows:
        place = lives.get(row.child)
        if place is None:
            continue
        own = set(deciders[place]) - {row.filed_by} - hang_on.get(row.filed_by, set())
        said.append(telling.said(row, f"{kind.name}.overdue", own, place))
        # Where nobody there may decide it, nobody else would ever hear of it.
        if not own or _last_day(row) <= last_day:
            said += _to_above(kind, row, above[place], deciders[place], place)
    return said


def _dependents(
    kind: _Kind, rows: Sequence[Row], lives: Mapping[UUID, str],
    deciders: Mapping[str, Collection[UUID]], now: datetime,
) -> dict[UUID, set[UUID]]:  # fmt: skip
    """By who filed something: those who may decide nothing of it."""
    if not kind.independent:
        return {}
    asked: dict[UUID, set[UUID]] = {}
    for row in rows:
        asked.setdefault(row.filed_by, set()).update(deciders.get(lives.get(row.child, ""), ()))
    return {
        filer: seconds.dependent(filer, sorted(people), now=now) for filer, people in asked.items()
    }


def _last_day(row: Row) -> date:
    """On which it should have been answered: what is due at midnight is due the day before."""
    return timezone.localdate(row.due_at - timedelta.resolution)


def _to_above(
    kind: _Kind, row: Row, people: set[UUID], readers: Collection[UUID], place: str
) -> list[news.News]:
    """Whoever only watches has no page of it."""
    name = f"{kind.name}.climbed"
    return [
        telling.said(row, name, people & set(readers), place),
        telling.said(row, name, people - set(readers), place, page=False),
    ]
