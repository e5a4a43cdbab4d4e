"""Periodic work, by Celery."""

from celery import shared_task

from backend.common import clock

from . import orders

# A task that runs for long would be taken for abandoned: each turn claims the order anew.
CHUNKS_A_TURN = 10


@shared_task
def finish_orders() -> int:
    """Carries on with orders that are too long for one request, or whose process died."""
    waiting = orders.unfinished(now=clock.now())
    for order in waiting:
        while orders.order_run(order=order, now=clock.now(), chunks=CHUNKS_A_TURN) == "more":
            pass
    return len(waiting)
