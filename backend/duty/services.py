"""Writes of the roster, by the county's lead. Each stands on the audit log.

All raise `NotFound` for what the actor cannot see and `NotAllowed` for what she does not keep.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone

from backend.accounts import queries as accounts
from backend.audit import services as audit
from backend.common.errors import NotAllowed, NotFound
from backend.regions import codes
from sync.protocol import ids

from . import errors, queries, scope
from .models import Leave, Shift

LONGEST_SHIFT, LONGEST_LEAVE = 31, 366


@transaction.atomic
def shift_create(
    *, division: str, person: UUID, deputies: Sequence[UUID], starts_at: datetime,
    ends_at: datetime, actor: UUID, now: datetime,
) -> Shift:  # fmt: skip
    """Raises `ShiftOverlaps`, `OnCallUnsuited`, `SpanInverted`, `SpanTooLong`, `NotADutyPlace`."""
    _kept_by(actor, division, now)
    shift = Shift(
        id=ids.uuid7(now), division=division, person=person, deputies=list(deputies),
        starts_at=starts_at, ends_at=ends_at,
    )  # fmt: skip
    _check(shift, now)
    shift.save(force_insert=True)
    _audit(shift, "duty.shift", actor, now)
    return shift


@transaction.atomic
def shift_change(
    *, shift: UUID, revision: int, person: UUID, deputies: Sequence[UUID], starts_at: datetime,
    ends_at: datetime, actor: UUID, now: datetime,
) -> Shift:  # fmt: skip
    """Raises what `shift_create` raises, and `ShiftStale` when somebody was quicker."""
    row = _standing(shift, actor, now)
    if row.revision != revision:
        raise errors.ShiftStale(revision=row.revision)
    row.person, row.deputies = person, list(deputies)
    row.starts_at, row.ends_at, row.revision = starts_at, ends_at, row.revision + 1
    _check(row, now)
    row.save()
    _audit(row, "duty.change", actor, now)
    return row


@transaction.atomic
def shift_cancel(*, shift: UUID, actor: UUID, now: datetime) -> None:
    """It stays on record: who was to be on call may have to be known."""
    row = _standing(shift, actor, now)
    row.cancelled_at = now
    row.save(update_fields=["cancelled_at"])
    _audit(row, "duty.cancel", actor, now)


@transaction.atomic
def leave_create(
    *, person: UUID, starts_at: datetime, ends_at: datetime, actor: UUID, now: datetime
) -> Leave:
    """Somebody is away. Raises `SpanInverted`, `SpanTooLong`."""
    division = _place_of(person, actor, now)
    check_span(starts_at, ends_at, LONGEST_LEAVE)
    row = Leave.objects.create(
        id=ids.uuid7(now), person=person, starts_at=starts_at, ends_at=ends_at
    )
    _audit_leave(row, "duty.leave", division, actor, now)
    return row


@transaction.atomic
def leave_cancel(*, leave: UUID, actor: UUID, now: datetime) -> None:
    row = Leave.objects.select_for_update().filter(id=leave, cancelled_at=None).first()
    if row is None:
        raise NotFound(fields=("leave",))
    division = _place_of(row.person, actor, now, field="leave")
    row.cancelled_at = now
    row.save(update_fields=["cancelled_at"])
    _audit_leave(row, "duty.leave_cancel", division, actor, now)


def _kept_by(actor: UUID, division: str, now: datetime) -> None:
    reach = scope.reach(actor, on=timezone.localdate(now))
    if len(division) not in scope.ON_CALL or not codes.is_well_formed(division):
        raise errors.NotADutyPlace()
    if not reach.sees(division):
        raise NotFound(fields=("division",))
    if not codes.covers(reach.keeps, division):
        raise NotAllowed()


def _standing(shift: UUID, actor: UUID, now: datetime) -> Shift:
    row = Shift.objects.select_for_update().filter(id=shift, cancelled_at=None).first()
    reach = scope.reach(actor, on=timezone.localdate(now))
    if row is None or not reach.sees(row.division):
        raise NotFound(fields=("shift",))
    if not codes.covers(reach.keeps, row.division):
        raise NotAllowed()
    return row


def _place_of(person: UUID, actor: UUID, now: datetime, *, field: str = "person") -> str:
    """Where she works, if the actor keeps a roster there; else nobody says that she exists."""
    today = timezone.localdate(now)
    areas = accounts.areas_of([person], on=today).get(person, [])
    keeps = scope.reach(actor, on=today).keeps
    place = next((area for area in areas if codes.covers(keeps, area)), None)
    if place is None:
        raise NotFound(fields=(field,))
    return place


def _check(shift: Shift, now: datetime) -> None:
    check_span(shift.starts_at, shift.ends_at, LONGEST_SHIFT)
    team = [shift.person, *shift.deputies]
    able = queries.able_of([shift.division], now)[shift.division]
    if len(set(team)) < len(team) or not able.issuperset(team):
        raise errors.OnCallUnsuited()
    with connection.cursor() as cursor:
        # Of two that come at once, the second sees the first one's row.
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [shift.division])
    other = (
        Shift.objects.filter(division=shift.division, cancelled_at=None)
        .filter(starts_at__lt=shift.ends_at, ends_at__gt=shift.starts_at)
        .exclude(id=shift.id)
        .first()
    )
    if other:
        raise errors.ShiftOverlaps(
            who=accounts.names([other.person]).get(other.person, "–"),
            since=_time(other.starts_at), until=_time(other.ends_at),
        )  # fmt: skip


def check_span(starts_at: datetime, ends_at: datetime, days: int = LONGEST_LEAVE) -> None:
    """Raises `SpanInverted`, `SpanTooLong`."""
    if ends_at <= starts_at:
        raise errors.SpanInverted()
    if ends_at - starts_at > timedelta(days=days):
        raise errors.SpanTooLong(days=days)


def _time(moment: datetime) -> str:
    return f"{timezone.localtime(moment):%Y-%m-%d %H:%M}"


def _audit(shift: Shift, action: str, actor: UUID, now: datetime) -> None:
    audit.record(
        actor=actor, action=action, subject=shift.id, subject_type="shift",
        county=shift.division[:6], now=now,
        detail={
            "division": shift.division, "person": str(shift.person),
            "deputies": [str(one) for one in shift.deputies],
            "starts_at": shift.starts_at.isoformat(), "ends_at": shift.ends_at.isoformat(),
        },
    )  # fmt: skip


def _audit_leave(row: Leave, action: str, place: str, actor: UUID, now: datetime) -> None:
    audit.record(
        actor=actor, action=action, subject=row.person, subject_type="person", county=place[:6],
        now=now,
        detail={
            "leave": str(row.id), "starts_at": row.starts_at.isoformat(),
            "ends_at": row.ends_at.isoformat(),
        },
    )  # fmt: skip
