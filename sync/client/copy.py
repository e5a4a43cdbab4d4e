"""The phone's copy of what the server sent: whole files in, changes, exits, and its digest."""

import hashlib
from collections.abc import Iterable
from typing import Any

from sync.protocol import messages

from . import attachments
from .store import Store

MODULUS = 2**52


def enter(store: Store, files: Iterable[dict[str, Any]]) -> None:
    """Replaces each file by what came; an exit of it that was not yet carried out is overtaken."""
    for entered in files:
        store.db.execute("DELETE FROM record WHERE file = ?", [entered["file"]])
        store.db.execute("DELETE FROM exit WHERE file = ?", [entered["file"]])
        change(store, entered["records"])
        store.db.executemany(
            "INSERT INTO record (id, type, file, rev) VALUES (?, ?, ?, ?)",
            [
                (record, type_, entered["file"], rev)
                for type_, record, rev in entered.get("older", [])
            ],
        )


def change(store: Store, records: Iterable[dict[str, Any]]) -> None:
    """Writes each record over the one it was. An older revision never replaces a newer one."""
    store.db.executemany(
        "INSERT INTO record (id, type, file, rev, body) VALUES (?, ?, ?, ?, ?)"
        " ON CONFLICT (id) DO UPDATE SET type = excluded.type, file = excluded.file,"
        " rev = excluded.rev, body = excluded.body WHERE excluded.rev >= record.rev",
        [(r["id"], r["type"], r["file"], r["rev"], _sealed(store, r)) for r in records],
    )


def _sealed(store: Store, record: dict[str, Any]) -> bytes:
    return store.vault.seal(messages.write(_body(record)), record["id"])


def body(store: Store, record: str, stored: bytes) -> dict[str, Any]:
    """A row's `body` as it came: what the record says besides its place. Raises `Closed`."""
    opened: dict[str, Any] = messages.parse(store.vault.open(stored, record))
    return opened


def _body(record: dict[str, Any]) -> dict[str, Any]:
    return {name: part for name, part in record.items() if name not in _PLACE}


_PLACE = {"id", "type", "file", "rev"}


def leave(store: Store, files: Iterable[str], *, generation: int) -> None:
    """Notes which files are to be purged, on the order of this generation."""
    store.db.executemany(
        "INSERT INTO exit (file, generation) VALUES (?, ?)"
        " ON CONFLICT (file) DO UPDATE SET generation = excluded.generation",
        [(file, generation) for file in files],
    )


def purge(store: Store) -> int:
    """Purges files whose operations and attachments are all received; returns how many.

    What is not yet sent keeps its file.
    """
    rows = store.db.execute(
        "SELECT file FROM exit WHERE NOT purged AND NOT EXISTS (SELECT 1 FROM log"
        " WHERE log.file = exit.file AND log.outcome IS NULL)"
        " AND NOT EXISTS (SELECT 1 FROM attachment"
        " WHERE attachment.file = exit.file AND state = 'waiting')"
    ).fetchall()
    for (file,) in rows:
        store.db.execute("DELETE FROM record WHERE file = ?", [file])
        store.db.execute("UPDATE log SET line = NULL WHERE file = ?", [file])
        attachments.purge(store, file)
        store.db.execute("UPDATE exit SET purged = 1 WHERE file = ?", [file])
    return len(rows)


def forget(store: Store, receipts: Iterable[dict[str, Any]]) -> None:
    """What was applied to a file of which the phone has nothing, and which it did not open itself, is not to be read
    here: no exit will come for it.
    """
    store.db.executemany(
        "UPDATE log SET line = NULL WHERE op = ?"
        " AND NOT EXISTS (SELECT 1 FROM record WHERE record.file = log.file)"
        " AND NOT EXISTS (SELECT 1 FROM log own WHERE own.file = log.file AND own.target = log.file)",
        [(receipt["op"],) for receipt in receipts if receipt["outcome"] == "applied"],
    )


def purged(store: Store, *, limit: int) -> list[str]:
    """Files to be named as purged in the next header."""
    rows = store.db.execute("SELECT file FROM exit WHERE purged ORDER BY file LIMIT ?", [limit])
    return [file for (file,) in rows]


def confirmed(store: Store, files: Iterable[str]) -> None:
    """The server has heard of these purges. If it disagrees it repeats the exit."""
    store.db.executemany("DELETE FROM exit WHERE file = ?", [(file,) for file in files])


def digests(store: Store) -> dict[str, int]:
    """The sum over the records of each file; files that are being left are not counted."""
    sums: dict[str, int] = {}
    rows = store.db.execute(
        "SELECT file, type, id, rev FROM record WHERE file NOT IN (SELECT file FROM exit)"
    )
    for file, *record in rows:
        sums[file] = (sums.get(file, 0) + weight(*record)) % MODULUS
    return sums


def weight(type_: str, record: str, rev: int) -> int:
    """The first 52 bits of SHA-256 over `type:id:rev`."""
    return int(hashlib.sha256(f"{type_}:{record}:{rev}".encode()).hexdigest()[:13], 16)
