"""Tables as files and back, by COPY: needs no tools of the server's version, and reads one snapshot.

A file is PostgreSQL's COPY text format, packed by gzip, with the columns named in the manifest: it
can be loaded into any version from 15 on.
"""

import gzip
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.db import connection, transaction
from psycopg import sql

from . import hashing

# Which migrations were applied is in the manifest; a restore applies them and so writes this anew.
_NOT_DATA = "django_migrations"


@contextmanager
def snapshot() -> Iterator[None]:
    """Everything read inside is of one moment, however long it takes and whoever writes meanwhile."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            # The first statement takes the snapshot; it must be ours and not a later table's.
            cursor.execute("SELECT 1")
        yield


def names() -> list[str]:
    """The tables of the schema, sorted."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname FROM pg_class c WHERE c.relnamespace = current_schema()::regnamespace"
            " AND c.relkind = 'r' AND c.relname <> %s ORDER BY 1",
            [_NOT_DATA],
        )
        return [name for (name,) in cursor.fetchall()]


def write(folder: Path) -> dict[str, dict[str, Any]]:
    """Every table into a file of its own; what the manifest has to say of each. Inside `snapshot()`."""
    folder.mkdir()
    return {name: _write_one(name, folder / f"{name}.gz") for name in names()}


def load(folder: Path, tables: Mapping[str, Mapping[str, Any]]) -> None:
    """Fills the tables, which must be there, in the caller's transaction. What they hold is removed."""
    with connection.cursor() as cursor:
        every = sql.SQL(", ").join(sql.Identifier(name) for name in tables)
        cursor.execute(sql.SQL("TRUNCATE {}").format(every))
        for name, said in tables.items():
            statement = _copy("COPY {} ({}) FROM STDIN", name, said["columns"])
            with (
                gzip.open(folder / f"{name}.gz", "rb") as file,
                cursor.copy(statement) as copy,
            ):
                while block := file.read(hashing.BLOCK):
                    copy.write(block)
        # Foreign keys are checked now: the migrations that may follow cannot alter tables that wait for it.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def sequences() -> dict[str, int]:
    """The last number that each sequence gave."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT sequencename, last_value FROM pg_sequences"
            " WHERE schemaname = current_schema() AND last_value IS NOT NULL"
        )
        return dict(cursor.fetchall())


def set_sequences(values: Mapping[str, int]) -> None:
    with connection.cursor() as cursor:
        for name, value in values.items():
            cursor.execute("SELECT setval(quote_ident(%s)::regclass, %s)", [name, value])


def _write_one(name: str, path: Path) -> dict[str, Any]:
    columns = _columns(name)
    with (
        connection.cursor() as cursor,
        # No time stamp inside: the same rows give the same bytes.
        gzip.GzipFile(path, "wb", compresslevel=1, mtime=0) as file,
    ):
        with cursor.copy(_copy("COPY {} ({}) TO STDOUT", name, columns)) as copy:
            for block in copy:
                file.write(block)
        rows = cursor.rowcount
    return {"columns": columns, "rows": rows, **hashing.of(path)}


def _columns(name: str) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT attname FROM pg_attribute WHERE attrelid = quote_ident(%s)::regclass"
            " AND attnum > 0 AND NOT attisdropped AND attgenerated = '' ORDER BY attnum",
            [name],
        )
        return [column for (column,) in cursor.fetchall()]


def _copy(text: str, name: str, columns: list[str]) -> sql.Composed:
    listed = sql.SQL(", ").join(sql.Identifier(column) for column in columns)
    return sql.SQL(text).format(sql.Identifier(name), listed)
