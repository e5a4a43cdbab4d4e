"""What a caseload lacks as time goes by: visits that are overdue, children whom nobody covers.

Counts by person or division, each in one statement; nothing is opened, nobody is named.
"""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from django.db import connection

from backend.children import queries as children
from backend.regions import villages
from fieldforms import risk


def _counts(statement: str, given: dict[str, Any]) -> list[tuple[Any, Any]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, given)
        return cursor.fetchall()


def overdue_by_supervisor(today: date) -> dict[UUID, int]:
    """How many of her children each supervisor should have visited by now."""
    return dict(
        _counts(
            "SELECT a.person, count(*) FROM caseload_visitdue d"
            " JOIN caseload_assignment a ON a.file = d.child_id AND a.ends_on IS NULL"
            " WHERE d.supervisor_on <= %(today)s GROUP BY 1",
            {"today": today},
        )
    )


# Whose list it stands in, by the column that says from which day.
_LEVELS = {9: "township_on", 6: "county_on"}


def overdue_by_division(today: date, *, digits: int) -> dict[str, int]:
    """How many children have come as far as the townships' lists (9 digits), or the counties' (6)."""
    return dict(
        _counts(
            "SELECT left(c.division, %(digits)s), count(*) FROM caseload_visitdue d"
            " JOIN children_child c ON c.id = d.child_id"
            f" WHERE d.{_LEVELS[digits]} <= %(today)s AND length(c.division) >= %(digits)s"
            " GROUP BY 1",
            {"today": today, "digits": digits},
        )
    )


def red_and_overdue(today: date) -> list[tuple[UUID, date]]:
    """Children shown at the highest risk whose visit has come as far as the county: each with the day it
    was due. By what everybody may know: what is found because of it, everybody sees."""
    return _counts(
        "SELECT d.child_id, d.due_on FROM caseload_visitdue d"
        " JOIN children_child c ON c.id = d.child_id"
        " WHERE d.county_on <= %(today)s AND (c.risk_level = %(red)s OR EXISTS (SELECT"
        " FROM caseload_opendanger o WHERE o.file = c.id AND o.level = %(red)s))",
        {"today": today, "red": risk.ORDER[0]},
    )


_UNCOVERED = """
SELECT c.id, c.division, c.risk_level, coalesce(o.level, ''),
    coalesce(max(a.ends_on), d.registered_on) AS since
FROM children_child c
JOIN caseload_visitdue d ON d.child_id = c.id AND d.due_on IS NOT NULL
LEFT JOIN caseload_assignment a ON a.file = c.id
LEFT JOIN caseload_opendanger o ON o.file = c.id
WHERE NOT (c.status = ANY(%(left)s)) AND NOT EXISTS (
    SELECT FROM caseload_assignment o WHERE o.file = c.id AND o.ends_on IS NULL)
GROUP BY c.id, o.level, d.registered_on HAVING coalesce(max(a.ends_on), d.registered_on) <= %(since)s
"""


def uncovered(since: date) -> Sequence[tuple[UUID, str, str, date]]:
    """Children whom nobody has covered since that day or longer: id, division, the risk level that
    everybody is shown, and from when."""
    with connection.cursor() as cursor:
        cursor.execute(_UNCOVERED, {"since": since, "left": list(children.LEFT)})
        return [
            (
                child,
                villages.reveal(villages.CHILDREN, division),
                risk.graver(set_by_people, danger),
                day,
            )
            for child, division, set_by_people, danger, day in cursor.fetchall()
        ]


_EXPIRING = """
SELECT a.person, count(*) FROM (
    SELECT DISTINCT ON (file) id, file, expires_on FROM children_delegation
    WHERE expires_on IS NOT NULL ORDER BY file, expires_on DESC, id) d
JOIN children_child c ON c.id = d.file AND NOT (c.status = ANY(%(left)s))
JOIN caseload_assignment a ON a.file = d.file AND a.ends_on IS NULL
WHERE d.expires_on BETWEEN %(since)s AND %(until)s AND NOT EXISTS (
    SELECT FROM children_delegationrevocation r
    WHERE r.delegation = d.id AND r.revoked_on <= %(since)s)
GROUP BY 1
"""


def expiring_by_supervisor(since: date, until: date) -> dict[UUID, int]:
    """How many of her children's last confirmations end between the days, and were not revoked."""
    return dict(_counts(_EXPIRING, {"since": since, "until": until, "left": list(children.LEFT)}))
