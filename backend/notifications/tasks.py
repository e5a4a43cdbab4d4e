"""Periodic work, by Celery."""

from celery import shared_task

from backend.common import clock

from . import delivery
from .channels import CHANNELS


@shared_task
def deliver_all() -> None:
    """A task for each channel: one that hangs does not hold up the others."""
    for channel in CHANNELS:
        deliver.delay(channel)


@shared_task
def deliver(channel: str) -> None:
    """Sends what is due by one channel; goes on in a task of its own when its turn is over."""
    if delivery.deliver(channel, clock=clock.now):
        deliver.delay(channel)
