"""Numbers for whoever watches the server: operations, what waits, and when phones were last heard of."""

import datetime as dt
from typing import NamedTuple

from django.db import connection


class Waiting(NamedTuple):
    """How many operations have an outcome and code, and when the oldest of them came.

    One that nothing has judged yet has the outcome `received`; an outcome without a code has "".
    """

    outcome: str
    code: str
    number: int
    oldest: dt.datetime


_WAITING = """
SELECT outcome, coalesce(code, ''), count(*), min(received) FROM sync_operation
WHERE outcome <> 'applied' GROUP BY 1, 2 ORDER BY 1, 2
"""
# The latest first. Who was never heard of, or at a time that has not come yet, is in the last one.
PHONES = (("day", 1), ("week", 7), ("month", 30))
_PHONES = """
SELECT CASE WHEN synced_at > %(now)s THEN 'older' WHEN synced_at > %(day)s THEN 'day'
    WHEN synced_at > %(week)s THEN 'week' WHEN synced_at > %(month)s THEN 'month' ELSE 'older' END, count(*)
FROM sync_devicelog GROUP BY 1
"""


def waiting() -> list[Waiting]:
    """Everything that is not applied, by outcome and code. Its cost grows with what waits alone."""
    with connection.cursor() as cursor:
        cursor.execute(_WAITING)
        return [Waiting(*row) for row in cursor.fetchall()]


def stored() -> int:
    """The number of the latest operation: how many were stored, but for those that a crash took back."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(max(ordinal), 0) FROM sync_operation")
        return int(cursor.fetchone()[0])


def phones(*, now: dt.datetime) -> dict[str, int]:
    """Phones by their last contact: within a day, a week, a month, or older. Each is counted once."""
    since = {name: now - dt.timedelta(days=days) for name, days in PHONES}
    with connection.cursor() as cursor:
        cursor.execute(_PHONES, {"now": now, **since})
        found = dict(cursor.fetchall())
    return {name: found.get(name, 0) for name in (*since, "older")}
