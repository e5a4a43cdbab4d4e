"""Periodic work, by Celery."""

from celery import shared_task

from backend.common import clock

from . import services


@shared_task
def clean() -> None:
    """Sessions, tokens and counts of failures that have run out; codes whose time is too far ahead."""
    services.log_ins_clean(now=clock.now())


@shared_task
def carry_out_confirmed() -> None:
    """Carries out what two people decided and is due; what nobody confirmed lapses."""
    services.confirmations_carry_out(now=clock.now())
