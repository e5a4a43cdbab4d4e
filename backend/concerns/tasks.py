"""Periodic work, by Celery."""

from celery import shared_task

from backend.common import clock

from . import timers, watch
from .editions import rehearsals

# About a thousand files: what a turn has done is saved, and the next may be another process's.
CHUNKS_A_TURN = 20


@shared_task
def look_at_clocks() -> int:
    """T2: what is due rises one level, and its people are reminded."""
    return timers.run(now=clock.now())


@shared_task
def look_at_time() -> int:
    """T1, T3, T4: what is overdue, uncovered, silent or ends soon; and a calendar that will be missing."""
    now = clock.now()
    watch.delegations(now)
    watch.calendars(now)
    timers.set_all(now=now)
    return watch.visits(now) + watch.caseload(now)


@shared_task
def run_rehearsals() -> int:
    """Carries on with rehearsals that are too long for one request, or whose process died."""
    waiting = rehearsals.unfinished(now=clock.now())
    for one in waiting:
        while (
            rehearsals.rehearsal_run(rehearsal=one, now=clock.now(), chunks=CHUNKS_A_TURN) == "more"
        ):
            pass
    return len(waiting)
