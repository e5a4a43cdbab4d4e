"""What the server decides because time has passed: to force what waits, to raise the alarm."""

import datetime as dt
import logging
from collections.abc import Sequence
from uuid import UUID

from . import due, neutral, review
from .entries import Draft
from .ports import ports
from .protocol import ids
from .push import submit

logger = logging.getLogger(__name__)
SERVER = UUID(int=0)


def force(*, now: dt.datetime, after: dt.timedelta, limit: int = 200) -> int:
    """Ends the wait of what has been held for `after`; returns of how many.

    What can be applied is, flagged `forced`; the rest is kept for a person as `target.absent`.
    """
    waiting = due.hopeless(before=now - after, now=now, limit=limit)
    submit(_drafts(review.FORCE, _open(waiting, now), now), now=now)
    neutral.age(now=now, before=now - after)
    return len(waiting)


def alarm(*, now: dt.datetime, after: dt.timedelta, limit: int = 200) -> int:
    """Says once of each operation that the server has failed on it for `after`, of one that may say a
    danger for SYNC_URGENT_ALARM_AFTER; returns of how many.
    """
    failing = due.failing(due.patience(now, after), decisions=review.STATUS, limit=limit)
    for found in failing:
        logger.error(
            "operation %s is not applied: the server fails on it again and again", found.op
        )
    submit(_drafts(review.ALARM, _open(failing, now), now), now=now)
    return len(failing)


def _open(found: Sequence[due.Due], now: dt.datetime) -> list[due.Due]:
    """Those whose file was not erased meanwhile; there is nothing to decide about the others."""
    keys = ports().keys({one.file for one in found})
    if lost := [one.op for one in found if one.file not in keys]:
        due.erased(lost, now=now)
    return [one for one in found if one.file in keys]


def _drafts(kind: str, found: Sequence[due.Due], now: dt.datetime) -> list[Draft]:
    """Their ids derive from the operation's: whoever runs twice decides once."""
    return [
        Draft(
            op=ids.derived(one.op, kind), person=SERVER, kind=kind, target=one.op, file=one.file,
            data={"shard": one.shard, "was": one.code or "received"}, at=now,
        )
        for one in found
    ]  # fmt: skip
