"""Whose turn it is: rows of the outbox, claimed for a while and settled by whoever still holds them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection

from . import backoff

# Longer than a batch can take (channels/http.py, channels/mail.py). A killed worker's rows come back after it.
LEASE = timedelta(minutes=2)
# No row waits for longer: a lease or the longest pause between two tries, and quiet hours where those count.
LONGEST = {
    critical: max(LEASE, backoff.longest(critical=critical)) + timedelta(days=0 if critical else 1)
    for critical in (True, False)
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """`attempts` counts this one too; `since` is when the first of this round was made."""

    id: UUID
    notice: UUID
    channel: str
    target: UUID
    attempts: int
    critical: bool
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a row becomes; `due_at` counts while it waits on."""

    claim: Claim
    state: str
    due_at: datetime
    error: str = ""


_CLAIM = """
UPDATE notifications_delivery d
SET attempts = d.attempts + 1, due_at = %(lease)s, since = least(d.since, %(now)s)
FROM (
    SELECT id FROM notifications_delivery
    WHERE state = 'waiting' AND channel = %(channel)s AND (due_at <= %(now)s
        -- Written by a clock that was ahead and has come back.
        OR due_at > %(now)s + CASE WHEN critical THEN %(pressing)s ELSE %(other)s END)
    ORDER BY critical DESC, due_at LIMIT %(limit)s FOR UPDATE SKIP LOCKED
) mine
WHERE d.id = mine.id
RETURNING d.id, d.notice_id, d.channel, d.target, d.attempts, d.critical, d.since
"""
# Only a claim that still holds: after its lease another worker may have taken the row, or a person.
_SETTLE = """
UPDATE notifications_delivery d
SET state = v.state, due_at = v.due_at, error = v.error,
    done_at = CASE WHEN v.state = 'waiting' THEN NULL ELSE %s END
FROM unnest(%s::uuid[], %s::int[], %s::timestamptz[], %s::text[], %s::timestamptz[], %s::text[])
    AS v(id, attempts, since, state, due_at, error)
WHERE d.id = v.id AND d.state = 'waiting' AND d.attempts = v.attempts AND d.since = v.since
RETURNING d.id
"""


def claim(channel: str, *, limit: int, now: datetime) -> list[Claim]:
    """The most pressing that are due, for `LEASE`. One statement, which commits by itself."""
    given: dict[str, Any] = {
        "now": now, "lease": now + LEASE, "channel": channel, "limit": limit,
        "pressing": LONGEST[True], "other": LONGEST[False],
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, given)
        names = ("id", "notice", "channel", "target", "attempts", "critical", "since")
        return [Claim(**dict(zip(names, row, strict=True))) for row in cursor.fetchall()]


def settle(verdicts: Sequence[Verdict], *, now: datetime) -> set[UUID]:
    """The ids of those that were still held. One statement."""
    rows = [
        (v.claim.id, v.claim.attempts, v.claim.since, v.state, v.due_at, v.error) for v in verdicts
    ]
    with connection.cursor() as cursor:
        cursor.execute(_SETTLE, [now, *(list(column) for column in zip(*rows, strict=True))])
        return {id_ for (id_,) in cursor.fetchall()}
