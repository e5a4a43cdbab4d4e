"""Web, worker and beat on one machine, started together and stopped in order."""

import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

from deploy import environment, web
from deploy.processes import Processes

ROOT = Path(__file__).resolve().parent.parent
PATIENCE = 90.0  # seconds until every process must be ready


class CannotStart(Exception):
    """Something of the stack did not come up; the message says what and ends with its last words."""


def free_port(wanted: int | None, default: int) -> int:
    """The wanted port, or the default, or any. Raises `CannotStart` if the wanted one is taken."""
    if wanted is not None:
        if not _is_free(wanted):
            raise CannotStart(
                f"Port {wanted} is taken. Choose another with --port, or leave it out."
            )
        return wanted
    return default if _is_free(default) else any_port()


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def any_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Stack:
    """Everything but the database. As a context it is stopped at the end, whatever happened."""

    # What the web server serves and Celery runs, and how a module of Python is run.
    application = web.APPLICATION
    celery_app = "backend.config"
    python: tuple[str, ...] = (sys.executable, "-m")

    def __init__(self, data: Path, database_url: str, port: int) -> None:
        self.port = port
        self.address = f"http://127.0.0.1:{port}"
        self.environment = environment.kept(data, database_url)
        for folder in ("queue", "queue-control"):
            (data / folder).mkdir(mode=0o700, exist_ok=True)
        self.processes = Processes(ROOT, data / "logs", self.environment)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self.processes.stop()

    def prepare(self) -> None:
        """Migrates, loads what ships, collects static files."""
        self.run([*self.python, "deploy.prepare"])

    def manage(self, *command: str) -> str:
        """Runs a command of manage.py and returns what it printed. Raises `CannotStart`."""
        return self.run([*self.python, "manage", *command])

    def run(self, command: list[str]) -> str:
        done = subprocess.run(
            command, cwd=ROOT, env={**self.environment, "HUXING_LOG_LEVEL": "WARNING"},
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        if done.returncode:
            name = " ".join(command[1:])
            raise CannotStart(f"{name} failed:\n{(done.stderr + done.stdout).strip()[-3000:]}")
        return done.stdout

    def start(self) -> None:
        """Returns once the web answers and the worker takes work. Raises `CannotStart`."""
        self.start_web()
        self.start_worker()
        self._start_celery("beat", "--pidfile=")
        deadline = time.monotonic() + PATIENCE
        while not (self.web_answers() and self._worker_is_ready()):
            self._check(deadline)
            time.sleep(0.1)

    def start_web(self) -> None:
        self.processes.start(
            "web",
            [
                sys.executable,
                "-m",
                "deploy.web",
                "--port",
                str(self.port),
                "--application",
                self.application,
            ],
        )

    def start_worker(self) -> None:
        self._start_celery("worker", "--concurrency", "1")

    def _start_celery(self, name: str, *more: str) -> None:
        celery = [sys.executable, "-m", "celery", "-A", self.celery_app]
        self.processes.start(name, [*celery, name, "--loglevel", "INFO", *more])

    def watch(self, revive_database: Callable[[], bool] = lambda: True) -> None:
        """Returns never: whatever ends is started again. Raises `CannotStart` where that is impossible.

        `revive_database` says whether the database is there; the others are not started without it.
        """
        while True:
            try:
                if revive_database():
                    self.processes.revive()
            except (FileNotFoundError, PermissionError) as error:
                raise CannotStart(f"A program cannot be run any more: {error}") from error
            time.sleep(0.5)

    def web_answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.address}/healthz", timeout=5) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    def _worker_is_ready(self) -> bool:
        """By its own word in its log: asking over the broker would cost seconds at each start."""
        log = self.processes.log("worker").read_text(encoding="utf-8", errors="replace")
        return " ready." in log

    def _check(self, deadline: float) -> None:
        dead = self.processes.dead()
        if dead is None and time.monotonic() > deadline:
            dead = "worker" if self.web_answers() else "web"
        if dead is not None:
            raise CannotStart(f"{dead} did not start:\n{self.processes.tail(dead)}")
