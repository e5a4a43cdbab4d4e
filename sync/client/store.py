"""What the phone keeps: one SQLite file, written durably before any network call."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sync.protocol import messages

from . import attachments, outbox, vault
from .errors import TryLater

# `log.line` and `record.body` are sealed in the vault. `log.line` is NULL once its file was purged, and
# of what was written while the phone was closed: place, id and hash stay, so that the chain still
# holds. `wanted` are records that a restored server has asked for. `record.body` is NULL for older
# history that was named but not sent. `exit.generation` is the response that told the phone to purge; the row goes when the
# purge was confirmed.
_SCHEMA = """
CREATE TABLE IF NOT EXISTS fact (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS log (
    seq INTEGER PRIMARY KEY,
    op TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    target TEXT NOT NULL,
    file TEXT NOT NULL,
    bundle TEXT,
    line BLOB,
    hash BLOB NOT NULL,
    outcome TEXT,
    receipt TEXT
);
CREATE INDEX IF NOT EXISTS log_target ON log (target);
CREATE INDEX IF NOT EXISTS log_file ON log (file);
CREATE INDEX IF NOT EXISTS log_unsent ON log (seq) WHERE outcome IS NULL;
CREATE TABLE IF NOT EXISTS record (
    id TEXT PRIMARY KEY,
    type TEXT NOT NULL,
    file TEXT NOT NULL,
    rev INTEGER NOT NULL,
    body BLOB
);
CREATE INDEX IF NOT EXISTS record_file ON record (file);
CREATE TABLE IF NOT EXISTS wanted (id TEXT PRIMARY KEY);
CREATE TABLE IF NOT EXISTS exit (
    file TEXT PRIMARY KEY,
    generation INTEGER NOT NULL,
    purged INTEGER NOT NULL DEFAULT 0
);
"""


class Store:
    """A path, or `:memory:` for a phone that need not survive its process."""

    def __init__(self, path: Path | str) -> None:
        self.path = str(path)
        self.db = sqlite3.connect(self.path, isolation_level=None, timeout=30)
        self.db.execute("PRAGMA journal_mode = WAL")
        # A saved operation is on the disk when the call returns, not when the system likes.
        self.db.execute("PRAGMA synchronous = FULL")
        self.db.execute("PRAGMA secure_delete = ON")
        known = self.db.execute("SELECT 1 FROM sqlite_master WHERE name = 'fact'").fetchone()
        self.vault = vault.Vault(self.db)
        self.db.executescript(_SCHEMA + outbox.SCHEMA + attachments.SCHEMA)
        if known is None:
            self.vault.begin()

    def close(self) -> None:
        self.db.close()

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All or nothing; a second process waits, so that two of them cannot fork the log."""
        self.db.execute("BEGIN IMMEDIATE")
        try:
            yield self.db
        except BaseException:
            self.db.execute("ROLLBACK")
            raise
        self.db.execute("COMMIT")

    def scrub(self) -> None:
        """Takes what was deleted out of the write-ahead log too; the pages are zeroed already."""
        self.db.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def get(self, name: str, default: Any = None) -> Any:
        """A fact about this installation: its token, cursor, clock offset …"""
        row = self.db.execute("SELECT value FROM fact WHERE name = ?", [name]).fetchone()
        return default if row is None else messages.parse(row[0])

    def set(self, **facts: Any) -> None:
        self.db.executemany(
            "INSERT INTO fact (name, value) VALUES (?, ?)"
            " ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            [(name, messages.write(value).decode()) for name, value in facts.items()],
        )

    @contextmanager
    def syncing(self) -> Iterator[None]:
        """One sync at a time. The lock is a file's, so it ends with the process that holds it."""
        if self.path == ":memory:":
            yield
            return
        lock = sqlite3.connect(f"{self.path}.lock", isolation_level=None, timeout=0)
        try:
            lock.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError:
            lock.close()
            raise TryLater("another sync of this phone is under way") from None
        try:
            yield
        finally:
            lock.close()
