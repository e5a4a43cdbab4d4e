"""The phone's attachments: kept with the operation that declares them, until they have been brought.

They lie here sealed to the server, and so outlive lock, purge, wipe and lease like the operations do;
only where no key of a server is known yet, in the vault.
"""

import hashlib
import mimetypes
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sync.protocol import messages

from . import outbox
from .errors import Unsealed, Unusable

if TYPE_CHECKING:
    from .store import Store

# Limits of PROTOCOL.md, "Attachments".
MAX_EACH, MAX_SIZE = 50, 64 * 1024 * 1024
ROLES = ("original", "resized", "thumbnail")

# `content` goes when the server says that the file was erased, and some time after it was brought;
# what is only in the vault also with the purge of its file. `sent_at` is the server's time.
SCHEMA = """
CREATE TABLE IF NOT EXISTS attachment (
    number INTEGER PRIMARY KEY,
    op TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    file TEXT NOT NULL,
    role TEXT NOT NULL,
    content BLOB,
    sealed INTEGER NOT NULL,
    state TEXT NOT NULL DEFAULT 'waiting',
    place TEXT,
    problem TEXT,
    sent_at INTEGER,
    UNIQUE (op, sha256)
);
CREATE INDEX IF NOT EXISTS attachment_file ON attachment (file);
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attached:
    """Bytes to be declared by a new operation. `of` is the hash of what this is a smaller copy of."""

    content: bytes
    type: str
    role: str = ""
    of: str | None = None

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()

    def declaration(self) -> dict[str, Any]:
        said = {"sha256": self.sha256, "size": len(self.content), "type": self.type}
        return said | {n: v for n, v in (("role", self.role), ("of", self.of)) if v}


@dataclass(frozen=True, slots=True)
class Waiting:
    """One that is to be brought: its operation has a receipt."""

    number: int
    op: str
    sha256: str
    sealed: bool


def from_files(given: Iterable[tuple[str, str]]) -> list[Attached]:
    """`(role, path)` pairs; one with a role is a copy of the last one without. Raises `Unusable`."""
    made: list[Attached] = []
    whole: str | None = None
    for role, path in given:
        try:
            content = Path(path).read_bytes()
        except OSError as error:
            raise Unusable(str(error)) from error
        kind = mimetypes.guess_type(path)[0] or "application/octet-stream"
        one = Attached(content=content, type=kind, role=role, of=whole if role else None)
        whole = whole if role else one.sha256
        made.append(one)
    return made


def declared(data: Mapping[str, Any], attached: Sequence[Attached]) -> dict[str, Any]:
    """An operation's data with its attachments in it. Raises `Unusable` for what no server takes."""
    if not attached:
        return dict(data)
    said = [*data.get("attachments", []), *(one.declaration() for one in attached)]
    if len(said) > MAX_EACH:
        raise Unusable(f"an operation has at most {MAX_EACH} attachments")
    for one in attached:
        if not 0 < len(one.content) <= MAX_SIZE:
            raise Unusable(f"an attachment has 1 to {MAX_SIZE} bytes, not {len(one.content)}")
    return {**data, "attachments": said}


def keep(store: "Store", operation: messages.Operation, attached: Iterable[Attached]) -> None:
    """In the transaction that writes the operation: neither is there without the other."""
    to, destroyed = outbox.recipient(store), store.vault.is_destroyed
    assert operation.device
    for one in attached:
        content = (
            to.seal_attachment(one.content, device=operation.device)
            if to
            else store.vault.seal(one.content, one.sha256)
        )
        file = str(operation.file or operation.target)
        store.db.execute(
            "INSERT OR IGNORE INTO attachment (op, sha256, file, role, content, sealed)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            [str(operation.op), one.sha256, "" if destroyed else file, one.role, content, bool(to)],
        )


def seal_open(store: "Store") -> None:
    """Seals what waits in the vault only: it was kept before a key was known."""
    to = outbox.recipient(store)
    if to is None or not store.vault.is_open:
        return
    rows = store.db.execute(
        "SELECT number, sha256, content FROM attachment WHERE NOT sealed AND state = 'waiting'"
    ).fetchall()
    for number, sha256, kept in rows:
        plain = store.vault.open(kept, sha256)
        entry = to.seal_attachment(plain, device=UUID(store.get("device")))
        put(store, number, content=entry, sealed=True, place=None)


def check_sealed(store: "Store") -> None:
    """Before anything readable is given up. Raises `Unsealed` when that would lose something."""
    seal_open(store)
    ((count,),) = store.db.execute(
        "SELECT count(*) FROM attachment WHERE NOT sealed AND state = 'waiting'"
    )
    if count:
        raise Unsealed(count)


def close(store: "Store") -> None:
    """Gives up what is readable; call `check_sealed` before."""
    store.db.execute("UPDATE attachment SET content = NULL WHERE NOT sealed")


def waiting(store: "Store", *, skip: frozenset[int] = frozenset()) -> Waiting | None:
    """The next one to bring: thumbnails first, so that the office sees something soon."""
    rows = store.db.execute(
        "SELECT number, a.op, sha256, sealed FROM attachment a JOIN log ON log.op = a.op"
        " WHERE state = 'waiting' AND outcome IS NOT NULL AND (sealed OR ?)"
        " ORDER BY role <> 'thumbnail', number",
        [store.vault.is_open],
    )
    return next((Waiting(*row) for row in rows if row[0] not in skip), None)


def content(store: "Store", one: Waiting) -> bytes:
    """What is to be sent: the sealed entry, or the file itself."""
    ((kept,),) = store.db.execute(
        "SELECT content FROM attachment WHERE number = ?", [one.number]
    ).fetchall()
    return bytes(kept) if one.sealed else store.vault.open(kept, one.sha256)


def place(store: "Store", number: int) -> str | None:
    """Where its upload under way is, on the server."""
    row = store.db.execute("SELECT place FROM attachment WHERE number = ?", [number]).fetchone()
    found: str | None = row[0]
    return found


def put(store: "Store", number: int, **columns: Any) -> None:
    """Any of its columns."""
    names = ", ".join(f"{name} = ?" for name in columns)
    store.db.execute(f"UPDATE attachment SET {names} WHERE number = ?", [*columns.values(), number])


def forget_erased(store: "Store") -> None:
    """A file that was erased takes nothing any more: the copies here have to go too."""
    store.db.execute(
        "UPDATE attachment SET state = 'erased', content = NULL WHERE state = 'waiting' AND op IN"
        " (SELECT op FROM log WHERE json_extract(receipt, '$.code') = 'file.erased')"
    )


def reopen(store: "Store", missing: Iterable[Mapping[str, str]]) -> int:
    """What was brought and the server lacks all the same; returns how many wait again."""
    cursor = store.db.executemany(
        "UPDATE attachment SET state = 'waiting', place = NULL WHERE op = ? AND sha256 = ?"
        " AND state = 'sent' AND content IS NOT NULL",
        [(one["op"], one["sha256"]) for one in missing],
    )
    return max(cursor.rowcount, 0)


def purge(store: "Store", file: str) -> None:
    """What can be read goes with its file; nothing of it waits by then."""
    store.db.execute("UPDATE attachment SET content = NULL WHERE file = ? AND NOT sealed", [file])


def forget_old(store: "Store", at: datetime) -> None:
    """Frees the room of what was brought long enough ago, by the server's clock."""
    before = at - timedelta(days=outbox.keep_days(store))
    store.db.execute(
        "UPDATE attachment SET content = NULL WHERE state = 'sent' AND sent_at < ?",
        [int(before.timestamp() * 1000)],
    )


def counts(store: "Store") -> dict[str, Any]:
    """By state, how many bytes wait, and what stands in the way of those that cannot be brought."""
    rows = store.db.execute("SELECT state, count(*) FROM attachment GROUP BY 1").fetchall()
    ((size,),) = store.db.execute(
        "SELECT coalesce(sum(length(content)), 0) FROM attachment WHERE state = 'waiting'"
    )
    problems = store.db.execute(
        "SELECT op, sha256, problem FROM attachment WHERE state = 'waiting' AND problem IS NOT NULL"
    ).fetchall()
    return {
        "waiting": 0, "sent": 0, "erased": 0, **dict(rows), "bytes_waiting": size,
        "problems": [{"op": op, "sha256": sha, "problem": said} for op, sha, said in problems],
    }  # fmt: skip
