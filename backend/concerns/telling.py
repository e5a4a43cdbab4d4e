"""Notices about escalations: who hears what, as part of the transaction in which it happens.

A notice's key follows from the operation, so that a retry or a replay says nothing twice.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils import timezone

from backend.accounts import queries as accounts
from backend.notifications.services import Notice, enqueue
from backend.regions import codes
from sync.entries import Applied

from . import levels, news
from .audience import Audience, Escalated, about

_NEW = {
    "escalation.open": "escalation.opened", "escalation.reopen": "escalation.reopened",
    "escalation.transfer": "escalation.opened", "escalation.climb": "escalation.climbed",
}  # fmt: skip


def tell_of_steps(applied: Sequence[Applied], now: datetime) -> None:
    """Opened, something new in it, reopened, moved here, risen, assigned to you."""
    found = [(item, told) for item in applied if (told := _told(item))]
    if not found:
        return
    rows = {item.entry.op: about(item) for item, _ in found}
    audience = Audience(rows.values(), now=now)
    notices: list[Notice] = []
    for item, (kind, at) in found:
        row = rows[item.entry.op]
        people = _by_name(item, row, audience)
        for level in at:
            people |= audience.at(row, level)
        key = f"{kind}:{item.entry.op}"
        extra = {name: item.entry.data[name] for name in ("reason",) if kind.endswith("climbed")}
        notices += to_all(row, people, audience, kind=kind, key=key, extra=extra)
        notices += _of_gaps(row, at, people, audience, now)
    enqueue(notices, now=now)


def _told(item: Applied) -> tuple[str, list[str]] | None:
    """The kind of notice of one step, and the levels that hear it."""
    if item.type != "escalation":
        return None
    kind, columns = item.entry.kind, item.columns
    if kind == "escalation.assign":
        own = columns["assigned_to"] == item.entry.person
        return None if own else ("escalation.assigned", [])
    if kind == "escalation.climb":
        return "escalation.climbed", [columns["level"]]
    if kind == "escalation.extend":
        return _joined(item)
    if kind not in _NEW:
        return None
    critical = columns["severity"] == "critical" and kind != "escalation.reopen"
    return "escalation.critical" if critical else _NEW[kind], _levels(columns)


def _joined(item: Applied) -> tuple[str, list[str]] | None:
    """What a finding that joins calls for: all who have it, its worker alone, or nobody."""
    heard = item.entry.data["news"]
    if heard == news.ALL:
        critical = item.entry.data["severity"] == "critical"
        return "escalation.critical" if critical else "escalation.joined", _having(item.columns)
    if item.columns["level_since"] == item.entry.received:
        return "escalation.opened", [item.columns["level"]]
    return ("escalation.seen_again", []) if heard == news.ASSIGNEE else None


def _by_name(item: Applied, row: Escalated, audience: Audience) -> set[UUID | None]:
    """Whom a step tells whatever the level: whoever was just given it, or works on it."""
    if item.entry.kind == "escalation.assign":
        return {row.assigned_to}
    text = item.entry.data.get("worker") if item.entry.kind == "escalation.extend" else None
    worker = UUID(text) if text else None
    return {worker} if worker and audience.sees(row, worker) else set()


def _having(columns: Mapping[str, Any]) -> list[str]:
    """Every level that has it by now: those that heard of it, up to where it has risen."""
    told = _levels(columns)
    lowest, highest = levels.rank(told[0]), levels.rank(columns["level"])
    return [
        level for level in levels.LEVELS if level in told or lowest <= levels.rank(level) <= highest
    ]


def _levels(columns: Mapping[str, Any]) -> list[str]:
    return levels.told(
        columns["to"], columns["severity"], sealed=columns["sealed"], skips=columns["skips"]
    )


def to_all(
    row: Escalated, people: Collection[UUID | None], audience: Audience, *, kind: str, key: str,
    extra: Mapping[str, Any] | None = None,
) -> list[Notice]:  # fmt: skip
    """One notice each. Of a sealed one it says only that something waits."""
    link = {"link": f"/office/escalations/{row.id}/"}
    values: dict[str, Any] = {}
    if row.sealed:
        kind = "sealed.waiting"
    elif row.skips == levels.COUNTY:
        # No webhook carries it to the very office that it passes over.
        kind, values = "escalation.apart", {"severity": row.severity}
    else:
        values = {
            "severity": row.severity, "division": row.division[:9],
            "deadline": row.deadline, **(extra or {}),
        }  # fmt: skip
        if kind == "escalation.climbed":
            values["level"] = row.level
    return [
        Notice(
            key=key, person=person, kind=kind,
            values={**values, **(link if audience.opens(person) else {})},
            county=row.division[:6], critical=_urgent(row), subject=row.id,
        )
        for person in sorted(filter(None, people))
    ]  # fmt: skip


def _urgent(row: Escalated) -> bool:
    """Quiet hours hold back neither what is critical nor what is sealed and due at once."""
    return row.severity == "critical" or (row.sealed and row.deadline <= row.waits_since)


def _of_gaps(
    row: Escalated,
    at: Sequence[str],
    people: Collection[UUID | None],
    audience: Audience,
    now: datetime,
) -> list[Notice]:
    """The administrators hear that a level has nobody to be told, once a day and county."""
    missing = []
    if levels.COUNTY in at and audience.uncovered(row):
        missing.append("on_call")
    if at and not people:
        missing.append("nobody")
    county, day = row.division[:6], timezone.localdate(now)
    return [
        Notice(
            key=f"duty.missing:{county}:{what}:{day}", person=person, kind="duty.missing",
            values={"division": county, "what": what, "link": "/office/duty/"}, county=county,
            critical=row.severity == "critical" and not people,
        )
        for what in missing
        for person in sorted(audience.administrators(row) - set(row.kept_out))
    ]  # fmt: skip


def tell_of_missing_years(applied: Sequence[Applied], now: datetime) -> None:
    """Administrators hear once that a year has no calendar; its deadlines count calendar days."""
    missing = {
        (item.entry.data["division"][:6], int(year))
        for item in applied
        if item.type == "finding" and (year := item.entry.data.get("calendar_missing"))
    }
    if not missing:
        return
    holders = accounts.holding(
        {county for county, _ in missing}, roles=["administrator"], on=timezone.localdate(now)
    )
    enqueue(
        [
            Notice(
                key=f"calendar.missing:{county}:{year}", person=holder.person,
                kind="calendar.missing", values={"division": county, "year": year}, county=county,
            )
            for county, year in sorted(missing)
            for holder in holders
            if codes.covers(holder.prefixes, county)
        ],
        now=now,
    )  # fmt: skip
