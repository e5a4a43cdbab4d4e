"""When a message that can wait may come. Pure."""

from datetime import datetime, time, timedelta

Hours = tuple[time, time]


def until(now: datetime, hours: Hours | None) -> datetime:
    """`now`, or the end of the quiet hours it lies in; `now` is a local time with its zone."""
    if hours is None or not _inside(now.time(), hours):
        return now
    _, end = hours
    day = now.date() if now.time() < end else now.date() + timedelta(days=1)
    return datetime.combine(day, end, tzinfo=now.tzinfo)


def _inside(at: time, hours: Hours) -> bool:
    begin, end = hours
    if begin <= end:
        return begin <= at < end
    return at >= begin or at < end
