"""Numbers of the outbox for whoever watches the server."""

from datetime import datetime
from typing import NamedTuple

from django.db.models import Count, Min

from .models import DEAD, WAITING, Delivery


class Outbox(NamedTuple):
    """Deliveries on one channel that wait or are dead; `oldest` is when the oldest was written."""

    channel: str
    state: str
    critical: bool
    number: int
    oldest: datetime


def outbox() -> list[Outbox]:
    """One statement, whose cost grows with what waits or is dead."""
    rows = (
        Delivery.objects.filter(state__in=[WAITING, DEAD])
        .values_list("channel", "state", "critical")
        .annotate(number=Count("id"), oldest=Min("notice__at"))
        .order_by("channel", "state", "critical")
    )
    return [Outbox(*row) for row in rows]
