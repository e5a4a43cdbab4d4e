"""A broker that is down neither fails nor delays whoever writes (DELIVERY: bounded publish)."""

import socket
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from celery import Celery
from kombu.exceptions import OperationalError

from backend.notifications import nudge
from backend.notifications.nudge import Nudger
from tests.full_disk import no_room
from tests.receivers import until

TASK = "backend.notifications.tasks.deliver_all"


class App:
    """A Celery whose broker does what it is told."""

    def __init__(self) -> None:
        self.sent: list[str] = []
        self.errors: list[Exception] = []
        self.open = threading.Event()

    def send_task(self, name: str, **_: Any) -> None:
        self.open.wait(20)
        if self.errors:
            raise self.errors.pop()
        self.sent.append(name)


@pytest.fixture
def app(monkeypatch: pytest.MonkeyPatch) -> App:
    app = App()
    monkeypatch.setattr(nudge, "current_app", app)
    monkeypatch.setattr(nudge, "PAUSE_SECONDS", 0.05)
    return app


def test_nobody_waits_for_a_broker_that_hangs_and_many_nudges_become_one(app: App) -> None:
    nudger = Nudger(TASK)
    for _ in range(1000):
        nudger.nudge()
    assert app.sent == []
    app.open.set()
    until(lambda: app.sent, "nothing was sent")
    time.sleep(0.1)
    # The one that was under way, and at most one for all that came meanwhile.
    assert app.sent in ([TASK], [TASK, TASK])


def test_after_a_failure_the_next_nudge_gets_through(app: App, caplog: Any) -> None:
    nudger = Nudger(TASK)
    app.errors = [OperationalError("down"), OSError("down")]
    app.open.set()
    for _ in range(2):
        before = len(app.errors)
        nudger.nudge()
        until(lambda before=before: len(app.errors) < before, "it was not tried")
    nudger.nudge()
    until(lambda: app.sent == [TASK], "nothing was sent")
    assert "beat sees to it instead" in caplog.text


def test_an_error_nobody_expected_does_not_end_nudging_for_ever(
    app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(threading, "excepthook", lambda _: None)
    nudger = Nudger(TASK)
    app.errors = [RuntimeError("a fault")]
    app.open.set()
    nudger.nudge()
    until(lambda: not app.errors, "it was not tried")
    until(lambda: nudger.nudge() or app.sent, "nothing was sent")


def test_a_queue_of_files_on_a_full_disk_is_only_a_line_in_the_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: Any
) -> None:
    celery = Celery(broker="filesystem://", set_as_current=False)
    folders = ("data_folder_in", "data_folder_out", "control_folder")
    celery.conf.broker_transport_options = dict.fromkeys(folders, str(tmp_path / "queue"))
    monkeypatch.setattr(nudge, "current_app", celery)
    monkeypatch.setattr(nudge, "PAUSE_SECONDS", 0.05)
    with no_room():
        Nudger(TASK).nudge()
        until(lambda: "beat sees to it instead" in caplog.text, "no word of it")


def test_a_real_broker_that_is_not_there_is_only_a_line_in_the_log(
    monkeypatch: pytest.MonkeyPatch, caplog: Any
) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    celery = Celery(broker=f"amqp://127.0.0.1:{port}//", set_as_current=False)
    monkeypatch.setattr(nudge, "current_app", celery)
    monkeypatch.setattr(nudge, "PAUSE_SECONDS", 0.05)
    Nudger(TASK).nudge()
    until(lambda: "beat sees to it instead" in caplog.text, "no word of it")
