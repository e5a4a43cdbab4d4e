"""Transaction 1: every line is stored, sealed, and committed before anything can judge it."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection, transaction

from . import names, phrases, sealed, times, unreadable
from .entries import Draft, Entry, lasting
from .merge.clock import Corrected, Reading
from .oplog import entry_of
from .ports import Sender, ports
from .protocol import messages, ranges
from .unreadable import Unread, Variant

_COLUMNS = (
    'op, device, seq, prev, hash, person, kind, target, file, "group", group_n, base,'
    " wall, session, elapsed, at, uncertainty, received, body, shard, flags"
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
    "uuid[]",
    "bigint[]",
    "bigint[]",
    "bigint[]",
    "timestamptz[]",
    "bytea[]",
    "text[]",
    "text[]",
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
    cloned: bool = False
    # Whether that is news: what the device takes for received may have come from a copy of it.
    parted: bool = False
    # Whether the device left lines here that could not be opened yet; see `reopen`.
    unopened: bool = False


class Log(NamedTuple):
    """What was received of a device's log, its clock's last offset, whether there are two of it, and
    whether lines of it are closed for want of a key.
    """

    have: list[ranges.Range]
    offset: int | None
    cloned: bool
    unopened: bool


def store(
    raw_lines: Sequence[bytes], *, sender: Sender, clock: Reading | None, now: dt.datetime,
    last: tuple[int, str] | None = None,
) -> Stored:  # fmt: skip
    """Stores a device's lines; `clock` is None where it did not say its own, `last` is of the header.

    A line that was here before keeps what was decided about it.
    """
    lines = [Line(number, raw) for number, raw in enumerate(raw_lines, start=1)]
    _open_sealed(lines, sender.device)
    with transaction.atomic():
        log = lock_log(sender)
        sync = times.at_sync(clock, last=log.offset, received=times.millis(now))
        strange = last is not None and _is_strange(sender.device, last, log)
        stored = take(lines, log, sender=sender, sync=sync, now=now)
        stored.parted = strange or (stored.cloned and not log.cloned)
        stored.cloned |= strange
        offset = log.offset if sync.unsaid else sync.offset
        _save_log(sender.device, stored.have, offset, now, cloned=stored.cloned)
    return stored


def take(
    lines: list[Line], log: Log, *, sender: Sender, sync: times.Sync, now: dt.datetime
) -> Stored:
    """Stores lines that are opened, under the log's lock; what the log has from then on is the
    caller's to save. `now` is when they were received.
    """
    for line in lines:
        if line.receipt is None:
            _read(line, sender=sender, now=now)
    readable = [line for line in lines if line.entry]
    owners = {line.entry.file for line in readable if line.entry} | {sender.device}
    ciphers = dict(ports().keys(owners, create=True))
    unreadable.keep(
        _unread(lines), device=sender.device, cipher=ciphers[sender.device], now=now,
        offset=sync.offset,
    )  # fmt: skip
    places = _places(readable, sender.device)
    forked = _check_chain(readable, places)
    times.settle(
        [(line.entry, line.operation) for line in readable if line.entry and line.operation],
        sync=sync,
        stored={seq: place.clock for seq, place in places.items()},
    )
    fresh = _insert(readable, ciphers)
    stored = {op: line for op, line in _first(readable).items() if op in fresh}
    _recognise(
        [line for line in readable if line.entry and line is not stored.get(line.entry.op)],
        ciphers, now,
    )  # fmt: skip
    seqs = [line.entry.seq for line in readable if line.entry and line.entry.seq]
    return Stored(
        lines, ranges.add(log.have, seqs), ciphers, cloned=log.cloned or forked,
        unopened=log.unopened,
    )  # fmt: skip


def _open_sealed(lines: Sequence[Line], device: UUID) -> None:
    """From here on a line that came sealed is the line that was sealed: same bytes, same hash."""
    given = {line.number: line.raw for line in lines if messages.is_sealed(line.raw)}
    opened = sealed.open_lines(given, device=device)
    for line in lines:
        if line.number not in opened:
            continue
        result = opened[line.number]
        if isinstance(result, bytes):
            line.raw = result
        else:
            line.receipt = messages.Receipt(
                line=line.number, outcome="quarantined", code=result.value, fields=["sealed"]
            )


def store_drafts(
    drafts: Sequence[Draft],
    *,
    received: dt.datetime,
    ciphers: Mapping[UUID, Any],
    by_people: bool = False,
) -> list[Entry]:
    """Stores operations of the office or of the server itself; those already known are left out.

    On a file without a cipher, which was erased, the server decides nothing more; what people say
    of it (`by_people`) is quarantined, sealed under its author's key. Runs in the caller's
    transaction: a server decision stands or falls with what it follows from.
    """
    lines = [
        _line_of(number, draft, received)
        for number, draft in enumerate(drafts, start=1)
        if by_people or draft.file in ciphers
    ]
    authors = {draft.person for draft in drafts if draft.file not in ciphers}
    if by_people and authors:
        ciphers = {**ciphers, **ports().keys(authors, create=True)}
    fresh = _insert(lines, ciphers)
    return [line.entry for line in lines if line.entry and line.entry.op in fresh]


def _line_of(number: int, draft: Draft, received: dt.datetime) -> Line:
    operation = messages.Operation(
        op=draft.op, person=draft.person, kind=draft.kind, target=draft.target,
        file=draft.file, wall=draft.at, data=draft.data,
    )  # fmt: skip
    raw = messages.write(operation)
    # Through the wire and back, so that what is applied is exactly what is stored.
    operation = messages.read_operation(raw)
    at = Corrected(times.millis(draft.at), 0)
    entry = entry_of(operation, at, received=received)
    entry.trusted, entry.sent_from = True, draft.shard
    return Line(number, raw, entry, operation)


def lock_log(sender: Sender) -> Log:
    """The row lock is what makes one sync at a time."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO sync_devicelog (device, have, generation, shard) VALUES (%s, '[]', 0, %s)"
            " ON CONFLICT (device) DO UPDATE SET shard = excluded.shard"
            " RETURNING have::text, clock_offset, cloned_at IS NOT NULL, EXISTS ("
            "SELECT FROM sync_unreadableline u"
            " WHERE u.device = sync_devicelog.device AND u.code = 'sealed.key_unknown')",
            [sender.device, sender.shard],
        )
        have, *rest = cursor.fetchone()
    return Log([(first, last) for first, last in messages.parse(have)], *rest)


def _save_log(
    device: UUID, have: list[ranges.Range], offset: int | None, now: dt.datetime, *, cloned: bool
) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE sync_devicelog SET have = %s::jsonb, clock_offset = %s, synced_at = %s,"
            " cloned_at = CASE WHEN %s THEN coalesce(cloned_at, %s) ELSE cloned_at END"
            " WHERE device = %s",
            [messages.write(have).decode(), offset, now, cloned, now, device],
        )


def _read(line: Line, *, sender: Sender, now: dt.datetime) -> None:
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
    line.operation = operation
    line.entry = entry_of(operation, Corrected(times.millis(operation.wall), 0), received=now)
    line.entry.sent_from, line.entry.flags = sender.shard, _marks(operation, sender)


def _marks(operation: messages.Operation, sender: Sender) -> list[str]:
    """What is known of the sender at the door: it is stored with the line, for whoever judges it later."""
    marks = [] if operation.person in sender.people else ["person"]
    return [*marks, "revoked"] if sender.revoked else marks


def _unread(lines: Iterable[Line]) -> list[Unread]:
    return [
        Unread(
            line.raw, line.receipt.code or "", ", ".join(line.receipt.fields),
            sealed_to=sealed.key_of(line.raw) if line.receipt.code == sealed.KEY_UNKNOWN else None,
        )
        for line in lines
        if line.receipt and not line.entry
    ]  # fmt: skip


class _Place(NamedTuple):
    op: UUID
    hash: bytes
    prev: bytes | None
    clock: times.Neighbour


def _places(lines: Sequence[Line], device: UUID) -> dict[int, _Place]:
    """What stands where the lines go and beside them; of two at one place, the one that came first."""
    seqs = {line.entry.seq for line in lines if line.entry and line.entry.seq}
    if not seqs:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT ON (seq) seq, op, hash, prev, wall, session::text, elapsed, at,"
            " uncertainty FROM sync_operation"
            " WHERE device = %s AND seq = ANY(%s) ORDER BY seq, ordinal",
            [device, list({place for seq in seqs for place in (seq - 1, seq, seq + 1)})],
        )
        return {
            seq: _Place(op, bytes(hash_), bytes(prev) if prev else None, _clock(*clock))
            for seq, op, hash_, prev, *clock in cursor.fetchall()
        }


def _clock(
    wall: int, session: str | None, elapsed: int | None, at: int, uncertainty: int
) -> times.Neighbour:
    return times.Neighbour(Reading(wall, session, elapsed), Corrected(at, uncertainty))


def _check_chain(lines: Sequence[Line], known: Mapping[int, _Place]) -> bool:
    """Whether the log forked: a place taken by another operation, or `prev` of another line."""
    by_seq = {line.entry.seq: line for line in lines if line.entry and line.entry.seq}
    forked = False
    for seq, line in by_seq.items():
        assert line.entry
        assert line.operation
        taken = seq in known and known[seq].op != line.entry.op
        before = known[seq - 1].hash if seq - 1 in known else None
        if seq - 1 in by_seq:
            before = by_seq[seq - 1].hash
        prev = bytes.fromhex(line.operation.prev) if line.operation.prev else None
        # The next one may have come before it, over a gap.
        late = seq not in known and seq + 1 in known
        stranger = late and known[seq + 1].prev != line.hash
        if taken or stranger or (before is not None and prev != before):
            line.entry.flags.append("fork")
            forked = True
    return forked


def _is_strange(device: UUID, last: tuple[int, str], log: Log) -> bool:
    """Whether at the place of the device's last received line there are only lines of a copy of it."""
    seq, hash_ = last
    if not any(low <= seq <= high for low, high in log.have):
        return False
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT hash FROM sync_operation WHERE device = %s AND seq = %s", [device, seq]
        )
        # Compared here: what a header says may be a text that no database takes.
        return hash_ not in {bytes(line).hex() for (line,) in cursor.fetchall()}


def _first(lines: Iterable[Line]) -> dict[UUID, Line]:
    """Of each operation id the line that came first: another one of this push may have other bytes."""
    first: dict[UUID, Line] = {}
    for line in lines:
        if line.entry:
            first.setdefault(line.entry.op, line)
    return first


def _insert(lines: Sequence[Line], ciphers: Mapping[UUID, Any]) -> set[UUID]:
    """Inserts operations whose id is new and returns those ids.

    The body of a file that was erased is sealed under the key of the device, or of the author.
    """
    first = _first(lines)
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
            cipher = ciphers[entry.device or entry.person]
        prev = bytes.fromhex(operation.prev) if operation.prev else None
        clock = times.written(operation)
        rows.append((
            entry.op, entry.device, entry.seq, prev, line.hash, entry.person,
            names.kind_column(entry.kind),
            entry.target, entry.file, entry.group, entry.group_n, entry.base, clock.wall,
            clock.session, clock.elapsed, entry.at, entry.uncertainty, entry.received, cipher.seal(line.raw, entry.op.bytes),
            entry.sent_from, ",".join(entry.flags),
        ))  # fmt: skip
    arrays = ", ".join(f"%s::{kind}" for kind in _TYPES)
    own = _COLUMNS.removesuffix(", flags")
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO sync_operation ({_COLUMNS}, outcome, fields, problems, error, attempts)"
            f" SELECT {own}, string_to_array(flags, ','), 'received', '{{}}', '[]', '', 0"
            f" FROM unnest({arrays}) AS u({_COLUMNS}) ON CONFLICT (op) DO NOTHING RETURNING op",
            [list(column) for column in zip(*rows, strict=True)],
        )
        return {op for (op,) in cursor.fetchall()}


def _recognise(lines: Sequence[Line], ciphers: Mapping[UUID, Any], now: dt.datetime) -> None:
    """Lines whose operation id is known: the same bytes get the receipt they got, others are kept apart."""
    if not lines:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT op, hash, outcome, flags, code, fields, problems::text, at, uncertainty, received,"
            " shard FROM sync_operation WHERE op = ANY(%s)",
            [[line.entry.op for line in lines if line.entry]],
        )
        known = {row[0]: row[1:] for row in cursor.fetchall()}
    variants: list[Variant] = []
    for line in lines:
        assert line.entry
        hash_, outcome, flags, code, fields, problems, *first = known[line.entry.op]
        if bytes(hash_) != line.hash:
            variants.append(Variant(line.entry.op, line.raw))
            line.receipt = messages.Receipt(
                op=line.entry.op, outcome="quarantined", code="op.taken", fields=["op"], again=True
            )
        elif outcome != "received":
            line.receipt = messages.Receipt(
                op=line.entry.op, outcome=outcome, flags=flags, code=code, fields=fields,
                problems=messages.parse(problems), again=True,
            )  # fmt: skip
        else:
            # Stored by a server that died before it could judge: it is judged as it came then.
            line.entry.at, line.entry.uncertainty, line.entry.received, line.entry.sent_from = first
            line.entry.flags = lasting(flags)
    (device,) = {line.entry.device for line in lines if line.entry}
    assert device
    unreadable.keep_variants(variants, device=device, ciphers=ciphers, now=now)
