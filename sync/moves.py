"""A file that moves to another shard takes everything in it along, in the transaction that decides it."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db import connection

from . import holdings
from .entries import Applied
from .feed import Change, Touched
from .merge import registers
from .protocol import messages
from .registry import Policy, RecordType, registry


def decided(record_type: RecordType, applied: Sequence[Applied]) -> dict[UUID, str]:
    """Where the files of these steps go."""
    if record_type.moves is None:
        return {}
    found = {item.entry.file: record_type.moves(item.entry, item.columns) for item in applied}
    return {file: shard for file, shard in found.items() if shard is not None}


def move(files: Mapping[UUID, str], ciphers: Mapping[UUID, Any], touched: Touched) -> set[str]:
    """Moves files, which are locked; returns the shards they left, whose counters go on too.

    Each record gets a number of its new shard. Whoever goes on holding a file is sent it anew: the
    counter of the new shard says nothing of what was numbered in the old one.
    """
    left = _move_files(files)
    for record_type in registry.types.values():
        rows = list(record_type.model.objects.filter(file__in=files))
        if not rows:
            continue
        for row in rows:
            row.shard = files[row.file]
        columns = ["shard"]
        if record_type.policy is Policy.REGISTER:
            _project(record_type, rows, ciphers)
            columns += record_type.columns
        record_type.model.objects.bulk_update(rows, columns)
        marks = touched.setdefault(record_type.name, {})
        marks |= {row.id: Change(row.file, row.shard) for row in rows}
    _enter_anew(list(files))
    return left


def _move_files(files: Mapping[UUID, str]) -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE sync_file f SET shard = m.shard"
            " FROM unnest(%s::uuid[], %s::text[]) AS m(id, shard) JOIN sync_file o ON o.id = m.id"
            " WHERE f.id = m.id RETURNING o.shard",
            [list(files), list(files.values())],
        )
        return {shard for (shard,) in cursor.fetchall()}


def _project(record_type: RecordType, rows: Sequence[Any], ciphers: Mapping[UUID, Any]) -> None:
    """The columns again: some of them follow from the shard."""
    assert record_type.project_values
    for row in rows:
        if row.file not in ciphers:
            continue
        state = registers.load(messages.parse(ciphers[row.file].open(row.state)))
        values = registers.values(state, record_type.specs)
        for name, value in record_type.project_values(values, row.shard).items():
            setattr(row, name, value)


def _enter_anew(files: Sequence[UUID]) -> None:
    holdings.lock_holders(files)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE sync_holding SET confirmed = false, entered = NULL"
            " WHERE file = ANY(%s) AND wanted",
            [list(files)],
        )
