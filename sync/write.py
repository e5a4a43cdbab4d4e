"""Folds a batch of one record type into its table, in a fixed number of statements."""

import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db import DatabaseError

from . import faults, oplog, phrases, projecting, references
from .entries import Applied, Entry
from .feed import Change, Touched
from .merge import registers
from .merge.edits import Malformed, edits, readable_edits
from .protocol import messages
from .registry import Columns, LifeCycle, OneOpen, Policy, Problem, RecordType, Refused
from .uploads import declared

logger = logging.getLogger(__name__)

Rows = Mapping[UUID, Any]
Written = tuple[list[Applied], list[Any]]
Writer = Callable[[RecordType, Sequence[Entry], Rows, Mapping[UUID, Any]], Written]


def write(
    record_type: RecordType,
    entries: Sequence[Entry],
    ciphers: Mapping[UUID, Any],
    touched: Touched,
    kept: Sequence[Entry] = (),
) -> list[Applied]:
    """Applies entries in order. What cannot be applied gets its outcome and is left out of the result.

    `kept` came with them and is already held or quarantined: registers still learn what it saw.
    """
    check(record_type, entries)
    entries = [entry for entry in entries if entry.outcome is None]
    targets = {entry.target for entry in (*entries, *kept)}
    rows: Rows = record_type.model.objects.in_bulk(targets)
    if record_type.policy is Policy.REGISTER:
        applied, changed = _register(record_type, entries, rows, ciphers, kept)
    else:
        applied, changed = _WRITERS[record_type.policy](record_type, entries, rows, ciphers)
    save(record_type, changed, touched)
    return applied


def check(record_type: RecordType, entries: Sequence[Entry]) -> None:
    """Writes down the problems of contents; a check may also quarantine an entry."""
    own, attached = _checked(record_type, entries), declared.problems(entries)
    for entry, *found in zip(entries, own, attached, strict=True):
        # References that were not taken have been written down before.
        entry.problems = [one for one in entry.problems if one["code"] == references.CODE]
        for problem in (problem for part in found for problem in part):
            entry.add_problem(problem)
        if entry.mended:
            entry.add_problem(projecting.UNUSABLE)


def _checked(record_type: RecordType, entries: Sequence[Entry]) -> list[list[Problem]]:
    """Whatever a check meets in somebody's words stops neither that record nor the ones beside it."""
    try:
        return record_type.check(entries)
    except DatabaseError:
        raise
    except Exception as error:  # noqa: BLE001  whatever it is, the record must be made
        if len(entries) > 1:
            return [found for entry in entries for found in _checked(record_type, [entry])]
        logger.error("operation %s cannot be checked (%s)", entries[0].op, faults.summary(error))
        return [[projecting.UNUSABLE]]


def save(record_type: RecordType, rows: Sequence[Any], touched: Touched) -> None:
    """Writes rows and notes them for the feed."""
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
    if not record_type.fileless:
        marks = touched.setdefault(record_type.name, {})
        marks |= {row.id: Change(row.file, row.shard) for row in rows}


def _append(
    record_type: RecordType, entries: Sequence[Entry], rows: Rows, ciphers: Mapping[UUID, Any]
) -> tuple[list[Applied], list[Any]]:
    applied: list[Applied] = []
    changed: dict[UUID, Any] = {}
    for entry in entries:
        existing = changed.get(entry.target) or rows.get(entry.target)
        if existing is not None and existing.op != entry.op:
            entry.quarantine("target.taken", "target", message=phrases.TARGET_TAKEN)
            continue
        columns, whole = projecting.project(record_type, entry)
        if not whole:
            entry.add_problem(projecting.UNUSABLE)
        changed[entry.target] = record_type.model(
            id=_as_it_stands(entry.target, rows), file=entry.file, shard=entry.shard, op=entry.op,
            **columns,
        )  # fmt: skip
        applied.append(Applied(entry, record_type.name, columns, created=existing is None))
    return applied, list(changed.values())


def _register(
    record_type: RecordType, entries: Sequence[Entry], rows: Rows, ciphers: Mapping[UUID, Any],
    kept: Sequence[Entry],
) -> Written:  # fmt: skip
    files = {row.id: row.file for row in rows.values()}
    states: dict[UUID, registers.State] = {
        row.id: registers.load(messages.parse(ciphers[row.file].open(row.state)))
        for row in rows.values()
        if row.file in ciphers
    }
    before = dict(states)
    accepted: list[tuple[Entry, bool]] = []
    # What makes a record before what changes it, in whatever order the lines came.
    for entry in sorted(entries, key=lambda entry: not record_type.kinds[entry.kind]):
        if files.setdefault(entry.target, entry.file) != entry.file:
            # Of a record in another file a mere edit is told no more than of one that is not there.
            if record_type.kinds[entry.kind]:
                entry.quarantine("target.taken", "target", message=phrases.TARGET_TAKEN)
            else:
                entry.await_target()
        elif entry.target not in states and not record_type.kinds[entry.kind]:
            entry.await_target()
        else:
            created = entry.target not in states
            folded = _fold(record_type, entry, states.get(entry.target, {}))
            if folded is not None:
                states[entry.target] = folded
                accepted.append((entry, created))
    refused = [entry for entry in entries if entry.outcome is not None]
    _learn(states, [*_kept_before(states, [*entries, *kept], ciphers), *refused, *kept], files)
    shards = {row.id: row.shard for row in rows.values()}
    shards |= {entry.target: entry.shard for entry, _ in accepted}
    changed: dict[UUID, Any] = {}
    for target, state in states.items():
        if state != before.get(target):
            changed[target], whole = _folded_row(
                record_type, target, state, files[target], shards[target], ciphers
            )
            for entry in (e for e, _ in accepted if e.target == target and not whole):
                entry.add_problem(projecting.UNUSABLE)
    columns = {row.id: _columns(record_type, row) for row in changed.values()}
    unchanged = {entry.target for entry, _ in accepted} - changed.keys()
    columns |= {target: _columns(record_type, rows[target]) for target in unchanged}
    applied = [
        Applied(entry, record_type.name, columns[entry.target], created=created)
        for entry, created in accepted
    ]
    return applied, list(changed.values())


def _folded_row(
    record_type: RecordType, target: UUID, state: registers.State, file: UUID, shard: str,
    ciphers: Mapping[UUID, Any],
) -> tuple[Any, bool]:  # fmt: skip
    columns, whole = projecting.folded(record_type, state, shard)
    row = record_type.model(
        id=target, file=file, shard=shard,
        state=ciphers[file].seal(messages.write(registers.dump(state))), **columns,
    )  # fmt: skip
    return row, whole


def _columns(record_type: RecordType, row: Any) -> Columns:
    return {name: getattr(row, name) for name in record_type.columns}


def _kept_before(
    targets: Collection[UUID], present: Sequence[Entry], ciphers: Mapping[UUID, Any]
) -> list[Entry]:
    """Operations on the same records that came earlier and are held or quarantined."""
    return oplog.load(
        f"target = ANY(%s) AND {oplog.KEPT} AND NOT op = ANY(%s)",
        [list(targets), [entry.op for entry in present]],
        ciphers=ciphers,
    )


def _learn(
    states: dict[UUID, registers.State], kept: Sequence[Entry], files: Mapping[UUID, UUID]
) -> None:
    seen: dict[UUID, list[registers.Edit]] = {}
    for entry in kept:
        if entry.target in states and files[entry.target] == entry.file:
            known = seen.setdefault(entry.target, [])
            known += readable_edits(str(entry.op), entry.at, entry.data)
    for target, edits_of in seen.items():
        states[target] = registers.supersede(states[target], edits_of)


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
    if record_type.life_cycle and _is_late(record_type.life_cycle, state, touched):
        entry.flags.append("ended")
    return folded


def _is_late(life_cycle: LifeCycle, state: registers.State, touched: set[str]) -> bool:
    """Whether the record had ended before this edit, which does not itself speak of its ending."""
    register = state.get(life_cycle.register)
    if register is None or life_cycle.register in touched:
        return False
    return life_cycle.ended(registers.shown(register))


def _serialised(
    record_type: RecordType, entries: Sequence[Entry], rows: Rows, ciphers: Mapping[UUID, Any]
) -> tuple[list[Applied], list[Any]]:
    assert record_type.advance
    names = ["revision", *record_type.columns]
    current: dict[UUID, Columns] = {
        row.id: {name: getattr(row, name) for name in names} for row in rows.values()
    }
    places = {row.id: Change(row.file, row.shard) for row in rows.values()}
    open_now = _open_in_files(record_type, entries)
    applied: list[Applied] = []
    for entry in entries:
        if entry.target in places and places[entry.target].file != entry.file:
            entry.quarantine("target.taken", "target", message=phrases.TARGET_TAKEN)
            continue
        before = current.get(entry.target)
        try:
            after = record_type.advance(before, entry)
            if record_type.one_open:
                _claim(record_type.one_open, open_now.setdefault(entry.file, set()), entry, after)
            after, _ = projecting.storable(record_type, after)
        except Refused as refusal:
            entry.quarantine(refusal.code, *refusal.fields, message=(refusal.zh, refusal.en))
            continue
        revision = (before["revision"] if before else 0) + 1
        current[entry.target] = {**after, "revision": revision}
        places.setdefault(entry.target, Change(entry.file, entry.shard))
        applied.append(
            Applied(entry, record_type.name, current[entry.target], created=before is None)
        )
    # In the order of their last step: the one that closes is saved before the one that opens, or
    # the table's own constraint would see two.
    last_steps = {item.entry.target: None for item in reversed(applied)}
    return applied, [
        record_type.model(
            id=_as_it_stands(target, rows),
            file=places[target].file,
            shard=places[target].shard,
            **current[target],
        )
        for target in reversed(last_steps)
    ]


def _as_it_stands(target: UUID, rows: Rows) -> UUID:
    """The id as it was read: its row may hold it in another form than a new one would."""
    row = rows.get(target)
    return target if row is None else row.id


def _open_in_files(record_type: RecordType, entries: Sequence[Entry]) -> dict[UUID, set[UUID]]:
    """The open records of the files, which are locked: what is read here stands until the commit."""
    if record_type.one_open is None:
        return {}
    found: dict[UUID, set[UUID]] = {}
    for row in record_type.model.objects.filter(file__in={entry.file for entry in entries}):
        if record_type.one_open.is_open({name: getattr(row, name) for name in record_type.columns}):
            found.setdefault(row.file, set()).add(row.id)
    return found


def _claim(one_open: OneOpen, open_now: set[UUID], entry: Entry, after: Columns) -> None:
    """Raises the refusal when another record of the file is open."""
    if not one_open.is_open(after):
        open_now.discard(entry.target)
    elif open_now - {entry.target}:
        raise one_open.refusal()
    else:
        open_now.add(entry.target)


_WRITERS: Mapping[Policy, Writer] = {
    Policy.APPEND: _append,
    Policy.SERIALISED: _serialised,
}
