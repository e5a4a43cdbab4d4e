"""What the server could not apply at once is applied by a real worker over a real broker."""

import contextlib
import datetime as dt
import json
import os
import signal
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from urllib.parse import quote, urlsplit, urlunsplit

import pytest
from celery import Celery
from django.conf import settings
from django.db import connection, transaction

from backend.children.models import Child
from backend.concerns.models import Escalation
from backend.health import heartbeats
from backend.notifications.models import Notice
from deploy.stack import ROOT
from sync import ports, rebuild
from sync.entries import Draft
from sync.models import Operation
from sync.protocol import ids
from sync.push import submit
from tests.api import test_escalations
from tests.api.conftest import COUNTY
from tests.api.test_escalations import open_one

from .cases import somebody
from .relay import Relay

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
RABBITMQ = os.environ.get("TEST_RABBITMQ_URL", "amqp://guest:guest@127.0.0.1:5672//")
NOW = dt.datetime.now(dt.UTC)
PATIENCE = 120.0


def reachable(url: str) -> bool:
    parts = urlsplit(url)
    with contextlib.suppress(OSError):
        socket.create_connection((parts.hostname or "", parts.port or 5672), timeout=2).close()
        return True
    return False


def until(what: Callable[[], bool], say: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while not what():
        assert time.monotonic() < deadline, say
        time.sleep(0.1)


class Worker:
    """A worker process on the database of this test, with a queue that nobody else reads."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.queue = f"test-{uuid.uuid4().hex}"
        self.rabbitmq = reachable(RABBITMQ)
        self.broker = RABBITMQ if self.rabbitmq else "filesystem://"
        self.relay: Relay | None = None
        self.process: subprocess.Popen[bytes] | None = None
        for name in ("queue", "queue-control"):
            (folder / name).mkdir()

    def start(self, *, beat: bool = False) -> None:
        """With `beat`, what is scheduled comes by itself."""
        log = (self.folder / "worker.log").open("ab")
        size = log.tell()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "celery", "-A", "backend.config", "worker", "--loglevel", "INFO",
             "--concurrency", "1", "--queues", self.queue, *(["--beat"] if beat else []),
             # Two of one name on one broker would not let each other start.
             "--hostname", f"{self.queue}@%h"],
            cwd=ROOT, env=self._environment(), stdout=log, stderr=subprocess.STDOUT,
            start_new_session=True,
        )  # fmt: skip
        log.close()
        until(lambda: " ready." in self.said()[size:], self.said())

    def kill(self) -> None:
        """As a power cut would: the main process and its children, without a last word."""
        if self.process:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()

    def beat_last_ran(self, when: dt.datetime) -> None:
        ran = dict.fromkeys(settings.CELERY_BEAT_SCHEDULE, when.isoformat())
        (self.folder / "beat.json").write_text(json.dumps(ran), encoding="utf-8")

    def send(self, task: str) -> None:
        with self._client() as client:
            client.send_task(task, queue=self.queue)

    def through_a_relay(self) -> None:
        """The worker's line to the broker can be cut from now on."""
        if self.rabbitmq:
            at = urlsplit(RABBITMQ)
            self.relay = Relay(at.hostname or "", at.port or 5672)

    def lose_the_broker(self) -> None:
        if self.relay:
            self.relay.cut()
            until(lambda: self.said().count("Connected to") > 1, self.said())

    def forget(self) -> None:
        self.kill()
        if self.relay:
            self.relay.close()
        if self.rabbitmq:
            with self._client() as client, client.connection_for_write() as line:
                line.default_channel.queue_delete(self.queue)

    def said(self) -> str:
        return (self.folder / "worker.log").read_text(encoding="utf-8", errors="replace")

    def _client(self) -> Celery:
        client = Celery(broker=self.broker, set_as_current=False)
        if not self.rabbitmq:
            client.conf.broker_transport_options = {
                "data_folder_in": str(self.folder / "queue"),
                "data_folder_out": str(self.folder / "queue"),
                "control_folder": str(self.folder / "queue-control"),
            }
        return client

    def _seen_by_worker(self) -> str:
        if self.relay is None:
            return self.broker
        at = urlsplit(self.broker)
        place = at.netloc.rpartition("@")[0] + f"@127.0.0.1:{self.relay.port}"
        return urlunsplit(at._replace(netloc=place))

    def _environment(self) -> dict[str, str]:
        given = urlsplit(os.environ["DATABASE_URL"])
        database = given._replace(path="/" + quote(connection.settings_dict["NAME"]))
        return {
            **os.environ,
            "DATABASE_URL": urlunsplit(database),
            "CELERY_BROKER_URL": self._seen_by_worker(),
            "CELERY_TASK_DEFAULT_QUEUE": self.queue,
            "HUXING_DATA_DIR": str(self.folder),
        }


@pytest.fixture
def worker(tmp_path: Path) -> Iterator[Worker]:
    worker = Worker(tmp_path)
    yield worker
    worker.forget()


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> Draft:
    """A registration that a fault of the server kept from being applied."""
    child = ids.uuid7(NOW)
    card = {"name": "龙小燕", "sex": "female", "birth_date": "2018-03-07"}
    residence = {"division": "522630100201", "address": "三组12号"}
    draft = Draft(
        op=ids.uuid7(NOW), person=ids.uuid7(NOW), kind="child.register", target=child, file=child,
        data={"set": {"identity": {"v": card, "saw": []}, "residence": {"v": residence, "saw": []}}},
        at=NOW,
    )  # fmt: skip

    def fail(*_: object) -> list[Draft]:
        raise RuntimeError("a fault of the server")

    with monkeypatch.context() as broken:
        broken.setattr(ports, "_installed", [replace(ports.ports(), react=fail)])
        (receipt,) = submit([draft], now=NOW)
    assert (receipt.outcome, receipt.code) == ("held", "server.retry")
    _time_has_come(draft)
    return draft


def _time_has_come(draft: Draft) -> None:
    """As if the wait between two tries, or the time that a killed worker had for its own, were over."""
    until(lambda: not _somebody_claims(), "a claim does not end")
    Operation.objects.filter(op=draft.op).update(retry_at=None)


def _somebody_claims() -> bool:
    """A claim that a killed worker has sent is still carried out by the database."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE state = 'active'"
            " AND datname = current_database() AND query LIKE '%UPDATE sync_operation SET retry_at%'"
            " AND pid <> pg_backend_pid())"
        )
        return bool(cursor.fetchone()[0])


def applied(draft: Draft) -> bool:
    return Operation.objects.get(op=draft.op).outcome == "applied"


def test_a_worker_applies_what_the_server_held_also_when_the_one_before_was_killed_midway(
    worker: Worker, held: Draft
) -> None:
    worker.start()
    with transaction.atomic(), connection.cursor() as cursor:
        # Nobody may write a decision while this is held: the worker stands in the middle.
        cursor.execute("LOCK TABLE sync_operation IN SHARE MODE")
        worker.send("sync.tasks.retry_held")
        until(_somebody_waits, worker.said())
        worker.kill()
    assert not applied(held)
    _time_has_come(held)
    worker.through_a_relay()
    worker.start()
    worker.lose_the_broker()
    worker.send("sync.tasks.retry_held")  # as beat does every minute
    until(lambda: applied(held), worker.said())
    assert Child.objects.filter(id=held.target).count() == 1


def test_beat_lets_an_escalation_rise_that_nobody_took_on(
    worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After an outage of two days: each level is reached, once, and told."""
    day = dt.timedelta(days=1)
    monkeypatch.setattr(test_escalations, "NOW", NOW - 3 * day)
    somebody("lead", "王主任", "county_lead", COUNTY, NOW)
    somebody("prefecture", "李处长", "viewer", COUNTY[:4], NOW)
    row = open_one(severity="high", to=["township"], deadline=(NOW - 2 * day).isoformat())
    assert row.level == "township"
    worker.beat_last_ran(NOW - 2 * day)
    worker.start(beat=True)
    until(lambda: _climbs(row) == 2, worker.said())
    row.refresh_from_db()
    assert (row.level, row.status) == ("prefecture", "open")
    told = Notice.objects.filter(kind="escalation.climbed").values_list("person", flat=True)
    assert len(set(told)) == len(told) == 2
    assert list(rebuild.differences()) == []
    for part in (heartbeats.WORKER, heartbeats.BEAT):
        # A task's sign of life comes after its end, and that after what it has done can be seen.
        until(partial(_lives, part), f"no sign of life of the {part}")


def _lives(part: str) -> bool:
    return heartbeats.last(part, now=dt.datetime.now(dt.UTC)) is not None


def _climbs(row: Escalation) -> int:
    return Operation.objects.filter(target=row.id, kind="escalation.climb").count()


def _somebody_waits() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND relation = 'sync_operation'::regclass)"
        )
        return bool(cursor.fetchone()[0])
