"""Folds a batch of one record type into its table, in a fixed number of statements."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import Any
from uuid import UUID

from . import phrases
from .entries import Applied, Entry
from .feed import Change, Touched
from .merge import registers
from .merge.edits import Malformed, edits
from .protocol import messages
from .registry import Columns, Policy, RecordType, Refused

Rows = Mapping[UUID, Any]
Writer = Callable[
    [RecordType, Sequence[Entry], Rows, Mapping[UUID, Any]], tuple[list[Applied], list[Any]]
]


def write(
    record_type: RecordType, entries: Sequence[Entry], ciphers: Mapping[UUID, Any], touched: Touched
) -> list[Applied]:
    """Applies entries in order. What cannot be applied gets its outcome and is left out of the result."""
    _check(record_type, entries)
    rows: Rows = record_type.model.objects.in_bulk({entry.target for entry in entries})
    one: Writer = _WRITERS[record_type.policy]
    applied, changed = one(record_type, entries, rows, ciphers)
    _save(record_type, changed)
    marks = touched.setdefault(record_type.name, {})
    marks |= {row.id: Change(row.file, row.shard) for row in changed}
    return applied


def _check(record_type: RecordType, entries: Sequence[Entry]) -> None:
    for entry, problems in zip(entries, record_type.check(entries), strict=True):
        if problems:
            entry.flags.append("problems")
            entry.problems = [asdict(problem) for problem in problems]


def _save(record_type: RecordType, rows: Sequence[Any]) -> None:
    if not rows:
        return
    base = {
        Policy.APPEND: ["op"],
        Policy.REGISTER: ["state", "conflicts"],
        Policy.SERIALISED: ["revision"],
    }[record_type.policy]
    record_type.model.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["id"],
        update_fields=["file", "shard", *base, *record_type.columns],
    )


def _append(
    record_type: RecordType, entries: Sequence[Entry], rows: Rows, ciphers: Mapping[UUID, Any]
) -> tuple[list[Applied], list[Any]]:
    assert record_type.project
    applied: list[Applied] = []
    changed: dict[UUID, Any] = {}
    for entry in entries:
        existing = changed.get(entry.target) or rows.get(entry.target)
        if existing is not None and existing.op != entry.op:
            entry.quarantine("target.taken", "target", message=phrases.TARGET_TAKEN)
            continue
        columns = record_type.project(entry)
        changed[entry.target] = record_type.model(
            id=entry.target, file=entry.file, shard=entry.shard, op=entry.op, **columns
        )
        applied.append(Applied(entry, record_type.name, columns, created=existing is None))
    return applied, list(changed.values())


def _register(
    record_type: RecordType, entries: Sequence[Entry], rows: Rows, ciphers: Mapping[UUID, Any]
) -> tuple[list[Applied], list[Any]]:
    assert record_type.project_values
    states = {
        row.id: registers.load(messages.parse(ciphers[row.file].open(row.state)))
        for row in rows.values()
        if row.file in ciphers
    }
    accepted: list[tuple[Entry, bool]] = []
    for entry in entries:
        if entry.target in rows and rows[entry.target].file != entry.file:
            entry.quarantine("target.taken", "target", message=phrases.TARGET_TAKEN)
        elif entry.target not in states and not record_type.kinds[entry.kind]:
            entry.hold("target.unknown", "target", message=phrases.WAITING)
        else:
            created = entry.target not in states
            folded = _fold(record_type, entry, states.get(entry.target, {}))
            if folded is not None:
                states[entry.target] = folded
                accepted.append((entry, created))
    changed: dict[UUID, Any] = {}
    projected: dict[UUID, Columns] = {}
    for entry, _ in accepted:
        if entry.target not in changed:
            state = states[entry.target]
            columns = record_type.project_values(registers.values(state, record_type.specs))
            projected[entry.target] = columns
            changed[entry.target] = record_type.model(
                id=entry.target, file=entry.file, shard=entry.shard,
                state=ciphers[entry.file].seal(messages.write(registers.dump(state))),
                conflicts=registers.conflicts(state), **columns,
            )  # fmt: skip
    applied = [
        Applied(entry, record_type.name, projected[entry.target], created=created)
        for entry, created in accepted
    ]
    return applied, list(changed.values())


def _fold(
    record_type: RecordType, entry: Entry, state: registers.State
) -> dict[str, registers.Register] | None:
    try:
        made = edits(str(entry.op), entry.at, entry.data)
    except Malformed as error:
        entry.quarantine("data.malformed", f"data.{error.field}", message=phrases.DATA_MALFORMED)
        return None
    folded = registers.fold(state, made)
    own = str(entry.op)
    if any(folded[edit.key].live.keys() - {own} or own in folded[edit.key].gone for edit in made):
        entry.flags.append("merged")
    touched = {edit.key for edit in made}
    if touched.intersection(registers.conflicts(folded)):
        entry.flags.append("conflict")
    return folded


def _serialised(
    record_type: RecordType, entries: Sequence[Entry], rows: Rows, ciphers: Mapping[UUID, Any]
) -> tuple[list[Applied], list[Any]]:
    assert record_type.advance
    names = ["revision", *record_type.columns]
    current: dict[UUID, Columns] = {
        row.id: {name: getattr(row, name) for name in names} for row in rows.values()
    }
    places = {row.id: Change(row.file, row.shard) for row in rows.values()}
    applied: list[Applied] = []
    for entry in entries:
        before = current.get(entry.target)
        try:
            after = record_type.advance(before, entry)
        except Refused as refusal:
            entry.quarantine(refusal.code, *refusal.fields, message=(refusal.zh, refusal.en))
            continue
        revision = (before["revision"] if before else 0) + 1
        current[entry.target] = {**after, "revision": revision}
        places.setdefault(entry.target, Change(entry.file, entry.shard))
        applied.append(
            Applied(entry, record_type.name, current[entry.target], created=before is None)
        )
    changed = {item.entry.target for item in applied}
    return applied, [
        record_type.model(
            id=target, file=places[target].file, shard=places[target].shard, **current[target]
        )
        for target in sorted(changed)
    ]


_WRITERS: Mapping[Policy, Writer] = {
    Policy.APPEND: _append,
    Policy.REGISTER: _register,
    Policy.SERIALISED: _serialised,
}
