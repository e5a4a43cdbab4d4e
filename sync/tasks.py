"""Periodic work, by Celery."""

from celery import shared_task
from django.utils import timezone

from .push import retry


@shared_task
def retry_held() -> int:
    """Tries again what is held as `server.retry`."""
    return retry(now=timezone.now())
