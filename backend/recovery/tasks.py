"""Periodic work, by Celery."""

from celery import shared_task

from backend.common import clock

from . import services


@shared_task
def alert_recovered() -> int:
    """Puts before a person what phones brought back of others whose own phones stay away."""
    return services.recovered_alert(now=clock.now())
