"""The only place that reads the time. Everything else is handed `now`."""

from datetime import date, datetime

from django.utils import timezone


def now() -> datetime:
    return timezone.now()


def today() -> date:
    """The day it is in China, where a role that starts today starts at midnight."""
    return timezone.localdate()
