"""What an installation needs, each a check of django-health-check.

`ServiceUnavailable` means that people cannot work; `ServiceWarning` that somebody should look while they
go on. Only the first takes a server out of service (`decisions/0001-ready-and-watched.md`).
"""

import abc
import dataclasses
import os
import shutil
from datetime import timedelta
from pathlib import Path

from asgiref.sync import sync_to_async
from celery import current_app
from django.conf import settings
from django.db import Error, connection
from health_check.base import HealthCheck
from health_check.exceptions import ServiceUnavailable, ServiceWarning
from kombu.exceptions import OperationalError

from backend.common import clock, ledger
from backend.common.errors import DomainError
from sync import figures

from . import heartbeats

QUIET = timedelta(minutes=5)  # beat sends several tasks a minute


class Check(HealthCheck, abc.ABC):
    """A check that looks in the thread, and through the connection, of the request that asks."""

    async def run(self) -> None:
        await sync_to_async(self.look)()

    @abc.abstractmethod
    def look(self) -> None:
        """Raises `ServiceUnavailable` or `ServiceWarning` with a sentence that holds no contents."""


@dataclasses.dataclass
class Database(Check):
    def look(self) -> None:
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1")
        except Error as error:
            raise ServiceUnavailable(
                f"The database does not answer ({type(error).__name__})."
            ) from error


@dataclasses.dataclass
class Ledger(Check):
    """What no restore may undo has to be writable, or nothing of that kind can be done."""

    def look(self) -> None:
        try:
            ledger.check_writable()
        except DomainError as error:
            raise ServiceUnavailable(error.message) from error


@dataclasses.dataclass
class Broker(Check):
    def look(self) -> None:
        if settings.CELERY_BROKER_URL.startswith("filesystem:"):
            folder = Path(settings.CELERY_BROKER_TRANSPORT_OPTIONS["data_folder_out"])
            if not os.access(folder, os.W_OK):
                raise ServiceWarning(
                    "The folder of the message queue is not there or not writable."
                )
            return
        try:
            with current_app.connection_for_write() as broker:
                broker.ensure_connection(max_retries=1, interval_start=0, timeout=2)
        except (OperationalError, OSError) as error:
            raise ServiceWarning(f"The broker does not answer ({type(error).__name__}).") from error


@dataclasses.dataclass
class Worker(Check):
    def look(self) -> None:
        _recent(heartbeats.WORKER, QUIET, "No task has run", "Is a worker running?")


@dataclasses.dataclass
class Beat(Check):
    def look(self) -> None:
        _recent(heartbeats.BEAT, QUIET, "Beat has sent nothing", "Is beat running?")


@dataclasses.dataclass
class Backup(Check):
    def look(self) -> None:
        longest = timedelta(hours=settings.HUXING_BACKUP_HOURS)
        _recent(heartbeats.BACKUP, longest, "No backup was made", "See deploy/README.md, Backup.")


@dataclasses.dataclass
class Operations(Check):
    """What phones sent and the server has not managed to apply."""

    def look(self) -> None:
        failing = [
            row for row in figures.waiting()
            if row.outcome == "received" or row.code == "server.retry"
        ]  # fmt: skip
        oldest = min((row.oldest for row in failing), default=None)
        now = clock.now()
        if oldest is not None and oldest < now - settings.SYNC_ALARM_AFTER:
            count = sum(row.number for row in failing)
            raise ServiceWarning(
                f"{count} operations are not applied, the oldest since {_minutes(now - oldest)}."
            )


@dataclasses.dataclass
class Disk(Check):
    def look(self) -> None:
        least = settings.HUXING_DISK_FREE_MIB
        for what, path in (
            ("files", settings.HUXING_DATA_DIR),
            ("ledger", settings.HUXING_LEDGER.parent),
        ):
            free = shutil.disk_usage(_existing(path)).free // 2**20
            if free < least:
                raise ServiceWarning(
                    f"The disk of the {what} has {free} MiB left, less than {least}."
                )


CHECKS: dict[str, type[Check]] = {
    "database": Database,
    "ledger": Ledger,
    "broker": Broker,
    "worker": Worker,
    "beat": Beat,
    "operations": Operations,
    "disk": Disk,
    "backup": Backup,
}


def _recent(name: str, longest: timedelta, what: str, question: str) -> None:
    now = clock.now()
    seen = heartbeats.last(name, now=now)
    if seen is None or seen < now - longest:
        since = f"for {_minutes(now - seen)}" if seen else "yet"
        raise ServiceWarning(f"{what} {since}. {question}")


def _minutes(time: timedelta) -> str:
    return f"{time // timedelta(minutes=1)} minutes"


def _existing(path: Path) -> Path:
    """The path, or the nearest folder above that is there: nothing has been written yet."""
    return next(folder for folder in (path, *path.parents) if folder.exists())
