"""Erasing files: the records go, the keys are destroyed, `(id, erased_at)` stays."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import connection, transaction

from . import due, holdings
from .ports import ports
from .registry import registry
from .uploads import services as uploads


@transaction.atomic
def erase(files: Sequence[UUID], *, now: datetime) -> None:
    """Erases files for ever; a file that is not known leaves its mark too. Twice is as good as once.

    Operations stay as sealed bytes that nobody can open, so that a log's ranges and hashes still
    hold. Devices that hold a file are told to purge it; what they send of it later is quarantined.
    """
    owned = sorted(set(files))
    _mark(owned, now)
    for record_type in registry.types.values():
        record_type.model.objects.filter(file__in=owned).delete()
    uploads.forget(owned)
    holdings.lock_holders(owned)
    with connection.cursor() as cursor:
        # Other bytes under the same id are sealed under their device's key, not the file's.
        cursor.execute(
            "DELETE FROM sync_variantline v USING sync_operation o"
            " WHERE o.op = v.op AND o.file = ANY(%s)",
            [owned],
        )
        cursor.execute(
            "UPDATE sync_holding SET wanted = false WHERE file = ANY(%s) AND wanted", [owned]
        )
        cursor.execute(
            "SELECT op FROM sync_operation WHERE file = ANY(%s) AND outcome IN ('held', 'received')",
            [owned],
        )
        waiting = [op for (op,) in cursor.fetchall()]
    due.erased(waiting, now=now)
    ports().destroy_keys(owned, now)


def _mark(files: Sequence[UUID], now: datetime) -> None:
    """The row is the lock: whoever waits for it finds the file erased, whatever keys it has at hand."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO sync_file (id, shard, digest, stub, erased_at)"
            " SELECT i, '', 0, false, %s FROM unnest(%s::uuid[]) AS u(i)"
            " ON CONFLICT (id) DO UPDATE SET digest = 0, stub = false,"
            " erased_at = coalesce(sync_file.erased_at, excluded.erased_at)",
            [now, list(files)],
        )
