"""Refolds every applied operation and compares with the tables. Decisions are replayed, never retaken."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection

from . import oplog, projecting
from .entries import Entry
from .merge import registers
from .merge.edits import readable_edits
from .models import Record
from .ports import ports
from .protocol import messages
from .registry import Columns, Policy, RecordType, registry
from .uploads import check


@dataclass(frozen=True, slots=True)
class Difference:
    """One column of one record that is not what its operations make of it."""

    type: str
    id: UUID
    column: str

    def __str__(self) -> str:
        return f"{self.type} {self.id}: {self.column} differs from its operations"


def differences(*, batch: int = 500) -> Iterator[Difference]:
    """Every difference, type by type, in memory bounded by `batch` records."""
    for record_type in registry.types.values():
        ids = record_type.model.objects.order_by("id").values_list("id", flat=True)
        chunk: list[UUID] = []
        for record in ids.iterator(chunk_size=batch):
            chunk.append(record)
            if len(chunk) == batch:
                yield from _compare(record_type, chunk)
                chunk = []
        yield from _compare(record_type, chunk)
    for attachment, column in check.differences(batch=batch):
        yield Difference("attachment", attachment, column)
    yield from _undecided()


# What a decision leaves on the operation it is about, as far as nothing later can have changed it.
_UNDECIDED = """
SELECT o.op, CASE WHEN o.amended IS DISTINCT FROM r.repair THEN 'amended' ELSE 'flags' END
FROM sync_review r JOIN sync_operation o ON o.op = r.id
WHERE o.amended IS DISTINCT FROM r.repair
    OR r.status = 'forced' AND NOT 'forced' = ANY(o.flags)
    OR r.status = 'approved' AND NOT 'reviewed' = ANY(o.flags)
    OR r.status = 'repaired' AND NOT 'repaired' = ANY(o.flags)
UNION ALL
SELECT o.op, 'amended' FROM sync_operation o
WHERE o.amended IS NOT NULL AND NOT EXISTS (SELECT FROM sync_review r WHERE r.id = o.op)
    -- Of an erased file the reviews are gone with the rest.
    AND NOT EXISTS (SELECT FROM sync_file f WHERE f.id = o.file AND f.erased_at IS NOT NULL)
"""


def _undecided() -> Iterator[Difference]:
    """Operations that do not carry what was decided about them."""
    with connection.cursor() as cursor:
        cursor.execute(_UNDECIDED)
        for op, column in cursor.fetchall():
            yield Difference("operation", op, column)


def _compare(record_type: RecordType, ids: list[UUID]) -> Iterator[Difference]:
    if not ids:
        return
    entries = oplog.load(
        "target = ANY(%s) AND outcome = 'applied' AND kind = ANY(%s)",
        [ids, list(record_type.kinds)],
        order="decision",
    )
    by_target = _by_target(entries)
    kept: dict[UUID, list[Entry]] = {}
    if record_type.policy is Policy.REGISTER:
        kept = _by_target(oplog.load(f"target = ANY(%s) AND {oplog.KEPT}", [ids]))
    rows = record_type.model.objects.in_bulk(ids)
    for record, row in rows.items():
        if record not in by_target:
            yield Difference(record_type.name, record, "operations")
            continue
        expected = _refold(record_type, by_target[record], kept.get(record, []), row)
        for column, value in expected.items():
            if getattr(row, column) != value:
                yield Difference(record_type.name, record, column)


def _by_target(entries: Iterable[Entry]) -> dict[UUID, list[Entry]]:
    found: dict[UUID, list[Entry]] = {}
    for entry in entries:
        found.setdefault(entry.target, []).append(entry)
    return found


def _refold(
    record_type: RecordType, entries: list[Entry], kept: list[Entry], row: Record
) -> Columns:
    for entry in entries:
        entry.shard = row.shard
    if record_type.policy is Policy.APPEND:
        return projecting.project(record_type, entries[0])[0]
    if record_type.policy is Policy.SERIALISED:
        assert record_type.advance
        columns: Columns | None = None
        for revision, entry in enumerate(entries, start=1):
            after, _ = projecting.storable(record_type, record_type.advance(columns, entry))
            columns = {**after, "revision": revision}
        return columns or {}
    return _refold_registers(record_type, entries, kept, row)


def _refold_registers(
    record_type: RecordType, entries: list[Entry], kept: list[Entry], row: Any
) -> Columns:
    state: registers.State = {}
    for entry in entries:
        # One that should have been repaired says nothing: a difference, not a stop.
        state = registers.fold(state, readable_edits(str(entry.op), entry.at, entry.data))
    seen = [
        edit
        for entry in kept
        if entry.file == row.file
        for edit in readable_edits(str(entry.op), entry.at, entry.data)
    ]
    state = registers.supersede(state, seen)
    stored = messages.parse(ports().keys([row.file])[row.file].open(row.state))
    same = messages.parse(messages.write(registers.dump(state))) == stored
    return {
        **projecting.folded(record_type, state, row.shard)[0],
        "state": row.state if same else None,
    }
