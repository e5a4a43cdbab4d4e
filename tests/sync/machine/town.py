"""The server's surroundings: who is granted which file, what is erased, and backups of all tables."""

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.apps import apps
from django.db import connection, transaction

from sync import erase, holdings, ports, push, recovery
from sync.entries import Applied, Draft
from sync.protocol import ids, messages

from .. import served, toys

Clock = Callable[[], dt.datetime]
OFFICE = UUID(int=7)


def now_utc() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


@dataclass(frozen=True)
class Backup:
    """The rows of every table as COPY writes them, and where each sequence stood."""

    tables: dict[str, bytes]
    sequences: dict[str, tuple[int, bool]]


class Town:
    """Grants are a table, so that they commit, roll back and come back from a backup with the rest.

    `erased` and `served.revoked` are what a ledger outside the database would keep: a restore does
    not undo them.
    """

    def __init__(self) -> None:
        self.keys = toys.Keys()
        self.config: dict[str, Any] = {"forms": {"version": 1}}
        self.ports = ports.Ports(
            keys=self.keys, react=self.react, files_of=self.files_of,
            sender_of=served.sender_of, config=lambda sender: self.config, outbox=toys.OutboxKeys(),
            destroy_keys=self.keys.destroy, blind=toys.blind,
        )  # fmt: skip

    def react(self, applied: Sequence[Applied], now: dt.datetime) -> list[Draft]:
        """Who opens a file is granted it, as a supervisor who registers a child is."""
        opened = [
            (item.entry.device, item.entry.file)
            for item in applied
            if item.type == "box" and item.created and item.entry.device
        ]
        taken = set(
            toys.Grant.objects.filter(file__in=[file for _, file in opened]).values_list(
                "file", flat=True
            )
        )
        made = [toys.Grant(device=d, file=f) for d, f in opened if f not in taken]
        toys.Grant.objects.bulk_create(made)
        holdings.reconcile({grant.device for grant in made})
        return toys.react(applied, now)

    def files_of(self, devices: Sequence[UUID]) -> dict[UUID, dict[UUID, str]]:
        found: dict[UUID, dict[UUID, str]] = {device: {} for device in devices}
        for grant in toys.Grant.objects.filter(device__in=list(devices)):
            found[grant.device][grant.file] = served.SHARD
        return found

    def granted(self, device: UUID) -> set[UUID]:
        return set(self.files_of([device])[device])

    def assign(self, file: UUID, device: UUID, *, holds: bool) -> None:
        with transaction.atomic():
            if holds:
                toys.Grant.objects.get_or_create(device=device, file=file)
            else:
                toys.Grant.objects.filter(device=device, file=file).delete()
            holdings.reconcile([device])

    def erase(self, file: UUID) -> None:
        """As the office erases a file: it is taken from everybody, its rows go, its key is destroyed."""
        with transaction.atomic():
            devices = list(toys.Grant.objects.filter(file=file).values_list("device", flat=True))
            toys.Grant.objects.filter(file=file).delete()
            holdings.reconcile(devices)
        erase.erase([file], now=now_utc())

    def submit(self, kind: str, target: UUID, file: UUID, data: dict[str, Any]) -> messages.Receipt:
        """The office's door."""
        now = now_utc()
        draft = Draft(
            op=ids.uuid7(now), person=OFFICE, kind=kind, target=target, file=file, data=data, at=now
        )
        (receipt,) = push.submit([draft], now=now, english=True)
        return receipt


def tables() -> list[str]:
    models = [*apps.get_app_config("sync").get_models(), *toys.MODELS]
    return sorted(model._meta.db_table for model in models)


def sequences() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT sequencename FROM pg_sequences WHERE sequencename LIKE 'sync_%%' ORDER BY 1"
        )
        return [name for (name,) in cursor.fetchall()]


def empty() -> None:
    """DELETE, because on tables as small as these TRUNCATE is ten times slower."""
    with transaction.atomic(), connection.cursor() as cursor:
        for table in tables():
            cursor.execute(f"DELETE FROM {table}")


def back_up() -> Backup:
    with transaction.atomic(), connection.cursor() as cursor:
        copied = {}
        for table in tables():
            with cursor.copy(f"COPY {table} TO STDOUT") as rows:
                copied[table] = b"".join(bytes(row) for row in rows)
        stood = {}
        for name in sequences():
            cursor.execute(f"SELECT last_value, is_called FROM {name}")
            stood[name] = cursor.fetchone()
    return Backup(copied, stood)


def restore(backup: Backup, *, told: bool) -> None:
    """Everything as it was. With `told` a new incarnation begins, as `manage.py restore` makes it."""
    empty()
    with transaction.atomic(), connection.cursor() as cursor:
        for table, rows in backup.tables.items():
            with cursor.copy(f"COPY {table} FROM STDIN") as copy:
                copy.write(rows)
        for name, (last, called) in backup.sequences.items():
            cursor.execute("SELECT setval(%s, %s, %s)", [name, last, called])
    if told:
        recovery.begin(now=now_utc(), reason="restored in a test")
