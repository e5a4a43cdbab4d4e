"""A whole PostgreSQL that ends and comes back under web and worker; a broker that takes calls and never answers."""

import http.client
import signal
import socket
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import psutil
import psycopg
import pytest

from backend.accounts.models import AccessToken, Person
from backend.tasks import services as tasks
from backend.tasks.models import Task
from deploy.office import Office
from deploy.postgres import Embedded, server
from deploy.stack import Stack, any_port
from tests import receivers
from tests.api.conftest import COUNTY, VILLAGE, person
from tests.web import Granian, granian

from .test_survive import send

# They start Django anew, on a machine that may be busy.
until = partial(receivers.until, patience=180.0)
pytestmark = pytest.mark.slow
ASKED = "/api/v1/me"


@pytest.fixture
def own_postgres(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Embedded]:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    with server(tmp_path / "postgres") as started:
        assert isinstance(started, Embedded)
        yield started


@pytest.fixture
def stack(
    own_postgres: Embedded, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Stack]:
    monkeypatch.setenv("CELERY_BROKER_URL", "filesystem://")
    (tmp_path / "data").mkdir()
    with Stack(tmp_path / "data", own_postgres.url, any_port()) as stack:
        stack.manage("migrate", "--verbosity", "0")
        stack.start_web()
        stack.start_worker()
        until(stack.web_answers, "the web does not start")
        yield stack


def test_a_postgresql_that_is_killed_or_restarted_costs_503_until_it_is_back(
    own_postgres: Embedded, stack: Stack, tmp_path: Path
) -> None:
    """Nobody starts web or worker anew for it."""
    until(lambda: works(stack, own_postgres), stack.processes.tail("worker"))
    began = [child.pid for child in stack.processes.running.values()]
    for how in (signal.SIGKILL, signal.SIGINT):  # a power cut, and the fast shutdown of a restart
        postmaster = psutil.Process(own_postgres.wheel.get_postmaster_info().pid)
        postmaster.send_signal(how)
        until(lambda: status(stack) == 503, stack.processes.tail("web"))
        psutil.wait_procs([postmaster], timeout=60)
        until(own_postgres.revive, "PostgreSQL does not start")
        until(lambda: status(stack) == 401, stack.processes.tail("web"))
        until(lambda: works(stack, own_postgres), stack.processes.tail("worker"))
    assert stack.processes.dead() is None
    assert [child.pid for child in stack.processes.running.values()] == began
    assert "Traceback" not in stack.processes.log("web").read_text(encoding="utf-8")


def status(stack: Stack) -> int:
    """Of a question that only the database answers; 401 is its answer, and only 503 may come instead."""
    line = http.client.HTTPConnection("127.0.0.1", stack.port, timeout=60)
    line.request("GET", ASKED, headers={"Authorization": f"Token {'0' * 64}"})
    answer = line.getresponse()
    answer.read()
    line.close()
    assert answer.status in (401, 503)
    assert answer.status == 401 or int(answer.headers["Retry-After"]) > 0
    return answer.status


def works(stack: Stack, postgres: Embedded) -> bool:
    """Whether the worker carries out a task that is asked for now."""
    with psycopg.connect(postgres.url) as line:
        line.execute("INSERT INTO accounts_tries VALUES ('old', 1, now() - interval '1 day')")
    send(Path(stack.environment["HUXING_DATA_DIR"]), "backend.accounts.tasks.clean")

    def cleaned() -> bool:
        with psycopg.connect(postgres.url) as line:
            return line.execute("SELECT FROM accounts_tries").fetchone() is None

    until(cleaned, stack.processes.tail("worker"))
    return True


@pytest.fixture
def hole() -> Iterator[int]:
    """The port of somebody who takes every call and says nothing."""
    with socket.create_server(("127.0.0.1", 0), backlog=128) as listening:
        yield listening.getsockname()[1]


@pytest.fixture
def web(transactional_db: None, hole: int, tmp_path: Path) -> Iterator[Granian]:
    with granian(tmp_path, CELERY_BROKER_URL=f"amqp://127.0.0.1:{hole}//") as server:
        yield server


@pytest.mark.django_db(transaction=True)
def test_a_broker_that_never_answers_keeps_nobody_waiting_and_loses_nothing(web: Granian) -> None:
    admin = person("admin", "administrator", COUNTY)
    rows = [
        {"name": f"吴{n}", "phone": f"1391111{n:04}", "role": "village_supervisor", "prefixes": [VILLAGE]}
        for n in range(3)
    ]  # fmt: skip
    desk = Office(web.address, AccessToken.objects.create(user=admin)[1])
    made = [desk.post("people/bulk", {"rows": rows[n : n + 1]}) for n in range(3)]
    assert [task["state"] for task in made] == ["waiting"] * 3
    until(lambda: "beat sees to it instead" in web.said(), web.said())
    # However many nudges: one word of it in a quarter of a minute, and no traceback.
    told = [line for line in web.said().splitlines() if "the broker was not reached" in line]
    assert len(told) == 1
    assert "Traceback" not in web.said()
    # What beat calls every minute.
    tasks.carry_on()
    assert set(Task.objects.values_list("state", flat=True)) == {"finished"}
    assert Person.objects.count() == 4
