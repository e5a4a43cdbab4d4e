"""A database of its own and a web server as deployed, for as long as a measurement takes."""

import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
import psycopg

from deploy import environment, web
from deploy.postgres import database, database_of_its_own
from deploy.processes import Processes
from deploy.stack import ROOT, free_port

PATIENCE = 60.0


@dataclass
class Server:
    """Where it answers, what it runs as, and the database beneath."""

    address: str
    url: str
    process: psutil.Process

    def seconds(self) -> float:
        """Processor time used so far by the web server's processes."""
        return sum(map(_used, [self.process, *self.process.children(recursive=True)]))

    def database_seconds(self) -> float | None:
        """The same for the connections to the database; None where it runs on another machine."""
        with psycopg.connect(self.url) as db:
            rows = db.execute(
                "SELECT pid FROM pg_stat_activity WHERE datname = current_database()"
                " AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
            ).fetchall()
        try:
            return sum(_used(psutil.Process(pid)) for (pid,) in rows)
        except psutil.NoSuchProcess:
            return None


def _used(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


@contextmanager
def fresh_database() -> Iterator[str]:
    """An empty database, dropped at the end: on the server of DATABASE_URL or an embedded one."""
    with (
        tempfile.TemporaryDirectory(prefix="huxing-") as scratch,
        database(Path(scratch) / "postgres") as url,
        database_of_its_own(url) as own,
    ):
        yield own


@contextmanager
def server(url: str, *, workers: int, again: bool = False) -> Iterator[Server]:
    """Migrates, publishes forms and rules, and serves as `deploy` does, without the worker and beat.

    Also sets this process up for Django, so that it can seed. `again`: over what an earlier one has
    written, with the secrets it left in this process's environment.
    """
    with tempfile.TemporaryDirectory(prefix="huxing-") as scratch:
        made = environment.kept if again else environment.fresh
        variables = made(Path(scratch), url)
        variables["HUXING_LOG_LEVEL"] = "WARNING"
        os.environ |= variables
        subprocess.run([sys.executable, "-m", "deploy.prepare"], cwd=ROOT, check=True)
        django()
        processes = Processes(ROOT, Path(scratch) / "logs", variables)
        port = free_port(None, 8123)
        address = f"http://127.0.0.1:{port}"
        try:
            processes.start("web", web.command(port=port, workers=workers))
            _wait(address, processes)
            yield Server(address, url, psutil.Process(processes.running["web"].pid))
        finally:
            processes.stop()
            disconnect()


def django() -> None:
    """Sets this process up, so that it can seed."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backend.config.settings")
    import django as framework

    framework.setup()


def disconnect() -> None:
    from django.db import connections

    connections.close_all()


def _wait(address: str, processes: Processes) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and processes.dead() is None:
        try:
            with urllib.request.urlopen(f"{address}/healthz", timeout=5) as answer:
                if answer.status == 200:
                    return
        except OSError:
            time.sleep(0.1)
    sys.exit(f"the web server did not start:\n{processes.tail('web')}")
