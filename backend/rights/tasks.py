"""Periodic work, by Celery."""

from celery import shared_task

from backend.common import clock

from . import reminders


@shared_task
def remind() -> None:
    """Tells of what guardians asked for and nobody answered in time."""
    reminders.remind(now=clock.now())
