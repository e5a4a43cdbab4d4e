"""Periodic work, by Celery."""

from celery import shared_task

from backend.common import clock

from . import sealing


@shared_task
def seal() -> None:
    """Just after each minute's end, and after an outage everything since."""
    sealing.seal(now=clock.now())


@shared_task
def witness() -> None:
    """Each day: what the ledger remembers of the log."""
    sealing.witness_daily(now=clock.now())
