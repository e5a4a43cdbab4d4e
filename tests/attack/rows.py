"""What stands in the tables: a hash of each before and after, and every row as a thief of a copy reads it."""

from collections.abc import Collection, Iterator
from typing import Any

from django.db import connection
from psycopg import sql

# What a refused call may write, and why.
WRITTEN_DOWN = {
    "audit_auditentry": "that somebody was refused",
    "audit_auditseal": "and its seal",
    "accounts_tries": "a wrong password is counted",
    "accounts_accesstoken": "when a log-in was last seen",
    "accounts_websession": "likewise",
    "health_heartbeat": "signs of life",
}


def names() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relkind = 'r'"
            " AND relnamespace = 'public'::regnamespace ORDER BY relname"
        )
        return [name for (name,) in cursor.fetchall()]


def hashes(leaving_out: Collection[str] = tuple(WRITTEN_DOWN)) -> dict[str, str]:
    """By table, of its rows in whatever order."""
    found = {}
    with connection.cursor() as cursor:
        for name in names():
            if name not in leaving_out:
                cursor.execute(
                    f"SELECT count(*) || ' ' || coalesce(sum(hashtextextended(t::text, 0)), 0) FROM \"{name}\" t"
                )
                found[name] = cursor.fetchone()[0]
    return found


def changed(before: dict[str, str], after: dict[str, str]) -> list[str]:
    return [name for name in after if before.get(name) != after[name]]


def dump() -> Iterator[tuple[str, bytes]]:
    """Every table as COPY writes it, in text and in binary: what `pg_dump` copies, of any version of PostgreSQL."""
    connection.ensure_connection()
    with connection.cursor() as cursor:
        for name in names():
            for form in ("text", "binary"):
                command = sql.SQL("COPY {} TO STDOUT (FORMAT {})").format(
                    sql.Identifier(name), sql.SQL(form)
                )
                yield f"{name} ({form})", _copied(cursor, command)


def _copied(cursor: Any, command: Any) -> bytes:
    with cursor.copy(command) as rows:
        return b"".join(bytes(part) for part in rows)
