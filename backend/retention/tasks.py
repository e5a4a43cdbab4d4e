"""Periodic work, by Celery."""

from celery import shared_task

from backend.common import clock

from . import services


@shared_task
def keep() -> None:
    """What the schedule says is deleted."""
    services.keep(now=clock.now())


@shared_task
def propose() -> None:
    """Children's files that have passed their time are put before people."""
    services.propose(now=clock.now())
