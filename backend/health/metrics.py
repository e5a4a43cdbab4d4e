"""Numbers for Prometheus: what the database says at the moment it is asked, beside django-prometheus's own."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from backend.common import clock
from backend.concerns import figures as concerns
from backend.notifications import figures as notifications
from sync import figures as operations

from . import heartbeats

Row = tuple[tuple[str, ...], float]


class Office(Collector):
    """Its cost grows with what is open and with the number of phones, never with what has ended."""

    def collect(self) -> Iterator[Metric]:
        now = clock.now()
        yield from _operations(now)
        yield from _escalations(now)
        yield from _outbox(now)
        phones = operations.phones(now=now)
        yield gauge(
            "phones",
            "Phones by their last contact",
            ("seen",),
            [((seen,), n) for seen, n in phones.items()],
        )
        beats = [
            ((name,), _age(heartbeats.last(name, now=now), now))
            for name in (heartbeats.WORKER, heartbeats.BEAT, heartbeats.BACKUP)
        ]
        yield gauge("seen_seconds", "Seconds since the last sign of life", ("part",), beats)


def page() -> bytes:
    """The text that Prometheus reads."""
    registry = CollectorRegistry()
    registry.register(Office())
    return generate_latest(registry)


def gauge(name: str, said: str, labels: tuple[str, ...], rows: Iterable[Row]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(f"huxing_{name}", said, labels=labels)
    for values, number in rows:
        family.add_metric(values, number)
    return family


def _operations(now: datetime) -> Iterator[Metric]:
    waiting = operations.waiting()
    stored = operations.stored()
    yield CounterMetricFamily("huxing_operations_stored", "Operations stored", value=stored)
    labels = ("outcome", "code")
    yield gauge(
        "operations_waiting", "Operations that are not applied", labels,
        [((row.outcome, row.code), row.number) for row in waiting],
    )  # fmt: skip
    yield gauge(
        "operations_waiting_seconds", "Age of the oldest that is not applied", labels,
        [((row.outcome, row.code), _age(row.oldest, now)) for row in waiting],
    )  # fmt: skip


def _escalations(now: datetime) -> Iterator[Metric]:
    rows, labels = concerns.open_escalations(now=now), ("status", "severity")
    for name, said, number in (
        ("escalations_open", "Open escalations", lambda row: row.number),
        ("escalations_late", "Open escalations past their deadline", lambda row: row.late),
        ("escalations_oldest_seconds", "Age of the oldest open escalation", lambda row: _age(row.oldest, now)),
    ):  # fmt: skip
        yield gauge(name, said, labels, [((row.status, row.severity), number(row)) for row in rows])


def _outbox(now: datetime) -> Iterator[Metric]:
    labels = ("channel", "state", "critical")
    rows = [
        ((row.channel, row.state, "yes" if row.critical else "no"), row)
        for row in notifications.outbox()
    ]
    yield gauge(
        "deliveries", "Messages on their way out", labels, [(key, row.number) for key, row in rows]
    )
    yield gauge(
        "deliveries_oldest_seconds", "Age of the oldest of them", labels,
        [(key, _age(row.oldest, now)) for key, row in rows],
    )  # fmt: skip


def _age(since: datetime | None, now: datetime) -> float:
    """Infinity for what was never seen: an alert on "too long ago" then needs no second one."""
    return (now - since).total_seconds() if since else float("inf")
