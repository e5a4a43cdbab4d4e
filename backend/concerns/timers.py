"""T2 in practice: the clock of each escalation is kept by reactions and looked at by Celery beat.

A batch is one transaction. It takes the files' locks first, as the one door does, and leaves out the
files that somebody is writing to: the next run has them. Everything is decided under the lock.
"""

import logging
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from backend.notifications.services import Notice, enqueue
from sync.entries import Applied, Draft
from sync.protocol import ids
from sync.push import submit

from . import climb
from .audience import Audience
from .county_limits import limits_of
from .episodes import SERVER
from .limits import Limits
from .models import ENDED, Escalation, EscalationClock
from .telling import to_all

logger = logging.getLogger(__name__)
BATCH = 200
# A clock that was set right by less is not worth a word.
TOLERANCE = timedelta(minutes=5)
# A clock that has gone on for so long is taken for the right one, and times ahead of it for wrong.
TRUSTED = timedelta(days=1)
# What cannot be computed is tried again after so long, and does not stand before the others.
LATER = timedelta(minutes=10)
_PEOPLE = {"sealed": "sealed.waiting", "not_reported": "escalation.not_reported",
           "due_soon": "escalation.due_soon", "past_due": "escalation.past_due"}  # fmt: skip


def keep_clocks(applied: Sequence[Applied], now: datetime) -> None:
    """After every step the clock is set anew: four statements, however many steps."""
    touched = {item.entry.target for item in applied if item.type == "escalation"}
    if touched:
        set_clocks(list(Escalation.objects.filter(id__in=touched)), now)


def set_clocks(rows: Collection[Escalation], now: datetime) -> None:
    """Writes the clocks of escalations anew, from what their rows say and what was said already."""
    ended = [row.id for row in rows if row.status in ENDED]
    running = [row for row in rows if row.status not in ENDED]
    if ended:
        EscalationClock.objects.filter(escalation__in=ended).delete()
    if not running:
        return
    limits = limits_of({row.division[:6] for row in running})
    before = EscalationClock.objects.in_bulk([row.id for row in running])
    EscalationClock.objects.bulk_create(
        [_clock(row, before.get(row.id), limits[row.division[:6]], now) for row in running],
        update_conflicts=True,
        unique_fields=["escalation"],
        update_fields=["next_at", "since", "ahead_since", "said"],
    )


def _clock(
    row: Escalation, before: EscalationClock | None, limits: Limits, now: datetime
) -> EscalationClock:
    said = before.said if before else []
    since = max(row.waits_since, row.level_since)
    ahead = _ahead(since, before, now)
    next_at = climb.next_at(row, limits, {*said})
    return EscalationClock(
        escalation_id=row.id, said=said, since=since, ahead_since=ahead,
        next_at=next_at - (since - ahead) if next_at and ahead else next_at,
    )  # fmt: skip


def _ahead(since: datetime, before: EscalationClock | None, now: datetime) -> datetime | None:
    """Since when, by the clock there is now, times lie in the future; None when they do not."""
    if since <= now + TOLERANCE:
        return None
    seen = before.ahead_since if before else None
    return seen if seen and seen <= now else now


def run(*, now: datetime, batch: int = BATCH) -> int:
    """Everything that is due by now, in batches; returns how many escalations were looked at."""
    done = 0
    while looked := run_batch(now=now, batch=batch):
        done += looked
    return done


@transaction.atomic
def run_batch(*, now: datetime, batch: int = BATCH) -> int:
    """One batch; a number of statements that does not depend on its size."""
    rows = _claimed(now, batch)
    if not rows:
        return 0
    claimed = {row.id for row in rows}
    limits = limits_of({row.division[:6] for row in rows})
    clocks = EscalationClock.objects.in_bulk(claimed)
    drafts: list[Draft] = []
    failed: set[UUID] = set()
    for row in rows:
        try:
            drafts += _drafts(row, clocks[row.id], limits[row.division[:6]], now)
        except Exception:
            # One that cannot be judged must not keep the others from rising.
            logger.exception("the clock of escalation %s could not be read", row.id)
            failed.add(row.id)
    if drafts:
        submit(drafts, now=now)
    sound = list(Escalation.objects.filter(id__in=claimed - failed))
    _remind(sound, limits, now)
    set_clocks(sound, now)
    # Also what the door could not apply just now: it is held and comes by itself.
    looked_at = EscalationClock.objects.filter(escalation__in=claimed)
    looked_at.filter(next_at__lte=now).update(next_at=now + LATER)
    return len(rows)


def set_all(*, now: datetime, batch: int = BATCH) -> int:
    """Every running clock anew, from what its escalation says; returns how many.

    What a clock that was ahead has put off by its own time (`LATER`) ends with this, and whatever else
    may stand in a clock that its escalation does not say. Files that somebody is writing to are left out.
    """
    done, after = 0, UUID(int=0)
    ahead = EscalationClock.objects.filter(next_at__gt=now + LATER)
    while ids_ := list(
        ahead.filter(escalation__gt=after)
        .order_by("escalation")
        .values_list("escalation", flat=True)[:batch]
    ):
        done, after = done + _set_some(ids_, now), ids_[-1]
    return done


@transaction.atomic
def _set_some(escalations: Sequence[UUID], now: datetime) -> int:
    rows = _locked(dict(Escalation.objects.filter(id__in=escalations).values_list("id", "file")))
    limits = limits_of({row.division[:6] for row in rows})
    sound = []
    for row in rows:
        try:
            climb.next_at(row, limits[row.division[:6]], set())
            sound.append(row)
        except Exception:
            logger.exception("the clock of escalation %s could not be set", row.id)
    set_clocks(sound, now)
    unsound = {row.id for row in rows} - {row.id for row in sound}
    EscalationClock.objects.filter(escalation__in=unsound).update(next_at=now + LATER)
    return len(rows)


_DUE = """
SELECT e.id, e.file FROM concerns_escalationclock c
JOIN concerns_escalation e ON e.id = c.escalation_id
WHERE c.escalation_id IN (
    (SELECT escalation_id FROM concerns_escalationclock WHERE next_at <= %(now)s
        ORDER BY next_at LIMIT %(batch)s)
    UNION ALL
    (SELECT escalation_id FROM concerns_escalationclock
        WHERE since > %(ahead)s AND (ahead_since IS NULL OR ahead_since > %(now)s)
        LIMIT %(batch)s))
"""
_LOCK = "SELECT id FROM sync_file WHERE id = ANY(%s) ORDER BY id FOR UPDATE SKIP LOCKED"


def _claimed(now: datetime, batch: int) -> list[Escalation]:
    """What is due, and what lies in the future and was not seen so; read under the files' locks."""
    given: dict[str, Any] = {"now": now, "ahead": now + TOLERANCE, "batch": batch}
    return _locked({row.id: row.file for row in Escalation.objects.raw(_DUE, given)})


def _locked(due: Mapping[UUID, UUID]) -> list[Escalation]:
    """Those, by their files, whose file nobody else is writing to."""
    with connection.cursor() as cursor:
        cursor.execute(_LOCK, [sorted(set(due.values()))])
        free = [file for (file,) in cursor.fetchall()]
    rows = Escalation.objects.filter(id__in=due, file__in=free).exclude(status__in=ENDED)
    return list(rows.order_by("id"))


def _drafts(row: Escalation, clock: EscalationClock, limits: Limits, now: datetime) -> list[Draft]:
    ahead = _ahead(clock.since, clock, now)
    if ahead and now - ahead >= TRUSTED:
        return [_reclock(row, ahead, now)]
    by_its_clock = _by_its_clock(clock, now)
    return [_climb(row, step, now) for step in climb.steps_due(row, limits, by_its_clock)]


def _by_its_clock(clock: EscalationClock, now: datetime) -> datetime:
    """How late it is for an escalation whose times lie ahead: the time since that was seen counts."""
    ahead = _ahead(clock.since, clock, now)
    return clock.since + (now - ahead) if ahead else now


def _climb(row: Escalation, step: climb.Step, now: datetime) -> Draft:
    """The same rise of the same round has the same id for ever: it happens once."""
    op = ids.derived(
        row.id, "escalation.climb", step.level, step.reason, row.waits_since.isoformat()
    )
    data = {"level": step.level, "reason": step.reason, "due_at": step.at.isoformat()}
    return _draft(row, op, "escalation.climb", data, now)


def _reclock(row: Escalation, ahead: datetime, now: datetime) -> Draft:
    """Its times become those of the clock there is now: else it would stand last in the queue for years."""
    op = ids.derived(row.id, "escalation.reclock", row.waits_since.isoformat())
    return _draft(row, op, "escalation.reclock", {"now": ahead.isoformat()}, now)


def _draft(
    row: Escalation, op: UUID, kind: str, data: Mapping[str, object], now: datetime
) -> Draft:
    return Draft(
        op=op, person=SERVER, kind=kind, target=row.id, file=row.file, data=dict(data), at=now
    )


def _reminded(row: Escalation, audience: Audience) -> set[UUID]:
    """Whoever works on it, if it is still hers; where nobody has acknowledged it, all at its level."""
    worker = row.assigned_to
    hers = {worker} if worker and audience.sees(row, worker) else set()
    return hers if hers and row.status != "open" else hers | audience.at(row, row.level)


def _remind(rows: Sequence[Escalation], limits: Mapping[str, Limits], now: datetime) -> None:
    """Gives the reminders whose time has come, and writes down that they were given."""
    clocks = EscalationClock.objects.in_bulk([row.id for row in rows])
    due = [
        (row, reminder)
        for row in rows
        for reminder in climb.reminders(row, limits[row.division[:6]])
        if reminder.at <= _by_its_clock(clocks[row.id], now)
        and reminder.key not in clocks[row.id].said
    ]
    if not due:
        return
    audience = Audience([row for row, _ in due], now=now)
    notices: list[Notice] = []
    for row, reminder in due:
        clocks[row.id].said.append(reminder.key)
        people = _reminded(row, audience)
        key = f"{row.id}:{reminder.key}"
        notices += to_all(row, people, audience, kind=_PEOPLE[reminder.kind], key=key)
    enqueue(notices, now=now)
    EscalationClock.objects.bulk_update([clocks[row.id] for row, _ in due], ["said"])
