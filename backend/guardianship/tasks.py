"""Periodic work, by Celery."""

from celery import shared_task

from backend.common import clock

from . import alerts


@shared_task
def give_alerts() -> int:
    """Tells people of the clocks of cases."""
    return alerts.give_alerts(now=clock.now())
