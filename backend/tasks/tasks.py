"""Periodic work, by Celery."""

from celery import shared_task

from backend.common import clock

from . import services


@shared_task
def carry_on() -> int:
    """What was asked for; beat calls it too, for what a broker that was down did not hear."""
    return services.carry_on()


@shared_task
def forget_expired() -> int:
    return services.forget_expired(now=clock.now())
