"""Web, worker and beat as the demo starts them: each is killed, comes back, and what was due is done (kill -9)."""

import contextlib
import os
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit

import psutil
import psycopg
import pytest
from celery import Celery
from django.db import connection

from backend.audit import services as audit
from backend.audit.models import AuditSeal
from deploy.stack import Stack, any_port
from sync.entries import Draft
from tests import receivers

from .test_celery import applied, held

__all__ = ["held"]
# They start Django anew, on a machine that may be busy.
until = partial(receivers.until, patience=180.0)
pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def stack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stack]:
    monkeypatch.setenv("CELERY_BROKER_URL", "filesystem://")
    with Stack(tmp_path, database_url(), any_port()) as stack:
        stack.start()
        yield stack


def test_whatever_is_killed_comes_back_and_what_was_due_is_done(
    stack: Stack, held: Draft, tmp_path: Path, capsys: Any
) -> None:
    web, worker, beat = (psutil.Process(child.pid) for child in stack.processes.running.values())
    # A child of the web is its master's matter, and nobody need read about it.
    served = _children(web, "granian")
    served[0].kill()
    # The worker over a queue of files has none: one killed while it waits could leave it idle for ever.
    assert _children(worker, "celery") == []
    until(
        lambda: served[0].pid not in {one.pid for one in _children(web, "granian")}, "still there"
    )
    until(stack.web_answers, stack.processes.tail("web"))
    stack.processes.revive()
    assert capsys.readouterr().out == ""

    for master in (beat, web, worker):
        master.kill()
    send(tmp_path, "sync.tasks.retry_held")
    until(lambda: _looked_after(stack) and applied(held), stack.processes.tail("worker"))
    until(lambda: _looked_after(stack) and stack.web_answers(), stack.processes.tail("web"))
    lines = capsys.readouterr().out.splitlines()
    assert sorted(line.split()[2] for line in lines) == ["beat", "web", "worker"], lines
    assert all("was killed by SIGKILL and is started again" in line for line in lines)

    # The database ends every line at once, as at a restart: nobody needs to be started anew for it.
    cut_every_line()
    audit.record(actor=None, action="test", subject=held.op, now=held.at, county="522630")
    send(tmp_path, "backend.audit.tasks.seal")
    until(AuditSeal.objects.exists, stack.processes.tail("worker"))
    assert stack.web_answers()
    assert stack.processes.dead() is None


def _looked_after(stack: Stack) -> bool:
    stack.processes.revive()
    return stack.processes.dead() is None


def _children(process: psutil.Process, name: str) -> list[psutil.Process]:
    with contextlib.suppress(psutil.NoSuchProcess):
        return [one for one in process.children() if name in " ".join(one.cmdline())]
    return []


def send(data: Path, task: str) -> None:
    with Celery(broker="filesystem://", set_as_current=False) as client:
        client.conf.broker_transport_options = {
            "data_folder_in": str(data / "queue"), "data_folder_out": str(data / "queue"),
            "control_folder": str(data / "queue-control"),
        }  # fmt: skip
        client.send_task(task)


def database_url() -> str:
    given = urlsplit(os.environ["DATABASE_URL"])
    return urlunsplit(given._replace(path="/" + quote(connection.settings_dict["NAME"])))


def cut_every_line() -> None:
    with psycopg.connect(database_url(), autocommit=True) as admin:
        admin.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    connection.close()
