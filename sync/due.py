"""Which operations the server owes another try, and which it has failed for too long."""

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, NamedTuple
from uuid import UUID

from django.conf import settings
from django.db import connection

from .registry import registry

# Younger ones are left to the request that is still working on them.
GRACE = dt.timedelta(minutes=1)
# Whoever claims an operation has this long for it, then it is anybody's again.
LEASE = dt.timedelta(minutes=10)
# A failure is tried again after one minute, two, four … and at last every six hours.
FIRST_RETRY, LONGEST_RETRY = dt.timedelta(minutes=1), dt.timedelta(hours=6)

# A time that lies ahead by more than anything waits was written by a clock that has come back since.
_CLAIM = """
UPDATE sync_operation SET retry_at = %(now)s + %(lease)s WHERE ordinal IN (
    SELECT ordinal FROM sync_operation
    WHERE (outcome = 'held' AND code = 'server.retry' OR outcome = 'received'
            AND (received < %(now)s - %(grace)s OR received > %(now)s + %(grace)s))
        AND (retry_at IS NULL OR retry_at <= %(now)s OR retry_at > %(now)s + %(longest)s)
    ORDER BY ordinal LIMIT %(limit)s FOR UPDATE SKIP LOCKED)
RETURNING op
"""


def claim(*, now: dt.datetime, limit: int, grace: dt.timedelta = GRACE) -> list[UUID]:
    """Operations held as `server.retry` whose time has come, and those that a crash left unjudged."""
    given: dict[str, Any] = {
        "now": now, "lease": LEASE, "grace": grace, "longest": LONGEST_RETRY, "limit": limit
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, given)
        return [op for (op,) in cursor.fetchall()]


_ERASED = """
UPDATE sync_operation o SET outcome = 'quarantined', code = 'file.erased', fields = '{file}',
    decided_at = %(now)s, decision = nextval('sync_decision'), retry_at = NULL,
    -- A stranger to the file must not hear that anything has become of it; see `neutral`.
    flags = o.flags || CASE WHEN s.stranger THEN '{outside}'::text[] ELSE '{}' END
        || CASE WHEN s.stranger AND o.code = 'group.incomplete' THEN '{apart}'::text[] ELSE '{}' END,
    news = CASE WHEN o.device IS NULL OR o.outcome = 'received' OR s.stranger THEN o.news ELSE 0 END
FROM (
    SELECT w.op, w.device IS NOT NULL AND NOT EXISTS (
        SELECT FROM sync_holding h WHERE h.device = w.device AND h.file = w.file) AS stranger
    FROM sync_operation w WHERE w.op = ANY(%(ops)s)
) s WHERE s.op = o.op
"""


def erased(ops: list[UUID], *, now: dt.datetime) -> None:
    """What cannot be opened any more: its file was erased while it waited."""
    given: dict[str, Any] = {"now": now, "ops": ops}
    with connection.cursor() as cursor:
        cursor.execute(_ERASED, given)


# Received before then by the clock; or, where that was ahead, by what was received later and is so old.
OLD = """(o.received < %(before)s OR o.received > %(now)s AND EXISTS (
    SELECT FROM sync_operation l WHERE l.ordinal > o.ordinal AND l.received < %(before)s))"""
_HOPELESS = f"""
SELECT op, file, shard, code FROM sync_operation o
WHERE outcome = 'held' AND code IN ('target.unknown', 'group.incomplete')
    AND NOT 'forced' = ANY(flags) AND ({OLD} OR (device, "group") IN (
        SELECT device, "group" FROM sync_operation o WHERE outcome = 'held' AND code = 'group.incomplete'
            AND {OLD} AND "group" IS NOT NULL))
ORDER BY ordinal LIMIT %(limit)s
"""
_FAILING = """
SELECT op, file, shard, code FROM sync_operation o
WHERE (outcome = 'held' AND code = 'server.retry' OR outcome = 'received')
    -- From a clock that was ahead: rather now than days too late.
    AND (received < CASE WHEN kind = ANY(%(urgent)s) THEN %(soon)s ELSE %(before)s END
        OR received > %(now)s)
    AND NOT kind = ANY(%(decisions)s) AND NOT EXISTS (
        SELECT FROM sync_operation a WHERE a.target = o.op AND a.kind = 'operation.alarm')
ORDER BY ordinal LIMIT %(limit)s
"""


class Due(NamedTuple):
    op: UUID
    file: UUID
    shard: str
    code: str | None


def hopeless(*, before: dt.datetime, now: dt.datetime, limit: int) -> list[Due]:
    """Held since before then for a record or the rest of a group, and whole groups with one such member."""
    with connection.cursor() as cursor:
        cursor.execute(_HOPELESS, {"before": before, "now": now, "limit": limit})
        return [Due(*row) for row in cursor.fetchall()]


@dataclass(frozen=True, slots=True)
class Patience:
    """What the server fails on is told of if it came before then; what may say a danger, if before `soon`."""

    now: dt.datetime
    before: dt.datetime
    soon: dt.datetime


def patience(now: dt.datetime, after: dt.timedelta) -> Patience:
    urgent: dt.timedelta = getattr(settings, "SYNC_URGENT_ALARM_AFTER", after)
    return Patience(now, now - after, now - min(urgent, after))


def failing(patience: Patience, *, decisions: Collection[str], limit: int) -> list[Due]:
    """What the server has failed on for too long and nobody was told of."""
    given: dict[str, Any] = {
        "now": patience.now, "before": patience.before, "soon": patience.soon,
        "urgent": registry.urgent_kinds, "decisions": list(decisions), "limit": limit,
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_FAILING, given)
        return [Due(*row) for row in cursor.fetchall()]
