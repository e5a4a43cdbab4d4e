"""The only place that reads the time. Everything else is handed `now`."""

from datetime import datetime

from django.utils import timezone


def now() -> datetime:
    return timezone.now()
