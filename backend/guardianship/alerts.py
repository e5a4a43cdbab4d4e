"""Tells people of the clocks of cases: what is due to be told and was not, however long ago.

An alert is given once, by (record, clock, time): the table says so, whoever asks. After an outage all
that passed meanwhile counts as given, and of each clock only the last is said. (T4, 2014 Opinions 15)
A clock that starts in the future was started by a server whose own clock was ahead: it runs from when
that is seen, and nobody is told days too late. What ends on a day of the calendar stays as it is.
"""

from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection, transaction

from backend.common.keyed import MATTER, reveal
from backend.regions import villages

from .telling import Told, tell

BATCH = 500
# Somebody is in danger while these wait: said at night too.
CRITICAL = ("police", "protection_court")
# A start that is ahead by less is a clock that was set right.
TOLERANCE = timedelta(minutes=5)
# These end on a day that somebody wrote down.
BY_DAY = ["monitoring", "protection_valid"]


class Alert(NamedTuple):
    record: UUID
    clock: str
    at: datetime
    severity: str
    due: datetime
    case: UUID
    division: str
    sealed: bool
    worker: UUID | None
    skips: str
    kept_out: list[UUID]


_RUNNING = """
WITH running AS (
    SELECT c.id AS record, c.id AS case_id, c.division, c.sealed, c.worker, c.skips, c.kept_out, clock
    FROM guardianship_case c, jsonb_array_elements(c.clocks) clock WHERE c.status <> 'closed'
    UNION ALL
    SELECT o.id, c.id, c.division, c.sealed, c.worker, c.skips, c.kept_out, clock
    FROM guardianship_protectionorder o JOIN guardianship_case c ON c.id = o.case,
        jsonb_array_elements(o.clocks) clock
    WHERE c.status <> 'closed'
)
"""
_AHEAD = f"""{_RUNNING}
INSERT INTO guardianship_clockahead AS h (record, clock, starts, seen_at)
SELECT record, clock ->> 'code', (clock ->> 'starts')::timestamptz, %(now)s FROM running
WHERE (clock ->> 'starts')::timestamptz > %(now)s + %(tolerance)s AND clock ->> 'code' <> ALL(%(by_day)s)
ON CONFLICT (record, clock, starts) DO UPDATE SET seen_at = EXCLUDED.seen_at
    WHERE h.seen_at > EXCLUDED.seen_at
"""
_DUE = f"""{_RUNNING}, timed AS (
    SELECT r.*, r.clock ->> 'code' AS code, coalesce(h.starts - h.seen_at, interval '0') AS ahead
    FROM running r LEFT JOIN guardianship_clockahead h ON h.record = r.record
        AND h.clock = r.clock ->> 'code' AND h.starts = (r.clock ->> 'starts')::timestamptz
), due AS (
    SELECT r.*, (a ->> 'at')::timestamptz AS at, a ->> 'severity' AS severity
    FROM timed r, jsonb_array_elements(r.clock -> 'alerts') a
    WHERE (a ->> 'at')::timestamptz - ahead <= %(now)s
        AND NOT EXISTS (SELECT FROM guardianship_alertgiven g WHERE g.record = r.record
            AND g.clock = r.clock ->> 'code' AND g.at = (a ->> 'at')::timestamptz)
    ORDER BY at LIMIT %(limit)s
), given AS (
    -- Of two that run at once only one gets a row back.
    INSERT INTO guardianship_alertgiven (record, clock, at, severity, given_at)
    SELECT record, code, at, severity, %(now)s FROM due
    ON CONFLICT DO NOTHING RETURNING record, clock, at
)
SELECT d.record, d.code, d.at, d.severity, (d.clock ->> 'due')::timestamptz - d.ahead, d.case_id, d.division,
    d.sealed, d.worker, d.skips, d.kept_out
FROM due d JOIN given g ON g.record = d.record AND g.clock = d.code AND g.at = d.at
ORDER BY d.at
"""


def give_alerts(*, now: datetime) -> int:
    """Gives everything that is due, in batches; returns how many."""
    with connection.cursor() as cursor:
        values: dict[str, Any] = {"now": now, "tolerance": TOLERANCE, "by_day": BY_DAY}
        cursor.execute(_AHEAD, values)
    total = 0
    while given := _give_some(now):
        total += given
    return total


@transaction.atomic
def _give_some(now: datetime) -> int:
    with connection.cursor() as cursor:
        cursor.execute(_DUE, {"now": now, "limit": BATCH})
        given = [_revealed(Alert(*row)) for row in cursor.fetchall()]
    last = {(alert.record, alert.clock): alert for alert in given}
    tell([_told(alert) for alert in last.values()], now=now)
    return len(given)


def _revealed(alert: Alert) -> Alert:
    return alert._replace(
        record=reveal(MATTER, alert.record), case=reveal(MATTER, alert.case),
        division=villages.reveal(villages.MATTERS, alert.division),
    )  # fmt: skip


def _told(alert: Alert) -> Told:
    return Told(
        key=f"case.alert:{alert.record}:{alert.clock}:{alert.at.isoformat()}",
        case=alert.case, division=alert.division, sealed=alert.sealed,
        skips=alert.skips, kept_out=alert.kept_out, worker=alert.worker,
        leads=alert.severity == "high", kind="case.alert", critical=alert.clock in CRITICAL,
        values={"clock": alert.clock, "severity": alert.severity, "due": alert.due},
    )  # fmt: skip
