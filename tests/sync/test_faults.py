"""Servers killed with `kill -9`, lines cut at any byte, locks that never come (SYNC, "What proves it", 3)."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.db import connection, transaction

from backend.accounts import services
from backend.accounts.models import Person
from backend.concerns.models import Concern
from sync import apply, push, rebuild
from sync.client import New, Phone
from sync.client.errors import TryLater
from sync.client.transport import Http
from sync.models import File, Operation
from tests.api.conftest import NOW, VILLAGE, administrator, supervisor  # noqa: F401

from . import toys
from .conftest import NOW as TOY_NOW
from .conftest import Phone as Bare
from .conftest import World
from .dying_server import BOUNDARIES
from .narrow_line import NarrowLine
from .test_push import make_box, new

ROOT = Path(__file__).resolve().parents[2]
CARD = {"name": "龙小燕", "sex": "female", "birth_date": "2018-03-07"}


@contextmanager
def served_by_a_process(fault: str = "") -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """A real process on the test's database; it ends with the block if it has not ended before."""
    name = connection.settings_dict["NAME"]
    url = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{name}").geturl()
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.sync.dying_server"], cwd=ROOT, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        env=os.environ | {"FAULT": fault, "DATABASE_URL": url},
    )  # fmt: skip
    try:
        assert process.stdout
        lines = iter(process.stdout.readline, "")
        port = next(line.strip() for line in lines if line.strip().isdigit())
        yield f"http://127.0.0.1:{port}", process
    finally:
        process.kill()
        process.wait()


@pytest.mark.slow
@pytest.mark.parametrize("boundary", BOUNDARIES)
def test_a_server_killed_at_any_boundary_loses_and_doubles_nothing(
    boundary: str,
    administrator: Person,  # noqa: F811
    supervisor: Person,  # noqa: F811
    tmp_path: Path,
) -> None:
    phone = Phone(tmp_path / "phone.db", language="en")
    code = services.enrolment_code_create(people=[supervisor.id], actor=administrator.id, now=NOW)
    with served_by_a_process(boundary) as (server, process):
        phone.enrol(server, code)
        child = register(phone)
        with suppress(TryLater):
            phone.sync()
        assert process.wait(30) == -signal.SIGKILL
    stored = Operation.objects.filter(device=phone.device).count()
    assert stored == 2, "what was stored before the kill is there"
    judged = set(Operation.objects.values_list("outcome", flat=True)) == {"applied"}
    assert judged == (boundary in {"committed", "replied"})
    with served_by_a_process() as (server, _):
        phone._transport = Http(server)
        report = phone.sync()
    assert (report.sent, report.again) == {"replied": (0, 0), "committed": (2, 2)}.get(
        boundary, (2, 0)
    )
    assert Concern.objects.filter(file=child).count() == 1
    assert Operation.objects.filter(device=phone.device).count() == 2
    assert list(rebuild.differences()) == []
    assert phone.status()["operations"]["unsent"] == 0
    phone.close()


def register(phone: Phone) -> Any:
    """A child and a concern about it."""
    residence = {"division": VILLAGE}
    written = {"identity": {"v": CARD, "saw": []}, "residence": {"v": residence, "saw": []}}
    (child,) = phone.append(New(kind="child.register", data={"set": written}))
    concern = {"kind": "violence", "text": "邻居听到哭声"}
    phone.append(New(kind="concern.raise", file=child.target, data=concern))
    return child.target


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
def test_a_line_cut_at_random_bytes_only_costs_time(
    make_phone: Any, server: str, seed: int
) -> None:
    phone = make_phone()
    for number in range(20):
        phone.append(New(kind="note.write", data={"text": f"help {number}" + "x" * 200}))
    line = NarrowLine(server, cuts=8, seed=seed)
    tries = 0
    while phone.status()["operations"]["unsent"]:
        phone._transport = Http(line.address)
        tries += 1
        with suppress(TryLater):
            phone.sync()
        assert tries <= 20
    line.close()
    assert toys.Note.objects.count() == toys.Alarm.objects.count() == 20
    assert Operation.objects.filter(device=phone.device).count() == 20


@pytest.mark.slow
def test_a_line_of_20_kbit_a_second_is_enough(make_phone: Any, server: str) -> None:
    phone = make_phone()
    for number in range(10):
        phone.append(New(kind="note.write", data={"text": str(number)}))
    line = NarrowLine(server, kbit=20)
    phone._transport = Http(line.address)
    report = phone.sync()
    line.close()
    assert [receipt["outcome"] for receipt in report.receipts] == ["applied"] * 10
    assert report.bytes_up + report.bytes_down < 20_000


@contextmanager
def somebody_holds(*files: Any, then: Any = None) -> Iterator[None]:
    """Another transaction has the files' locks; with `then` it wants that one too, once it is waited for."""
    has, may_go = threading.Event(), threading.Event()

    def hold() -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL deadlock_timeout = '60s'")
            for file in files:
                cursor.execute("SELECT FROM sync_file WHERE id = %s FOR UPDATE", [file])
            has.set()
            if then is not None:
                wait_for_a_waiter(cursor)
                cursor.execute("SELECT FROM sync_file WHERE id = %s FOR UPDATE", [then])
            else:
                may_go.wait(30)
        connection.close()

    thread = threading.Thread(target=hold)
    thread.start()
    has.wait(30)
    try:
        yield
    finally:
        may_go.set()
        thread.join()


def wait_for_a_waiter(cursor: Any) -> None:
    waiting = False
    while not waiting:
        cursor.execute("SELECT pg_stat_clear_snapshot()")
        cursor.execute(
            "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
            " AND datname = current_database()), pg_sleep(0.01)"
        )
        waiting = cursor.fetchone()[0]


@contextmanager
def setting(name: str, value: str) -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config(%s, %s, false)", [name, value])
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"RESET {name}")


@pytest.mark.parametrize(
    ("limit", "time"), [("lock_timeout", "100ms"), ("statement_timeout", "1s")]
)
def test_a_lock_that_never_comes_holds_one_operation_and_harms_no_neighbour(
    world: World, phone: Bare, limit: str, time: str
) -> None:
    locked, free = make_box(phone), make_box(phone)
    phone.push()
    lines = [phone.say("note.write", new(), {"text": "help"}, file=file) for file in (locked, free)]
    with somebody_holds(locked), setting(limit, time):
        held, applied = phone.push(*lines)
    assert (held.outcome, held.code, applied.outcome) == ("held", "server.retry", "applied")
    assert toys.Alarm.objects.get().file == free
    push.retry(now=TOY_NOW.replace(hour=23))
    assert {alarm.file for alarm in toys.Alarm.objects.all()} == {locked, free}
    assert not Operation.objects.exclude(outcome="applied").exists()


def test_a_deadlock_ends_without_a_loss(
    world: World, phone: Bare, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody locks files in the wrong order; PostgreSQL ends the push, which goes on one by one."""
    boxes = [make_box(phone) for _ in range(2)]
    phone.push()
    first, second = File.objects.filter(id__in=boxes).order_by("id").values_list("id", flat=True)
    lines = [phone.say("note.write", new(), {"text": "help"}, file=file) for file in boxes]
    told: list[str] = []
    monkeypatch.setattr(apply.logger, "error", lambda *_: told.append(str(sys.exc_info()[1])))
    with somebody_holds(second, then=first), setting("deadlock_timeout", "3s"):
        outcomes = [receipt.outcome for receipt in phone.push(*lines)]
    assert "deadlock detected" in told[0]
    assert set(outcomes) <= {"applied", "held"}
    push.retry(now=TOY_NOW.replace(hour=23))
    assert toys.Note.objects.count() == toys.Alarm.objects.count() == 2
    assert not Operation.objects.exclude(outcome="applied").exists()
