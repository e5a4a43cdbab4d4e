"""Tells people of the clocks of cases: what is due to be told and was not, however long ago.

An alert is given once, by (record, clock, time): the table says so, whoever asks. After an outage all
that passed meanwhile counts as given, and of each clock only the last is said. (T4, 2014 Opinions 15)
"""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from django.db import connection, transaction

from backend.common.keyed import MATTER, reveal
from backend.regions import villages

from .telling import Told, tell

BATCH = 500
# Somebody is in danger while these wait: said at night too.
CRITICAL = ("police", "protection_court")


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


_DUE = """
WITH running AS (
    SELECT c.id AS record, c.id AS case_id, c.division, c.sealed, c.worker, c.skips, c.kept_out, clock
    FROM guardianship_case c, jsonb_array_elements(c.clocks) clock WHERE c.status <> 'closed'
    UNION ALL
    SELECT o.id, c.id, c.division, c.sealed, c.worker, c.skips, c.kept_out, clock
    FROM guardianship_protectionorder o JOIN guardianship_case c ON c.id = o.case,
        jsonb_array_elements(o.clocks) clock
    WHERE c.status <> 'closed'
), due AS (
    SELECT r.*, r.clock ->> 'code' AS code, (a ->> 'at')::timestamptz AS at, a ->> 'severity' AS severity
    FROM running r, jsonb_array_elements(r.clock -> 'alerts') a
    WHERE (a ->> 'at')::timestamptz <= %(now)s
        AND NOT EXISTS (SELECT FROM guardianship_alertgiven g WHERE g.record = r.record
            AND g.clock = r.clock ->> 'code' AND g.at = (a ->> 'at')::timestamptz)
    ORDER BY at LIMIT %(limit)s
), given AS (
    -- Of two that run at once only one gets a row back.
    INSERT INTO guardianship_alertgiven (record, clock, at, severity, given_at)
    SELECT record, code, at, severity, %(now)s FROM due
    ON CONFLICT DO NOTHING RETURNING record, clock, at
)
SELECT d.record, d.code, d.at, d.severity, (d.clock ->> 'due')::timestamptz, d.case_id, d.division,
    d.sealed, d.worker, d.skips, d.kept_out
FROM due d JOIN given g ON g.record = d.record AND g.clock = d.code AND g.at = d.at
ORDER BY d.at
"""


def give_alerts(*, now: datetime) -> int:
    """Gives everything that is due, in batches; returns how many."""
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
