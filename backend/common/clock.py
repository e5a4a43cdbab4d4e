"""The only place that reads the time. Everything else is handed `now`."""

from datetime import date, datetime, timedelta

from django.db.models import Q
from django.utils import timezone


def now() -> datetime:
    return timezone.now()


def is_over(taken_at: str, *, after: timedelta, now: datetime) -> Q:
    """Whether a claim that lasts so long is over, by the column that says when it was taken (null: nobody has it).

    One from further ahead than it lasts was taken by a clock that was wrong then: it holds nobody up.
    """
    ended = Q(**{f"{taken_at}__lt": now - after}) | Q(**{f"{taken_at}__gt": now + after})
    return Q(**{f"{taken_at}__isnull": True}) | ended


def today() -> date:
    """The day it is in China, where a role that starts today starts at midnight."""
    return timezone.localdate()
