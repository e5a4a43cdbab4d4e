"""T1, T3 and T4 in practice: what the passing of time calls for, looked at by Celery beat.

Most of it is said in one notice a person and day (or week), with a number; what cannot wait becomes a
finding. See decisions/0006. All keys hold the day, so that a second run says nothing twice.
"""

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from backend.accounts import queries as accounts
from backend.caseload import neglect
from backend.notifications.services import Notice, enqueue

from . import audience, calendar, timed, years_ahead
from .limits import DEFAULT
from .timed import Timed
from .year_tables import Years

_DAY = dt.timedelta(days=1)
# Digits of the longest division code: administrators of any area.
_ANY = 12


def visits(now: dt.datetime) -> int:
    """T1: who should have visited by now; at the highest risk, a week late, a finding. Returns how many."""
    today = timezone.localdate(now)
    with transaction.atomic():
        own = neglect.overdue_by_supervisor(today)
        _tell_each(own, kind="visit.overdue_own", key=f"visit.overdue:{today}", now=now)
        for digits in (9, 6):
            places = neglect.overdue_by_division(today, digits=digits)
            _tell_places(places, kind="visit.overdue", key=f"visit.overdue:{today}", now=now)
    rule = timed.RULES["T1"]
    found = [
        Timed(rule=rule, row=row, key=f"due {due}", file=child)
        for child, due in neglect.red_and_overdue(today)
        if (row := rule.at_risk("RED"))
    ]
    return timed.record(found, now=now)


def caseload(now: dt.datetime) -> int:
    """T3: children whom nobody covers, phones that are silent; at high risk a finding. Returns how many."""
    today = timezone.localdate(now)
    rows = neglect.uncovered(working_days_before(today, DEFAULT.uncovered_working_days))
    by_place: dict[str, int] = {}
    for _, division, _, _ in rows:
        by_place[division[:9]] = by_place.get(division[:9], 0) + 1
    with transaction.atomic():
        _tell_places(
            by_place, kind="child.uncovered", key=f"uncovered:{_week(today)}", now=now,
            administrators=True,
        )  # fmt: skip
        _tell_places(
            _silent(now), kind="phone.silent", key=f"silent:{_week(today)}", now=now,
            administrators=True, days=DEFAULT.silent_days,
        )  # fmt: skip
    rule = timed.RULES["T3"]
    found = [
        Timed(rule=rule, row=row, key=f"since {since}", file=child)
        for child, _, risk, since in rows
        if (row := rule.at_risk(risk))
    ]
    return timed.record(found, now=now)


@transaction.atomic
def delegations(now: dt.datetime) -> None:
    """T4: confirmations that end within a month are said to the supervisor, once a week."""
    today = timezone.localdate(now)
    found = neglect.expiring_by_supervisor(today, today + DEFAULT.expiring_days * _DAY)
    _tell_each(
        found, kind="delegation.expiring", key=f"expiring:{_week(today)}", now=now,
        days=DEFAULT.expiring_days,
    )  # fmt: skip


@transaction.atomic
def calendars(now: dt.datetime) -> None:
    """Administrators hear once a week that a year's working days will soon be missing, until it is loaded."""
    today = timezone.localdate(now)
    needed = years_ahead.wanted(today)
    if needed is None:
        return
    everybody = accounts.widest("administrator", digits=_ANY, on=today)
    enqueue(
        [
            Notice(
                key=f"calendar.wanted:{needed.year}:{_week(today)}", person=person,
                kind="calendar.wanted",
                values={"year": needed.year, "day": needed.day, "link": "/office/rules/"},
            )
            for person in sorted(everybody)
        ],
        now=now,
    )  # fmt: skip


def working_days_before(day: dt.date, count: int) -> dt.date:
    """The day since which so many working days have passed; calendar days where the year is missing."""
    years, first = Years(), day
    try:
        while count > 0:
            count -= calendar.is_working_day(first, years)
            first -= _DAY
    except calendar.YearMissing:
        return day - count * _DAY
    return first


def _silent(now: dt.datetime) -> dict[str, int]:
    """Supervisors with phones none of which has synced for so long, by township."""
    last = accounts.last_contacts()
    before = now - DEFAULT.silent_days * _DAY
    quiet = [person for person, at in last.items() if at < before]
    areas = accounts.areas(quiet, on=timezone.localdate(now), roles=["village_supervisor"])
    places: dict[str, int] = {}
    for own in areas.values():
        for place in {prefix[:9] for prefix in own if len(prefix) >= 9}:
            places[place] = places.get(place, 0) + 1
    return places


def _week(day: dt.date) -> str:
    year, week, _ = day.isocalendar()
    return f"{year}-W{week:02}"


def _tell_each(
    counts: Mapping[UUID, int], *, kind: str, key: str, now: dt.datetime, **values: Any
) -> None:
    enqueue(
        [
            Notice(key=key, person=person, kind=kind, values={"number": number, **values})
            for person, number in sorted(counts.items())
        ],
        now=now,
    )


def _tell_places(
    counts: Mapping[str, int], *, kind: str, key: str, now: dt.datetime,
    administrators: bool = False, **values: Any,
) -> None:  # fmt: skip
    told = audience.of_places(counts, administrators=administrators, now=now)
    enqueue(list(_notices(counts, told, kind, key, values)), now=now)


def _notices(
    counts: Mapping[str, int], told: Mapping[str, set[UUID]], kind: str, key: str,
    values: Mapping[str, Any],
) -> Iterable[Notice]:  # fmt: skip
    for place, number in sorted(counts.items()):
        for person in sorted(told[place]):
            yield Notice(
                key=f"{key}:{place}", person=person, kind=kind, county=place[:6],
                values={"division": place, "number": number, **values},
            )  # fmt: skip
