"""Periodic work, by Celery."""

from celery import shared_task

from backend.common import clock

from . import alarms


@shared_task
def remind() -> None:
    """Tells of what has waited for a person for days."""
    alarms.remind(now=clock.now())
