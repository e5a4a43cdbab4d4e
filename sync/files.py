"""The row of a file is the lock for all that is in it."""

from collections.abc import Iterable
from typing import NamedTuple
from uuid import UUID

from django.db import connection


class Known(NamedTuple):
    """Whether it is `erased` is certain only under the lock."""

    shard: str
    stub: bool
    erased: bool = False


def lock(files: Iterable[UUID]) -> dict[UUID, Known]:
    """Locks files in the order of their ids: whoever locks several does so here, once."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, shard, stub, erased_at IS NOT NULL FROM sync_file WHERE id = ANY(%s)"
            " ORDER BY id FOR UPDATE",
            [sorted(set(files))],
        )
        return {file: Known(*known) for file, *known in cursor.fetchall()}
