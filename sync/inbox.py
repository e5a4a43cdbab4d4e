"""Transaction 1: every line is stored, sealed, and committed before anything can judge it."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from . import phrases
from .entries import Draft, Entry
from .merge.clock import correct
from .ports import Sender, ports
from .protocol import messages, ranges

_COLUMNS = (
    'op, device, seq, prev, hash, person, kind, target, file, "group", group_n, base,'
    " at, uncertainty, received, body"
)
_TYPES = [
    "uuid[]",
    "uuid[]",
    "bigint[]",
    "bytea[]",
    "bytea[]",
    "uuid[]",
    "text[]",
    "uuid[]",
    "uuid[]",
    "uuid[]",
    "int[]",
    "bigint[]",
    "bigint[]",
    "bigint[]",
    "timestamptz[]",
    "bytea[]",
]


@dataclass(slots=True)
class Line:
    """One line of a push and what is known of it so far."""

    number: int
    raw: bytes
    entry: Entry | None = None
    operation: messages.Operation | None = None
    receipt: messages.Receipt | None = None

    @property
    def hash(self) -> bytes:
        return messages.line_hash(self.raw)


@dataclass(slots=True)
class Stored:
    """What transaction 1 leaves: lines in the order they came, the log's ranges, the ciphers used."""

    lines: list[Line]
    have: list[ranges.Range] = field(default_factory=list)
    ciphers: dict[UUID, Any] = field(default_factory=dict)


def store(
    raw_lines: Sequence[bytes], *, sender: Sender, wall: dt.datetime, now: dt.datetime
) -> Stored:
    """Stores a device's lines. A line that was here before keeps what was decided about it."""
    lines = [Line(number, raw) for number, raw in enumerate(raw_lines, start=1)]
    with transaction.atomic():
        have, previous_offset = _lock_log(sender.device)
        offset = _millis(now) - _millis(wall)
        for line in lines:
            _read(line, sender=sender, offset=offset, previous_offset=previous_offset, now=now)
        readable = [line for line in lines if line.entry]
        owners = {line.entry.file for line in readable if line.entry} | {sender.device}
        ciphers = dict(ports().keys(owners, create=True))
        _store_unreadable([line for line in lines if not line.entry], sender, ciphers, now)
        clones = _check_chain(readable, sender.device)
        fresh = _insert(readable, ciphers, fallback=ciphers[sender.device])
        _recognise(
            [line for line in readable if line.entry and line.entry.op not in fresh], ciphers, now
        )
        have = ranges.add(
            have, [line.entry.seq for line in readable if line.entry and line.entry.seq]
        )
        _save_log(sender.device, have, offset, now, cloned=clones)
    return Stored(lines, have, ciphers)


def store_drafts(
    drafts: Sequence[Draft], *, received: dt.datetime, ciphers: Mapping[UUID, Any]
) -> list[Entry]:
    """Stores operations of the office or of the server itself; those already known are left out.

    Runs in the caller's transaction: a server decision stands or falls with what it follows from.
    """
    lines = [_line_of(number, draft, received) for number, draft in enumerate(drafts, start=1)]
    fresh = _insert(lines, ciphers, fallback=None)
    return [line.entry for line in lines if line.entry and line.entry.op in fresh]


def _line_of(number: int, draft: Draft, received: dt.datetime) -> Line:
    operation = messages.Operation(
        op=draft.op, person=draft.person, kind=draft.kind, target=draft.target,
        file=draft.file, wall=draft.at, data=draft.data,
    )  # fmt: skip
    raw = messages.write(operation)
    # Through the wire and back, so that what is applied is exactly what is stored.
    operation = messages.read_operation(raw)
    at = _millis(draft.at)
    entry = _entry(operation, at=at, uncertainty=0, received=received)
    entry.trusted = True
    return Line(number, raw, entry, operation)


def _lock_log(device: UUID) -> tuple[list[ranges.Range], int | None]:
    """The device's row lock is what makes one sync at a time."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO sync_devicelog (device, have, generation) VALUES (%s, '[]', 0)"
            " ON CONFLICT (device) DO UPDATE SET device = excluded.device"
            " RETURNING have::text, clock_offset",
            [device],
        )
        have, offset = cursor.fetchone()
    return [(first, last) for first, last in messages.parse(have)], offset


def _save_log(
    device: UUID, have: list[ranges.Range], offset: int, now: dt.datetime, *, cloned: bool
) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE sync_devicelog SET have = %s::jsonb, clock_offset = %s, synced_at = %s,"
            " cloned_at = CASE WHEN %s THEN coalesce(cloned_at, %s) ELSE cloned_at END"
            " WHERE device = %s",
            [messages.write(have).decode(), offset, now, cloned, now, device],
        )


def _read(
    line: Line, *, sender: Sender, offset: int, previous_offset: int | None, now: dt.datetime
) -> None:
    try:
        operation = messages.read_operation(line.raw)
        if operation.device != sender.device:
            raise messages.Unreadable("device is not the one that sends", ["device"])
        if operation.seq is None:
            raise messages.Unreadable("seq is missing", ["seq"])
        if operation.prev is not None:
            bytes.fromhex(operation.prev)
    except (messages.Unreadable, ValueError) as error:
        line.receipt = messages.Receipt(
            line=line.number,
            outcome="quarantined",
            code="line.unreadable",
            fields=getattr(error, "fields", ["prev"]),
        )
        return
    corrected = correct(
        wall=_millis(operation.wall), offset=offset, previous_offset=previous_offset,
        drift=0, received=_millis(now),
    )  # fmt: skip
    line.operation = operation
    line.entry = _entry(operation, at=corrected.at, uncertainty=corrected.uncertainty, received=now)


def _entry(
    operation: messages.Operation, *, at: int, uncertainty: int, received: dt.datetime
) -> Entry:
    group = operation.group
    return Entry(
        op=operation.op, person=operation.person, kind=operation.kind, target=operation.target,
        file=operation.file or operation.target, data=operation.data, wall=operation.wall,
        at=at, uncertainty=uncertainty, received=received, device=operation.device,
        seq=operation.seq, base=operation.base, group=group.id if group else None,
        group_n=group.n if group else 0, ruleset=operation.ruleset, form=operation.form,
        form_version=operation.form_version,
    )  # fmt: skip


def _store_unreadable(
    lines: Sequence[Line], sender: Sender, ciphers: Mapping[UUID, Any], now: dt.datetime
) -> None:
    if not lines:
        return
    cipher = ciphers[sender.device]
    rows = {line.hash: (cipher.seal(line.raw), _detail(line)) for line in lines}
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO sync_unreadableline (hash, device, body, detail, received)"
            " SELECT h, %s, b, d, %s FROM unnest(%s::bytea[], %s::bytea[], %s::text[]) AS u(h, b, d)"
            " ON CONFLICT (hash) DO NOTHING",
            [
                sender.device,
                now,
                list(rows),
                [b for b, _ in rows.values()],
                [d for _, d in rows.values()],
            ],
        )


def _detail(line: Line) -> str:
    return ", ".join(line.receipt.fields) if line.receipt else ""


def _check_chain(lines: Sequence[Line], device: UUID) -> bool:
    """Whether the log forked: a place taken by another operation, or `prev` of another line."""
    by_seq = {line.entry.seq: line for line in lines if line.entry and line.entry.seq}
    if not by_seq:
        return False
    wanted = set(by_seq) | {seq - 1 for seq in by_seq}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT seq, op, hash FROM sync_operation WHERE device = %s AND seq = ANY(%s)",
            [device, list(wanted)],
        )
        known = {seq: (op, bytes(hash_)) for seq, op, hash_ in cursor.fetchall()}
    forked = False
    for seq, line in by_seq.items():
        assert line.entry
        assert line.operation
        taken = seq in known and known[seq][0] != line.entry.op
        before = known.get(seq - 1, (None, None))[1]
        if seq - 1 in by_seq:
            before = by_seq[seq - 1].hash
        prev = bytes.fromhex(line.operation.prev) if line.operation.prev else None
        if taken or (before is not None and prev != before):
            line.entry.flags.append("fork")
            forked = True
    return forked


def _insert(lines: Sequence[Line], ciphers: Mapping[UUID, Any], *, fallback: Any) -> set[UUID]:
    """Inserts operations whose id is new and returns those ids.

    The body of a file that was erased is sealed under the device's key (`fallback`).
    """
    first: dict[UUID, Line] = {}
    for line in lines:
        if line.entry:
            first.setdefault(line.entry.op, line)
    if not first:
        return set()
    rows = []
    for line in first.values():
        entry, operation = line.entry, line.operation
        assert entry
        assert operation
        cipher = ciphers.get(entry.file)
        if cipher is None:
            entry.quarantine("file.erased", "file", message=phrases.FILE_ERASED)
            cipher = fallback
        prev = bytes.fromhex(operation.prev) if operation.prev else None
        rows.append((
            entry.op, entry.device, entry.seq, prev, line.hash, entry.person, entry.kind,
            entry.target, entry.file, entry.group, entry.group_n, entry.base, entry.at,
            entry.uncertainty, entry.received, cipher.seal(line.raw, entry.op.bytes),
        ))  # fmt: skip
    arrays = ", ".join(f"%s::{kind}" for kind in _TYPES)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO sync_operation ({_COLUMNS}, outcome, flags, fields, problems, error)"
            f" SELECT u.*, 'received', '{{}}', '{{}}', '[]', '' FROM unnest({arrays}) AS u"
            " ON CONFLICT (op) DO NOTHING RETURNING op",
            [list(column) for column in zip(*rows, strict=True)],
        )
        return {op for (op,) in cursor.fetchall()}


def _recognise(lines: Sequence[Line], ciphers: Mapping[UUID, Any], now: dt.datetime) -> None:
    """Lines whose operation id is known: the same bytes get the receipt they got, others are kept apart."""
    if not lines:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT op, hash, outcome, flags, code, fields, problems::text FROM sync_operation"
            " WHERE op = ANY(%s)",
            [[line.entry.op for line in lines if line.entry]],
        )
        known = {row[0]: row[1:] for row in cursor.fetchall()}
    variants = []
    for line in lines:
        assert line.entry
        hash_, outcome, flags, code, fields, problems = known[line.entry.op]
        if bytes(hash_) != line.hash:
            variants.append(line)
            line.receipt = messages.Receipt(
                op=line.entry.op, outcome="quarantined", code="op.taken", fields=["op"], again=True
            )
        elif outcome != "received":
            line.receipt = messages.Receipt(
                op=line.entry.op, outcome=outcome, flags=flags, code=code, fields=fields,
                problems=messages.parse(problems), again=True,
            )  # fmt: skip
    _store_variants(variants, ciphers, now)


def _store_variants(lines: Sequence[Line], ciphers: Mapping[UUID, Any], now: dt.datetime) -> None:
    if not lines:
        return
    rows = {
        line.hash: (
            line.entry.op,
            line.entry.device,
            ciphers[line.entry.device].seal(line.raw, line.entry.op.bytes),
        )
        for line in lines
        if line.entry and line.entry.device
    }
    ops, devices, bodies = (list(column) for column in zip(*rows.values(), strict=True))
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO sync_variantline (hash, op, device, body, received)"
            " SELECT h, o, d, b, %s FROM unnest(%s::bytea[], %s::uuid[], %s::uuid[], %s::bytea[])"
            " AS u(h, o, d, b) ON CONFLICT (hash) DO NOTHING",
            [now, list(rows), ops, devices, bodies],
        )


_READ = "op, device, at, uncertainty, received, body, file"


def load(
    where: str,
    params: Sequence[Any],
    *,
    ciphers: Mapping[UUID, Any] | None = None,
    order: str = "ordinal",
) -> list[Entry]:
    """Stored operations as entries, in the order they came; those of erased files are left out."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {_READ} FROM sync_operation WHERE {where} ORDER BY {order}", list(params)
        )
        rows = cursor.fetchall()
    known = dict(ciphers or {})
    absent = {row[6] for row in rows} - known.keys()
    if absent:
        known |= ports().keys(absent)
    entries = []
    for op, device, at, uncertainty, received, body, file in rows:
        if file not in known:
            continue
        operation = messages.read_operation(known[file].open(body, op.bytes))
        entry = _entry(operation, at=at, uncertainty=uncertainty, received=received)
        entry.trusted = device is None
        entries.append(entry)
    return entries


def contents(ops: Iterable[UUID]) -> dict[UUID, dict[str, Any]]:
    """The data of operations, opened, in two statements however many there are."""
    wanted = list(ops)
    if not wanted:
        return {}
    return {entry.op: entry.data for entry in load("op = ANY(%s)", [wanted])}


def _millis(moment: dt.datetime) -> int:
    return int(moment.timestamp() * 1000)
