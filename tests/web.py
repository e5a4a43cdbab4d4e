"""One web server as it is deployed, on the database of the test."""

import os
import signal
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote, urlsplit, urlunsplit

import pytest
from django.db import connection, connections

from deploy import web
from deploy.stack import ROOT, any_port

PATIENCE = 60.0


class Granian:
    """It can be killed and started again. `more` is added to its environment."""

    def __init__(self, folder: Path, **more: str) -> None:
        self.folder, self.files, self.more = folder, folder / "files", more
        self.port = 0
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        self.port = self.port or any_port()
        log = (self.folder / "web.log").open("ab")
        self.process = subprocess.Popen(
            web.command(port=self.port, workers=1), cwd=ROOT, env=self._environment(),
            stdout=log, stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
        log.close()
        self._wait()

    def kill(self) -> None:
        """As a power cut would: the main process and its workers, without a last word."""
        if self.process:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            self.process = None

    def said(self) -> str:
        return (self.folder / "web.log").read_text(encoding="utf-8", errors="replace")

    def line(self) -> socket.socket:
        """A bare connection, for what no client would send."""
        return socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE)

    def _wait(self) -> None:
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            try:
                with urllib.request.urlopen(f"{self.address}/healthz", timeout=5):
                    return
            except OSError:
                time.sleep(0.1)
        pytest.fail(self.said())

    def _environment(self) -> dict[str, str]:
        return {
            **os.environ,
            "DATABASE_URL": database_url(),
            "HUXING_DATA_DIR": str(self.folder),
            "HUXING_TLS": "0",
            **self.more,
        }


def database_url(user: str | None = None, password: str = "") -> str:
    """Of the test's database; `user` takes the place of the one who runs the tests."""
    given = urlsplit(os.environ["DATABASE_URL"])
    if user is not None:
        place = given.netloc.rpartition("@")[2]
        given = given._replace(netloc=f"{user}:{password}@{place}")
    return urlunsplit(given._replace(path="/" + quote(connection.settings_dict["NAME"])))


@contextmanager
def granian(folder: Path, **more: str) -> Iterator[Granian]:
    server = Granian(folder, **more)
    server.start()
    try:
        yield server
    finally:
        server.kill()
        connections.close_all()
