"""The clocks of a case: how long each runs, from when, and when somebody is told. Pure.

A clock is stored as `{code, starts, due, alerts: [{at, severity}]}`, decided when it starts: a county
that changes its limits later does not move what runs.
"""

import calendar
import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any
from zoneinfo import ZoneInfo

CHINA = ZoneInfo("Asia/Shanghai")
DAY = dt.timedelta(days=1)
Clock = dict[str, Any]
# The end of the nth working day after a moment; the calendar knows its holidays.
WorkingDays = Callable[[dt.datetime, int], dt.datetime]


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Our own defaults; a county may set others (`models.CaseLimits`). What law fixes is not here."""

    assessment_first_working_days: int = 5
    assessment_full_days: int = 30
    acceptance_days: int = 7
    alert_days_before: int = 3
    monitoring_alert_days_before: int = 14

    def with_(self, overrides: Mapping[str, int]) -> "Limits":
        """Names that are not ours are left alone: an older server may read a newer one's row."""
        return replace(self, **{name: overrides[name] for name in NAMES if name in overrides})


NAMES = tuple(field.name for field in fields(Limits))
DEFAULT = Limits()

# What law fixes. Months of the calendar, hours of the wall clock.
TEMPORARY_MONTHS = 12  # 2014 Opinions 15
TEMPORARY_ALERTS = ((3, "medium"), (6, "medium"), (9, "high"), (11, "high"))
JUDGMENT_DAYS = 30  # Civil Procedure Law, special procedure
RESTORATION_MONTHS = (3, 12)  # 2014 Opinions 38
ORDER_MONTHS = 6  # Anti-Domestic Violence Law 30
COURT_HOURS = {"yes": 24, "no": 72}  # Anti-Domestic Violence Law 28


def started(
    codes: Sequence[str], *, at: dt.datetime, given: Mapping[str, Any], limits: Limits,
    working_days: WorkingDays,
) -> list[Clock]:  # fmt: skip
    """The clocks that a step starts, from the moment it happened; `given` are its answers."""
    return [_clock(code, at, given, limits, working_days) for code in codes]


def _clock(
    code: str, at: dt.datetime, given: Mapping[str, Any], limits: Limits, working_days: WorkingDays
) -> Clock:
    due = _due(code, at, given, limits, working_days)
    if code == "temporary":
        months = [(months_after(at, number), grave) for number, grave in TEMPORARY_ALERTS]
        return clock(code, at, due, [*months, (due, "high")])
    if code in ("restoration_from", "restoration_until"):
        return clock(code, at, due, [])
    if code == "monitoring":
        early = (due - limits.monitoring_alert_days_before * DAY, "medium")
        return clock(code, at, due, [early, (due, "medium")])
    if code == "police":
        return clock(code, at, due, [(due, "high")])
    # Of a short clock half is left when somebody is told first.
    left = min(limits.alert_days_before * DAY, (due - at) / 2)
    return clock(code, at, due, [(due - left, "medium"), (due, "high")])


def _due(
    code: str, at: dt.datetime, given: Mapping[str, Any], limits: Limits, working_days: WorkingDays
) -> dt.datetime:
    match code:
        case "police":
            return at
        case "assessment_first":
            return working_days(at, limits.assessment_first_working_days)
        case "assessment_full":
            return at + limits.assessment_full_days * DAY
        case "temporary":
            return months_after(at, TEMPORARY_MONTHS)
        case "acceptance":
            return at + limits.acceptance_days * DAY
        case "judgment":
            return until(given["until"]) if "until" in given else at + JUDGMENT_DAYS * DAY
        case "monitoring":
            return until(given["until"])
        case "restoration_from":
            return months_after(at, RESTORATION_MONTHS[0])
        case "restoration_until":
            return months_after(at, RESTORATION_MONTHS[1])
        case "protection_court":
            return at + dt.timedelta(hours=COURT_HOURS[given["urgent"]])
        case "protection_valid":
            return until(given["valid_until"])
    raise ValueError(f"no clock {code!r}")


def clock(
    code: str, starts: dt.datetime, due: dt.datetime, alerts: Sequence[tuple[dt.datetime, str]]
) -> Clock:
    """An alert that would come before the clock starts is not given."""
    told = [{"at": at.isoformat(), "severity": grave} for at, grave in alerts if at >= starts]
    return {"code": code, "starts": starts.isoformat(), "due": due.isoformat(), "alerts": told}


def running(before: Sequence[Clock], ended: Sequence[str], added: Sequence[Clock]) -> list[Clock]:
    """The clocks after a step, the next one first; one that runs already is not started anew."""
    kept = [one for one in before if one["code"] not in ended]
    known = {one["code"] for one in kept}
    return sorted([*kept, *(one for one in added if one["code"] not in known)], key=due_of)


def due_of(one: Clock) -> dt.datetime:
    return dt.datetime.fromisoformat(one["due"])


def first(clocks: Sequence[Clock]) -> dt.datetime | None:
    """When the next clock runs out. The earliest day of restoration is a date, not a limit."""
    limits = [due_of(one) for one in clocks if one["code"] != "restoration_from"]
    return min(limits, default=None)


def until(day: str) -> dt.datetime:
    """The end of a day in China."""
    return dt.datetime.combine(dt.date.fromisoformat(day) + DAY, dt.time.min, tzinfo=CHINA)


def months_after(moment: dt.datetime, months: int) -> dt.datetime:
    """The same day and hour some months on; the last day of a shorter month."""
    local = moment.astimezone(CHINA)
    years, month = divmod(local.month - 1 + months, 12)
    year, month = local.year + years, month + 1
    day = min(local.day, calendar.monthrange(year, month)[1])
    return local.replace(year=year, month=month, day=day)


def day_months_after(day: dt.date, months: int) -> dt.date:
    return months_after(dt.datetime.combine(day, dt.time.min, tzinfo=CHINA), months).date()
