"""A new master key: every key that the old one has wrapped is wrapped anew. What they sealed stays as it is."""

from collections.abc import Callable
from typing import NamedTuple
from uuid import UUID

from cryptography.exceptions import InvalidTag
from django.db import connection

from .encrypted import master, open_wrapped

BATCH = 1000
Id = UUID | bytes


class Wrapped(NamedTuple):
    """A table's column of wrapped keys; the row's id, of an SQL type, is bound to each of them."""

    table: str
    id: str
    type: str
    column: str


# Everything that the master key wraps: the whole list.
WRAPPED = (
    Wrapped("common_datakey", "owner", "uuid", "wrapped"),
    Wrapped("common_outboxkey", "id", "bytea", "wrapped"),
)


def rewrap(*, progress: Callable[[int], None] = lambda seen: None) -> int:
    """Wraps by the current master key what the previous one has wrapped; returns how many keys.

    In batches that commit one by one: cut off, it is simply run again. A key that is destroyed
    meanwhile stays destroyed. `progress` hears how many were looked at. Raises `InvalidTag` for a key
    that neither has wrapped.
    """
    return sum(_rewrap(place, progress) for place in WRAPPED)


def _rewrap(place: Wrapped, progress: Callable[[int], None]) -> int:
    last: Id = UUID(int=0) if place.type == "uuid" else b""
    seen, changed = 0, 0
    while rows := _after(place, last):
        last, seen = rows[-1][0], seen + len(rows)
        changed += _replace(place, [row for row in rows if not _is_current(*row)])
        progress(seen)
    return changed


def _after(place: Wrapped, last: Id) -> list[tuple[Id, bytes]]:
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {place.id}, {place.column} FROM {place.table}"
            f" WHERE {place.id} > %s AND {place.column} IS NOT NULL"
            f" ORDER BY {place.id} LIMIT %s",
            [last, BATCH],
        )
        rows = cursor.fetchall()
    return [(id_ if isinstance(id_, UUID) else bytes(id_), bytes(wrapped)) for id_, wrapped in rows]


def _about(id_: Id) -> bytes:
    return id_.bytes if isinstance(id_, UUID) else id_


def _is_current(id_: Id, wrapped: bytes) -> bool:
    try:
        master().open(wrapped, _about(id_))
    except InvalidTag:
        return False
    return True


def _replace(place: Wrapped, rows: list[tuple[Id, bytes]]) -> int:
    """One statement, and only where the row still holds what was read: an erasure must not be undone."""
    if not rows:
        return 0
    ids = [id_ for id_, _ in rows]
    before = [wrapped for _, wrapped in rows]
    abouts = [_about(id_) for id_ in ids]
    after = [
        master().seal(open_wrapped(wrapped, about), about)
        for wrapped, about in zip(before, abouts, strict=True)
    ]
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {place.table} t SET {place.column} = n.after"
            f" FROM unnest(%s::{place.type}[], %s::bytea[], %s::bytea[]) AS n(id, before, after)"
            f" WHERE t.{place.id} = n.id AND t.{place.column} = n.before",
            [ids, before, after],
        )
        return int(cursor.rowcount)
