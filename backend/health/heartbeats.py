"""Signs of life of what answers no request: the worker, beat and the nightly backup."""

from datetime import datetime

from .models import Heartbeat

WORKER, BEAT, BACKUP = "worker", "beat", "backup"


def beat(name: str, *, now: datetime) -> None:
    """Writes down that `name` lives. What stood there is replaced, also a time that has not come yet."""
    Heartbeat.objects.update_or_create(name=name, defaults={"seen_at": now})


def last(name: str, *, now: datetime) -> datetime | None:
    """When `name` was last seen; None if never. A time from the future is no sign of life."""
    return (
        Heartbeat.objects.filter(name=name, seen_at__lte=now)
        .values_list("seen_at", flat=True)
        .first()
    )
