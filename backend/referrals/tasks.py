"""Periodic work, by Celery."""

from celery import shared_task

from backend.common import clock

from . import telling


@shared_task
def remind() -> None:
    """Tells whoever asked of what is past its due date."""
    telling.remind(now=clock.now())
