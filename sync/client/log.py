"""The phone's log: operations in the order they were made, each with the hash of the one before."""

import datetime as dt
import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sync.protocol import ids, messages, ranges

from . import attachments, outbox
from .attachments import Attached
from .errors import Closed, Unusable
from .store import Store

# Limits of a push (PROTOCOL.md, "Limits"). A line and a bundle must leave room for the header.
MAX_OPERATIONS = 500
MAX_BYTES = 1024 * 1024
_ROOM_FOR_HEADER = 32 * 1024
# A line has to fit into a push sealed too, where base64 makes four bytes of three.
MAX_LINE = (MAX_BYTES - _ROOM_FOR_HEADER) // 4 * 3 - 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class New:
    """An operation to be written. `target` is made when absent; `file` is then the target itself.

    `at` is for what happened before it was typed in; otherwise the phone's clock. `attach` is declared
    in the data and kept until it was brought.
    """

    kind: str
    data: dict[str, Any] = field(default_factory=dict)
    target: UUID | None = None
    file: UUID | None = None
    person: UUID | None = None
    at: dt.datetime | None = None
    ruleset: str | None = None
    form: str | None = None
    form_version: str | None = None
    attach: Sequence[Attached] = ()


@dataclass(frozen=True, slots=True)
class Saved:
    """Where an operation went: its place in the log, its id and its record."""

    seq: int
    op: UUID
    target: UUID
    file: UUID


@dataclass(frozen=True, slots=True)
class Author:
    """What every line of one moment has in common; `elapsed` in milliseconds of the session."""

    device: UUID
    person: UUID
    wall: dt.datetime
    base: int
    session: str
    elapsed: int


def append(
    store: Store, news: Sequence[New], *, author: Author, together: bool = False
) -> list[Saved]:
    """Writes operations durably, all or none; `together` binds them to be applied whole.

    Each is sealed to the server as well; on a phone that is closed nothing else is kept of it.
    Raises `Unusable` for what the server could not read or would be too large to be sent, and
    `Closed` where neither the phone nor the server could read it again.
    """
    if len(news) > MAX_OPERATIONS:
        raise Unusable(f"at most {MAX_OPERATIONS} operations belong together")
    group = messages.Group(ids.uuid7(author.wall), len(news)) if together else None
    with store.transaction() as db:
        last = db.execute("SELECT seq, hash FROM log ORDER BY seq DESC LIMIT 1").fetchone()
        seq, prev = last or (0, None)
        saved: list[Saved] = []
        size = 0
        for new in news:
            seq += 1
            operation = _operation(new, author, seq=seq, prev=prev, group=group)
            line = messages.write(operation)
            size = size + len(line) + 1 if together else len(line) + 1
            _check(line, size)
            prev = messages.line_hash(line)
            file = operation.file or operation.target
            place = [operation.kind, str(operation.target), str(file)]
            db.execute(
                "INSERT INTO log (seq, op, kind, target, file, bundle, line, hash)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                [
                    seq, str(operation.op), *(place if not store.vault.is_destroyed else [""] * 3),
                    str(group.id) if group else None, _keep(store, operation, line), prev,
                ],
            )  # fmt: skip
            attachments.keep(store, operation, new.attach)
            saved.append(Saved(seq, operation.op, operation.target, file))
    return saved


def _keep(store: Store, operation: messages.Operation, line: bytes) -> bytes | None:
    """Seals the line to the server; returns it as this phone can read it, None when it is closed."""
    to, readable = outbox.recipient(store), store.vault.is_open
    if to is None and not readable:
        raise Closed("client.locked")
    assert operation.device
    assert operation.seq
    if to is not None:
        entry = to.seal_operation(line, device=operation.device, op=operation.op, seq=operation.seq)
        outbox.keep(store.db, operation.seq, entry)
    return store.vault.seal(line, str(operation.op)) if readable else None


def _operation(
    new: New, author: Author, *, seq: int, prev: bytes | None, group: messages.Group | None
) -> messages.Operation:
    target = new.target or ids.uuid7(author.wall)
    return messages.Operation(
        op=ids.uuid7(author.wall), device=author.device, person=new.person or author.person,
        seq=seq, prev=prev.hex() if prev else None, kind=new.kind, target=target,
        file=new.file or target, group=group, base=author.base, ruleset=new.ruleset,
        wall=new.at or author.wall, session=None if new.at else author.session,
        elapsed=None if new.at else author.elapsed,
        form=new.form, form_version=new.form_version,
        data=attachments.declared(new.data, new.attach),
    )  # fmt: skip


def _check(line: bytes, size: int) -> None:
    if len(line) > MAX_LINE:
        raise Unusable(f"{len(line)} bytes are too many for one operation: at most {MAX_LINE}")
    if size > MAX_BYTES - _ROOM_FOR_HEADER:
        raise Unusable(f"{size} bytes are too many for one push of {MAX_BYTES}")
    try:
        messages.read_operation(line)
    except messages.Unreadable as error:
        raise Unusable(f"{', '.join(error.fields)}: {error.detail}") from error


def batch(
    store: Store, *, operations: int, size: int, skip: frozenset[int] = frozenset()
) -> list[tuple[int, bytes]]:
    """The next unsent lines `(seq, line)` within the limits; what belongs together stays together.

    Open where this phone can read them, else sealed. `skip` are places that this sync has already
    tried in vain. A first line larger than `size` is still returned: the server says what is too
    large for it.
    """
    rows = store.db.execute(
        f"SELECT seq, op, line, entry, bundle {_unsent(store)} ORDER BY seq LIMIT ?",
        [operations + 1 + len(skip)],
    ).fetchall()
    readable = store.vault.is_open
    lines = [
        (seq, store.vault.open(line, op) if readable and line else outbox.line(entry), bundle)
        for seq, op, line, entry, bundle in rows
        if seq not in skip
    ]
    taken = _fitting(lines, operations, size)
    if 0 < taken < len(lines) and lines[taken][2] is not None:
        whole = _start_of_bundle(lines, taken)
        taken = whole or taken
    return [(seq, line) for seq, line, _ in lines[:taken]]


def _unsent(store: Store) -> str:
    """What waits to be sent and can be: readable lines only while the phone is open."""
    readable = " OR line IS NOT NULL" if store.vault.is_open else ""
    return (
        "FROM log LEFT JOIN sealed USING (seq)"
        f" WHERE outcome IS NULL AND (entry IS NOT NULL{readable})"
    )


def _fitting(rows: Sequence[tuple[int, bytes, str | None]], operations: int, size: int) -> int:
    used = 0
    for count, (_, line, _) in enumerate(rows):
        used += len(line) + 1
        if count == operations or (used > size and count > 0):
            return count
    return len(rows)


def _start_of_bundle(rows: Sequence[tuple[int, bytes, str | None]], cut: int) -> int:
    """Where the bundle that a cut at `cut` would tear begins."""
    start = cut
    while start and rows[start - 1][2] == rows[cut][2]:
        start -= 1
    return start


def unsent(store: Store) -> int:
    """How many operations wait to be sent."""
    ((count,),) = store.db.execute(f"SELECT count(*) {_unsent(store)}")
    return int(count)


def settle(
    store: Store, sent: Sequence[int], receipts: Iterable[dict[str, Any]], at: dt.datetime
) -> None:
    """Writes down what became of the lines at `sent`; receipts come in their order, `at` is the server's."""
    outbox.received(store, sent, at)
    store.db.executemany(
        "UPDATE log SET outcome = ?, receipt = ? WHERE seq = ?",
        [
            (receipt["outcome"], messages.write(receipt).decode(), seq)
            for seq, receipt in zip(sent, receipts, strict=True)
        ],
    )
    _forget(store, sent)


def _forget(store: Store, sent: Sequence[int]) -> None:
    """What no device is given back is not to be read here either, once it has arrived."""
    records = store.get("config", {}).get("records", {}).get("value", {})
    kinds = {
        kind for said in records.values() if said.get("returned") is False for kind in said["kinds"]
    }
    store.db.executemany(
        "UPDATE log SET line = NULL WHERE seq = ? AND kind = ?",
        [(seq, kind) for seq in sent for kind in kinds],
    )


def settle_later(store: Store, receipts: Iterable[dict[str, Any]]) -> None:
    """Outcomes that changed after their receipt, by operation id."""
    store.db.executemany(
        "UPDATE log SET outcome = ?, receipt = ? WHERE op = ?",
        [(r["outcome"], messages.write(r).decode(), r["op"]) for r in receipts],
    )


def reopen(store: Store, have: Sequence[ranges.Range], *, tried: frozenset[int]) -> list[int]:
    """Marks as unsent what has a receipt and the server lacks all the same; returns their places.

    A line it could not read is not in `have` either and has its final answer. `tried` were sent
    again in this very sync.
    """
    rows = store.db.execute(
        "SELECT seq, line IS NOT NULL, coalesce(json_extract(receipt, '$.code'), '') FROM log"
        " LEFT JOIN sealed USING (seq) WHERE outcome IS NOT NULL"
        " AND (line IS NOT NULL OR entry IS NOT NULL) ORDER BY seq"
    ).fetchall()
    readable = store.vault.is_open
    lacking = [
        seq
        for seq, has_line, code in rows
        if seq not in tried
        and not _within(seq, have)
        and _worth_sending(code, open_=bool(readable and has_line))
    ]
    store.db.executemany(
        "UPDATE log SET outcome = NULL, receipt = NULL WHERE seq = ?", [(seq,) for seq in lacking]
    )
    outbox.reopen(store, lacking)
    return lacking


def digest(store: Store, have: Sequence[ranges.Range]) -> str:
    """SHA-256 over the hashes of this phone's own lines at these places."""
    rows = store.db.execute("SELECT seq, hash FROM log ORDER BY seq")
    return hashlib.sha256(b"".join(line for seq, line in rows if _within(seq, have))).hexdigest()


def last_received(store: Store) -> tuple[int, str] | None:
    """The place and the hash, in hexadecimal, of the last line that has a receipt."""
    row = store.db.execute(
        "SELECT seq, hash FROM log WHERE outcome IS NOT NULL ORDER BY seq DESC LIMIT 1"
    ).fetchone()
    return (row[0], bytes(row[1]).hex()) if row else None


def _worth_sending(code: str, *, open_: bool) -> bool:
    """What did not open may be sent as the line it was; what could not be read has its final answer."""
    return code != "line.unreadable" and (open_ or not code.startswith("sealed."))


def _within(seq: int, have: Sequence[ranges.Range]) -> bool:
    return any(first <= seq <= last for first, last in have)


def counts(store: Store) -> dict[str, int]:
    """Operations by outcome; `unsent` are those without one."""
    rows = store.db.execute("SELECT coalesce(outcome, 'unsent'), count(*) FROM log GROUP BY 1")
    return {"applied": 0, "held": 0, "quarantined": 0, "unsent": 0, **dict(rows.fetchall())}


def line_at(store: Store, seq: int) -> bytes:
    """The line at a place that this phone can still read. Raises `Closed`."""
    ((op, line),) = store.db.execute("SELECT op, line FROM log WHERE seq = ?", [seq])
    return store.vault.open(line, op)


def lines_of(store: Store, target: str | None = None) -> list[tuple[bytes, str | None]]:
    """The lines this phone can still read, and their outcomes; of one record if `target` is given.

    Raises `Closed`.
    """
    where = "line IS NOT NULL" + (" AND target = ?" if target else "")
    rows = store.db.execute(
        f"SELECT op, line, outcome FROM log WHERE {where} ORDER BY seq", [target] if target else []
    )
    return [(store.vault.open(line, op), outcome) for op, line, outcome in rows.fetchall()]
