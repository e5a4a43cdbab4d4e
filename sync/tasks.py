"""Periodic work, by Celery."""

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from . import learned, overdue, reopen
from .push import retry
from .uploads import upkeep


@shared_task
def retry_held() -> int:
    """Tries again what is held as `server.retry`, and what came in a kind that the server knows by now."""
    now = timezone.now()
    return retry(now=now) + learned.try_again(now=now)


@shared_task
def open_kept() -> int:
    """Opens what is sealed to a key that has come back."""
    return reopen.everything(now=timezone.now())


@shared_task
def force_held() -> int:
    """Ends waits that have lasted `SYNC_FORCE_AFTER`."""
    return overdue.force(now=timezone.now(), after=settings.SYNC_FORCE_AFTER)


@shared_task
def raise_alarms() -> int:
    """Tells of what the server has failed on for `SYNC_ALARM_AFTER`."""
    return overdue.alarm(now=timezone.now(), after=settings.SYNC_ALARM_AFTER)


@shared_task
def expire_uploads() -> int:
    """Removes uploads that nobody went on with, and pieces that belong to none."""
    return upkeep.expire(now=timezone.now()) + upkeep.sweep()
