"""Periodic work, by Celery."""

from celery import shared_task

from backend.common import clock

from . import loans, orders

# A task that runs for long would be taken for abandoned: each turn claims the order anew.
CHUNKS_A_TURN = 10


@shared_task
def bound_loans() -> int:
    """No loan lasts longer than its rule, whatever clock has made it."""
    return loans.loans_bound(now=clock.now())


@shared_task
def finish_orders() -> int:
    """Carries on with orders that are too long for one request, or whose process died."""
    waiting = orders.unfinished(now=clock.now())
    for order in waiting:
        while orders.order_run(order=order, now=clock.now(), chunks=CHUNKS_A_TURN) == "more":
            pass
    return len(waiting)
