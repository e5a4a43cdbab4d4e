"""Refolds every applied operation and compares with the tables. Decisions are replayed, never retaken."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from . import inbox
from .entries import Entry
from .merge import registers
from .merge.edits import edits
from .models import Record
from .ports import ports
from .protocol import messages
from .registry import Columns, Policy, RecordType, registry


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


def _compare(record_type: RecordType, ids: list[UUID]) -> Iterator[Difference]:
    if not ids:
        return
    entries = inbox.load(
        "target = ANY(%s) AND outcome = 'applied' AND kind = ANY(%s)",
        [ids, list(record_type.kinds)],
        order="decision",
    )
    by_target: dict[UUID, list[Entry]] = {}
    for entry in entries:
        by_target.setdefault(entry.target, []).append(entry)
    rows = record_type.model.objects.in_bulk(ids)
    for record, row in rows.items():
        if record not in by_target:
            yield Difference(record_type.name, record, "operations")
            continue
        expected = _refold(record_type, by_target[record], row)
        for column, value in expected.items():
            if getattr(row, column) != value:
                yield Difference(record_type.name, record, column)


def _refold(record_type: RecordType, entries: list[Entry], row: Record) -> Columns:
    for entry in entries:
        entry.shard = row.shard
    if record_type.policy is Policy.APPEND:
        assert record_type.project
        return record_type.project(entries[0])
    if record_type.policy is Policy.SERIALISED:
        assert record_type.advance
        columns: Columns | None = None
        for revision, entry in enumerate(entries, start=1):
            columns = {**record_type.advance(columns, entry), "revision": revision}
        return columns or {}
    return _refold_registers(record_type, entries, row)


def _refold_registers(record_type: RecordType, entries: list[Entry], row: Any) -> Columns:
    assert record_type.project_values
    state: registers.State = {}
    for entry in entries:
        state = registers.fold(state, edits(str(entry.op), entry.at, entry.data))
    stored = messages.parse(ports().keys([row.file])[row.file].open(row.state))
    same = messages.parse(messages.write(registers.dump(state))) == stored
    return {
        **record_type.project_values(registers.values(state, record_type.specs)),
        "conflicts": registers.conflicts(state),
        "state": row.state if same else None,
    }
