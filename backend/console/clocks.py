"""Times as an officer says them. Pure: everything is handed `now`."""

import datetime as dt

from fieldforms import ages
from sync.shown import Clock
from sync.times import TOLERANCE

from .texts import text

MINUTE, HOUR, DAY, YEAR = 60, 3600, 86400, 31557600


TOLERATED = dt.timedelta(milliseconds=TOLERANCE)


def span(length: dt.timedelta) -> str:
    """The largest unit that says enough: minutes under 2 hours, hours under 2 days, days under 2 years."""
    seconds = int(abs(length).total_seconds())
    if seconds < MINUTE:
        return text("clock.moment")
    for unit, size, limit in _UNITS:
        if seconds < limit:
            return text(f"clock.{unit}", n=seconds // size)
    return text("clock.years", n=round(seconds / YEAR))


_UNITS = (("minutes", MINUTE, 2 * HOUR), ("hours", HOUR, 2 * DAY), ("days", DAY, 2 * YEAR))


def until(deadline: dt.datetime, now: dt.datetime) -> str:
    """`in 2 h` or `overdue by 3 h`."""
    if deadline <= now:
        return text("clock.overdue", span=span(now - deadline))
    return text("clock.left", span=span(deadline - now))


def lateness(observed: dt.datetime, received: dt.datetime) -> str:
    """How long the news took from the doorstep to us; empty when nobody would call it late."""
    delay = received - observed
    return text("clock.late", span=span(delay)) if delay >= dt.timedelta(hours=1) else ""


def phone(clock: Clock | None) -> str:
    """What was wrong with a phone's clock; empty for one that was right, or near enough."""
    if clock is None or not clock.off:
        return ""
    ahead, unsure = clock.ahead, clock.uncertainty
    said = []
    if abs(ahead) > TOLERATED:
        which = "clock.phone_ahead" if ahead > dt.timedelta() else "clock.phone_behind"
        said.append(text(which, span=span(ahead)))
    if unsure > TOLERATED:
        said.append(text("clock.phone_unsure", span=span(unsure)))
    return "".join(said)


def age(born: dt.date, today: dt.date) -> str:
    """The age people say, in whole years; months for a child under two."""
    months = ages.months(born, today)
    if months < 24:
        return text("clock.age_months", n=max(months, 0))
    return text("clock.age_years", n=ages.common(born, today))
