"""A database of one's own for as long as a drill takes, on the given server or an embedded one."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

import psycopg

from deploy.postgres import database


@contextmanager
def scratch_database(data: Path) -> Iterator[str]:
    """The URL of an empty database. One on a server that DATABASE_URL names is dropped at the end."""
    with database(data / "postgres") as url:
        if "DATABASE_URL" not in os.environ:
            yield url
            return
        name = f"huxing_{uuid4().hex[:12]}"
        _run(url, f"CREATE DATABASE {name}")
        try:
            yield urlsplit(url)._replace(path=f"/{name}").geturl()
        finally:
            _run(url, f"DROP DATABASE {name} WITH (FORCE)")


def destroy(url: str) -> None:
    """Everything in the database, as a dead disk would."""
    _run(url, "DROP SCHEMA public CASCADE")
    _run(url, "CREATE SCHEMA public")


def _run(url: str, statement: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement)
