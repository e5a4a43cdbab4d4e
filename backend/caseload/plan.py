"""When a child is to be visited next, and who hears of it when she is not. Pure.

The days are the project's defaults, not law; a county sets its own (`models.PlanSetting`).
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from zoneinfo import ZoneInfo

CHINA = ZoneInfo("Asia/Shanghai")
DAY = dt.timedelta(days=1)
# Parts of one visit carry times some minutes apart: the visit that met the danger is not the one
# that follows it up.
FOLLOW_UP_AFTER = dt.timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """Days between visits by risk level, the longest interval for a left-behind child, hours after a
    critical event, and the days overdue after which each level hears of it."""

    red: int = 7
    yellow: int = 14
    blue: int = 30
    green: int = 90
    # Nobody has rated the child yet: not a reason to wait ninety days.
    unrated: int = 30
    left_behind: int = 30
    critical_hours: int = 24
    tell_supervisor: int = 1
    tell_township: int = 3
    tell_county: int = 7

    def with_(self, overrides: Mapping[str, int]) -> "Setting":
        """Names that are not ours are left alone: an older server may read a newer one's row."""
        return replace(self, **{name: overrides[name] for name in NAMES if name in overrides})

    def interval(self, risk_level: str) -> int:
        levels = {"RED": self.red, "YELLOW": self.yellow, "BLUE": self.blue, "GREEN": self.green}
        return levels.get(risk_level, self.unrated)


NAMES = tuple(field.name for field in fields(Setting))
DEFAULT = Setting()


@dataclass(frozen=True, slots=True, kw_only=True)
class Monitoring:
    """Visits that were ordered for a time: every `days` days from `since`, up to a last day."""

    days: int
    since: dt.datetime
    until: dt.date


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What the plan depends on. `last_visit` is the last time somebody saw the child."""

    risk_level: str
    categories: tuple[str, ...]
    registered_on: dt.date
    last_visit: dt.datetime | None = None
    critical_at: dt.datetime | None = None
    monitoring: Monitoring | None = None


@dataclass(frozen=True, slots=True)
class Due:
    """The day of the next visit, why (`due_basis`), and the days on which each level hears of it."""

    on: dt.date
    basis: str
    supervisor_on: dt.date
    township_on: dt.date
    county_on: dt.date

    def step(self, today: dt.date) -> str:
        """How far it has climbed (`due_step`)."""
        steps = [
            (self.county_on, "county"), (self.township_on, "township"),
            (self.supervisor_on, "supervisor"), (self.on, "due"),
        ]  # fmt: skip
        return next((name for day, name in steps if today >= day), "planned")


def due(facts: Facts, setting: Setting = DEFAULT) -> Due:
    """The earliest of what applies. A danger and the highest risk go to the township at once."""
    on, basis = min(_reasons(facts, setting), key=lambda reason: reason[0])
    urgent = facts.risk_level == "RED" or basis == "critical"
    after = setting.tell_supervisor if urgent else setting.tell_township
    return Due(
        on, basis,
        supervisor_on=on + setting.tell_supervisor * DAY,
        township_on=on + after * DAY,
        county_on=on + setting.tell_county * DAY,
    )  # fmt: skip


def _reasons(facts: Facts, setting: Setting) -> list[tuple[dt.date, str]]:
    found: list[tuple[dt.date, str]] = []
    if _not_followed_up(facts):
        assert facts.critical_at
        found.append(
            (_day(facts.critical_at + dt.timedelta(hours=setting.critical_hours)), "critical")
        )
    if facts.monitoring and (on := _monitored(facts.monitoring, facts.last_visit)):
        found.append((on, "monitoring"))
    if facts.last_visit is None:
        return [*found, (facts.registered_on, "registered")]
    seen = _day(facts.last_visit)
    found.append((seen + setting.interval(facts.risk_level) * DAY, "risk"))
    if "LEFT_BEHIND" in facts.categories:
        found.append((seen + setting.left_behind * DAY, "left_behind"))
    return found


def _monitored(ordered: Monitoring, last_visit: dt.datetime | None) -> dt.date | None:
    """The next visit that was ordered; none when it would lie behind the last day."""
    since = max(ordered.since, last_visit) if last_visit else ordered.since
    on = _day(since) + ordered.days * DAY
    return on if on <= ordered.until else None


def _not_followed_up(facts: Facts) -> bool:
    if facts.critical_at is None:
        return False
    return facts.last_visit is None or facts.last_visit <= facts.critical_at + FOLLOW_UP_AFTER


def _day(moment: dt.datetime) -> dt.date:
    return moment.astimezone(CHINA).date()
