"""Numbers of open escalations for whoever watches the server. They name no child, place or person."""

from datetime import datetime
from typing import NamedTuple

from django.db.models import Count, Min, Q

from .models import ENDED, Escalation


class Open(NamedTuple):
    """Open escalations of one status and severity; `late` are past their deadline."""

    status: str
    severity: str
    number: int
    late: int
    oldest: datetime


def open_escalations(*, now: datetime) -> list[Open]:
    """One statement, whose cost grows with what is open."""
    rows = (
        Escalation.objects.exclude(status__in=ENDED)
        .values_list("status", "severity")
        .annotate(
            number=Count("id"),
            late=Count("id", filter=Q(deadline__lt=now)),
            oldest=Min("opened_at"),
        )
        .order_by("status", "severity")
    )
    return [Open(*row) for row in rows]
