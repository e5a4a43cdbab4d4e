"""The server as it is deployed, a phone enrolled on it, and clients nobody has changed."""

import io
import json
import os
import shutil
import signal
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit

import pytest
from django.db import connection, connections
from PIL import Image

from deploy.stack import BIN, ROOT
from tests.api.conftest import administrator, http_phone, supervisor

HERE = Path(__file__).parent
PATIENCE = 60.0


class Granian:
    """One web server on the database of this test; it can be killed and started again."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.files = folder, folder / "files"
        self.port = 0
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        self.port = self.port or _free_port()
        log = (self.folder / "web.log").open("ab")
        self.process = subprocess.Popen(
            [str(BIN / "granian"), "--interface", "wsgi", "--host", "127.0.0.1", "--port",
             str(self.port), "--workers", "1", "backend.config.wsgi:application"],
            cwd=ROOT, env=self._environment(), stdout=log, stderr=subprocess.STDOUT,
            start_new_session=True,
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
        given = urlsplit(os.environ["DATABASE_URL"])
        database = given._replace(path="/" + quote(connection.settings_dict["NAME"]))
        return {
            **os.environ,
            "DATABASE_URL": urlunsplit(database),
            "HUXING_DATA_DIR": str(self.folder),
            "HUXING_TLS": "0",
            "GRANIAN_BLOCKING_THREADS": "8",
        }


def _free_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture
def web(transactional_db: None, tmp_path: Path, settings: Any) -> Iterator[Granian]:
    server = Granian(tmp_path)
    local = {**settings.LOCAL_FILES, "OPTIONS": {"location": str(server.files)}}
    settings.STORAGES = {**settings.STORAGES, "default": local}
    server.start()
    yield server
    server.kill()
    connections.close_all()


@pytest.fixture(scope="session")
def node() -> str:
    """tus-js-client with its node. Without node these tests are skipped on a desk and fail in CI."""
    found, npm = shutil.which("node"), shutil.which("npm")
    if not found or not npm:
        said = "No node: run `sh deploy/node.sh` as root on Debian, or install node 18 and npm."
        if os.environ.get("CI"):
            pytest.fail(said)
        pytest.skip(said)
    if not (HERE / "node_modules" / ".package-lock.json").exists():
        subprocess.run(
            [npm, "ci", "--no-audit", "--no-fund", "--ignore-scripts"], cwd=HERE, check=True
        )
    return found


@pytest.fixture
def tus_js(node: str) -> Any:
    """Runs `bring.mjs`; returns its exit code and what it said."""

    def bring(**given: Any) -> tuple[int, str]:
        done = subprocess.run(
            [node, str(HERE / "bring.mjs"), json.dumps(given)],
            cwd=HERE, capture_output=True, text=True, check=False, timeout=240,
        )  # fmt: skip
        return done.returncode, done.stdout + done.stderr

    return bring


@pytest.fixture(scope="session")
def photograph() -> bytes:
    """A little more than five MiB of a real JPEG."""
    image = Image.effect_noise((3000, 2200), 90).convert("RGB")
    stored = io.BytesIO()
    image.save(stored, "JPEG", quality=92)
    assert len(stored.getvalue()) > 5 * 1024 * 1024
    return stored.getvalue()


__all__ = ["Granian", "administrator", "http_phone", "supervisor"]
