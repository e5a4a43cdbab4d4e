"""A phone in memory and a server with toy records on real PostgreSQL."""

import datetime as dt
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.db import connection, connections

from sync import client, holdings, ports, pull, push
from sync.protocol import ids, messages
from sync.recovered import RECOVERED
from sync.registry import registry

from . import served, toys

NOW = dt.datetime(2026, 5, 4, 8, 0, tzinfo=dt.UTC)
SHARD = served.SHARD


class World:
    """The server's surroundings: what each device may see, and the keys."""

    def __init__(self) -> None:
        self.keys = toys.Keys()
        self.outbox = toys.OutboxKeys()
        self.done: list[tuple[UUID, UUID]] = []
        self.scope: dict[UUID, dict[UUID, str]] = {}
        # Those that the server knows when no request is there to name them.
        self.phones: dict[UUID, Phone] = {}

    def on_done(self, device: UUID, orders: Any, now: dt.datetime) -> None:
        self.done += [(device, order) for order in orders]

    def files_of(self, devices: Any) -> dict[UUID, dict[UUID, str]]:
        return {device: self.scope.get(device, {}) for device in devices}

    def sender_of_device(self, device: UUID) -> ports.Sender | None:
        return self.phones[device].sender if device in self.phones else None

    def grant(self, phone: "Phone", *files: UUID) -> None:
        self.scope.setdefault(phone.device, {}).update(dict.fromkeys(files, SHARD))
        holdings.reconcile([phone.device])

    def withdraw(self, phone: "Phone", *files: UUID) -> None:
        for file in files:
            del self.scope[phone.device][file]
        holdings.reconcile([phone.device])


class Phone:
    """One device's log; `say` appends, `sync` pushes what has no receipt."""

    def __init__(self, *, person: UUID | None = None) -> None:
        self.device = ids.uuid7(NOW)
        self.person = person or ids.uuid7(NOW)
        self.log: list[bytes] = []
        self.generation = 0
        self.cursor: str | None = None
        self.revoked = False

    def say(self, kind: str, target: UUID, data: dict[str, Any], **more: Any) -> bytes:
        previous = self.log[-1] if self.log else None
        line: dict[str, Any] = {
            "op": str(ids.uuid7(NOW)),
            "device": str(self.device),
            "person": str(self.person),
            "seq": len(self.log) + 1,
            "prev": messages.line_hash(previous).hex() if previous else None,
            "kind": kind,
            "target": str(target),
            "wall": NOW.isoformat(),
            "base": self.generation,
            "data": data,
        }
        line |= {name: str(v) if isinstance(v, UUID) else v for name, v in more.items()}
        raw = json.dumps(line, ensure_ascii=False).encode()
        self.log.append(raw)
        return raw

    @property
    def sender(self) -> ports.Sender:
        return ports.Sender(self.device, frozenset([self.person]), SHARD, self.revoked, "scope")

    def push(self, *lines: bytes, now: dt.datetime = NOW) -> list[messages.Receipt]:
        receipts, _ = push.push(
            lines or self.log, sender=self.sender, wall=now, now=now, english=True
        )
        return receipts

    def pull(
        self, *, confirm: list[UUID] | None = None, now: dt.datetime = NOW, **more: Any
    ) -> pull.Page:
        self.push()
        purged = messages.Purged(self.generation, confirm) if confirm else None
        page = pull.pull(self.sender, token=self.cursor, purged=purged, now=now, **more)
        self.cursor, self.generation = page.cursor, page.generation
        return page


@pytest.fixture(scope="session")
def toy_tables(django_db_setup: None, django_db_blocker: Any) -> None:
    with django_db_blocker.unblock(), connection.schema_editor() as editor:
        # With --reuse-db they are there from the last run, perhaps in an older shape.
        editor.execute("DROP TABLE IF EXISTS " + ", ".join(m._meta.db_table for m in toys.MODELS))
        for model in toys.MODELS:
            editor.create_model(model)


@pytest.fixture
def world(toy_tables: None, transactional_db: None) -> Iterator[World]:
    """Wires sync to the toys, and afterwards back to whatever it was wired to."""
    before_types, before_ports = dict(registry.types), list(ports._installed)
    registry.clear()
    for record_type in (*toys.TYPES, RECOVERED):
        registry.register(record_type)
    world = World()
    ports.install(
        ports.Ports(
            keys=world.keys,
            react=toys.react,
            kept=toys.kept,
            unjudged=toys.unjudged,
            files_of=world.files_of,
            sender_of=served.sender_of,
            config=served.config_of,
            outbox=world.outbox,
            on_done=world.on_done,
            destroy_keys=world.keys.destroy,
            sender_of_device=world.sender_of_device,
            blind=toys.blind,
        )
    )
    yield world
    registry.clear()
    for record_type in before_types.values():
        registry.register(record_type)
    ports._installed[:] = before_ports
    with connection.cursor() as cursor:
        tables = ", ".join(model._meta.db_table for model in toys.MODELS)
        cursor.execute(f"TRUNCATE {tables}")


@pytest.fixture
def server(world: World, live_server: Any, settings: Any) -> Iterator[str]:
    """The address of a server with toy records, reached as a real phone reaches it."""
    settings.ROOT_URLCONF = "tests.sync.served"
    served.people.clear()
    served.revoked.clear()
    served.orders.clear()
    yield live_server.url
    connections.close_all()


@pytest.fixture
def make_phone(server: str, tmp_path: Path) -> Iterator[Any]:
    """Reference clients, each enrolled and with a file of its own."""
    made: list[client.Phone] = []

    def make(**options: Any) -> client.Phone:
        phone = client.Phone(tmp_path / f"phone{len(made)}.db", language="en", **options)
        phone.enrol(server, str(ids.uuid7(NOW)))
        made.append(phone)
        return phone

    yield make
    for phone in made:
        phone.close()


@pytest.fixture
def phone(world: World) -> Phone:
    return Phone()


@pytest.fixture
def other(world: World) -> Phone:
    return Phone()
