"""The sealed outbox: what this phone has written, sealed to the server's key. It can send it and not read it."""

import base64
import datetime as dt
import sqlite3
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING
from uuid import UUID

from sync.protocol import messages, sealing

from .errors import Unsealed

if TYPE_CHECKING:
    from .store import Store

# `received_at` is the server's time of the receipt in milliseconds; NULL: to be sent.
SCHEMA = """
CREATE TABLE IF NOT EXISTS sealed (
    seq INTEGER PRIMARY KEY,
    entry BLOB NOT NULL,
    received_at INTEGER
);
"""
# Until the server says something else.
KEEP_DAYS = 30


def recipient(store: "Store") -> sealing.Recipient | None:
    """Whom this phone seals to; None before a server has told its key, or for a format we do not know."""
    said = store.get("config", {}).get("outbox", {}).get("value", {})
    if said.get("format") != sealing.FORMAT:
        return None
    return _recipient(said["public"])


@lru_cache(maxsize=4)
def _recipient(public: str) -> sealing.Recipient:
    return sealing.Recipient(base64.b64decode(public))


def keep(db: sqlite3.Connection, seq: int, entry: bytes) -> None:
    """In the transaction that writes the operation."""
    db.execute("INSERT INTO sealed (seq, entry) VALUES (?, ?)", [seq, entry])


def line(entry: bytes) -> bytes:
    """The entry as a line of a push."""
    return messages.write_sealed(entry)


def seal_open(store: "Store") -> None:
    """Seals what is readable, unsent and not yet sealed: written before a key was known."""
    to = recipient(store)
    if to is None or not store.vault.is_open:
        return
    rows = store.db.execute(
        "SELECT seq, op, line FROM log WHERE outcome IS NULL AND line IS NOT NULL"
        " AND seq NOT IN (SELECT seq FROM sealed)"
    ).fetchall()
    device = UUID(store.get("device"))
    for seq, op, stored in rows:
        plain = store.vault.open(stored, op)
        keep(store.db, seq, to.seal_operation(plain, device=device, op=UUID(op), seq=seq))


def check_sealed(store: "Store") -> None:
    """Before anything readable is given up. Raises `Unsealed` when that would lose something."""
    seal_open(store)
    ((count,),) = store.db.execute(
        "SELECT count(*) FROM log WHERE outcome IS NULL AND seq NOT IN (SELECT seq FROM sealed)"
    )
    if count:
        raise Unsealed(count)


def received(store: "Store", seqs: Iterable[int], at: dt.datetime) -> None:
    store.db.executemany(
        "UPDATE sealed SET received_at = ? WHERE seq = ?", [(_millis(at), seq) for seq in seqs]
    )


def reopen(store: "Store", seqs: Sequence[int]) -> None:
    """The server has lost them: they are unsent again, and kept until the next receipt."""
    store.db.executemany(
        "UPDATE sealed SET received_at = NULL WHERE seq = ?", [(seq,) for seq in seqs]
    )


def forget_old(store: "Store", at: dt.datetime) -> None:
    """Removes what was received long enough ago by the server's clock; the phone's may be anything."""
    before = at - dt.timedelta(days=keep_days(store))
    store.db.execute("DELETE FROM sealed WHERE received_at < ?", [_millis(before)])


def keep_days(store: "Store") -> int:
    """How long what was received is kept all the same."""
    said = store.get("config", {}).get("outbox", {}).get("value", {})
    return int(said.get("keep_days", KEEP_DAYS))


def counts(store: "Store") -> dict[str, int]:
    """How many entries are kept, and how many of them wait to be sent."""
    kept, waiting = store.db.execute(
        "SELECT count(*), count(*) FILTER (WHERE received_at IS NULL) FROM sealed"
    ).fetchone()
    return {"kept": kept, "waiting": waiting}


def _millis(moment: dt.datetime) -> int:
    return int(moment.timestamp() * 1000)
