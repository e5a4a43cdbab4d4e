"""The attacks by many clients and by `kill -9`, on an office that does not bear them: both have to find it."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.attack import kills, slow
from tests.attack.findings import exit_code
from tests.attack.stage import Stage
from tests.cast import Cast
from tests.receivers import receiving

NOBODY = "http://127.0.0.1:9"


class Overrun(BaseHTTPRequestHandler):
    """Answers pages until the first log-in."""

    log_ins = 0

    def do_GET(self) -> None:
        self._told(503 if Overrun.log_ins else 200)

    def do_POST(self) -> None:
        Overrun.log_ins += 1
        self._told(503)

    def _told(self, status: int) -> None:
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        pass


@contextmanager
def office(handler: type[BaseHTTPRequestHandler]) -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def test_an_officer_who_is_turned_away_among_many_is_found_secure(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Overrun, "log_ins", 0)
    with office(Overrun) as address:
        found = slow.attack(address, cast["officer"], slow=1, log_ins=1)
    assert found.hits == ["the officer's page was answered 503"] * (slow.PAGES + 1)
    assert exit_code([found]) == 1


@pytest.mark.parametrize(
    ("answers", "hit"),
    [(False, "no page after the end of web"), (True, "no message went out after the end of web")],
)
def test_an_office_that_does_not_come_back_is_found_secure(
    committed: Cast, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: Any, answers: bool,
    hit: str,
) -> None:  # fmt: skip
    """Nothing answers at its address, or it does and delivers no message; and nothing rises in it."""
    monkeypatch.setattr(kills, "PATIENCE", 0.2)
    if answers:
        monkeypatch.setattr(kills, "_answers", lambda stage: True)
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    monkeypatch.setattr(kills, "victims", lambda _: iter([("web", psutil.Process(process.pid))]))
    # The processes' end is awaited as long as it takes: only the office is out of patience.
    monkeypatch.setattr(psutil.Process, "wait", lambda *_: process.wait())
    with receiving() as gateway:
        settings.HUXING_SMS_URL = f"{gateway.address}/sms"
        found = kills.attack(Stage(tmp_path, NOBODY, gateway, committed, {}, "", []))
    assert found.hits == [hit, "a due danger has not risen after the kills"]
    assert exit_code([found]) == 1
