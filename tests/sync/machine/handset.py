"""A phone as a file on a disk: every action starts the program anew, and may kill it half-way."""

import datetime as dt
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch
from uuid import UUID

from sync import client
from sync.client import copy, log
from sync.client.session import Report

from .oracle import digest
from .wire import Wire


class Killed(BaseException):
    """The phone's process is gone."""


class Dying:
    """A database whose program dies at statement number `at`; nothing it began is committed."""

    def __init__(self, db: sqlite3.Connection, at: int) -> None:
        self._db, self._left = db, at

    def _statement(self, name: str, *args: Any) -> Any:
        if self._left <= 0:
            raise Killed
        self._left -= 1
        return getattr(self._db, name)(*args)

    def execute(self, *args: Any) -> Any:
        return self._statement("execute", *args)

    def executemany(self, *args: Any) -> Any:
        return self._statement("executemany", *args)

    def close(self) -> None:
        self._db.close()


class Handset:
    """`odd` since its store was copied or put back: what its phone knew is no longer one story.

    `ahead` while it may know more than a server restored from a backup. Either may need a repair.
    """

    def __init__(self, name: str, folder: Path) -> None:
        self.name, self.path = name, folder / f"{name}.db"
        self.skew = dt.timedelta(0)
        self.odd = self.ahead = False
        self.saved: set[bytes] = set()

    def clock(self) -> dt.datetime:
        return dt.datetime.now(dt.UTC) + self.skew

    @contextmanager
    def open(self, wire: Wire | None = None, *, dies_at: int | None = None) -> Iterator[Any]:
        """A `client.Phone`; with `dies_at` it ends at that statement, and nobody is told."""
        phone = client.Phone(self.path, clock=self.clock, language="en")
        phone._transport = wire
        if dies_at is not None:
            phone.store.db = Dying(phone.store.db, dies_at)  # type: ignore[assignment]
        try:
            yield phone
        except Killed:
            pass
        finally:
            phone.close()

    @property
    def device(self) -> UUID:
        with self.open() as phone:
            return phone.device

    def does(
        self, act: Callable[[client.Phone], Any], *, dies_at: int | None = None
    ) -> list[bytes]:
        """Writes to the log; gives back the new lines, which from now on it has for ever.

        They are read where they are made: a closed phone cannot read them again.
        """
        made: list[bytes] = []
        keep = log._keep

        def listens(store: Any, operation: Any, line: bytes) -> bytes | None:
            made.append(line)
            return keep(store, operation, line)

        with patch.object(log, "_keep", listens), self.open(dies_at=dies_at) as phone:
            act(phone)
        there = self.hashes()
        new = [line for line in made if digest(line) in there]
        self.saved |= {digest(line) for line in new}
        return new

    def syncs(self, wire: Wire, *, dies_at: int | None = None) -> Report | None:
        """None when the program was killed or there was no way to the server."""
        with self.open(wire, dies_at=dies_at) as phone:
            try:
                return phone.sync()
            except client.errors.TryLater:
                return None
        return None

    def can_send(self) -> set[bytes]:
        """The hashes of the lines it can still send, open or sealed to the server."""
        with self.open() as phone:
            rows = phone.store.db.execute(
                "SELECT hash FROM log LEFT JOIN sealed USING (seq)"
                " WHERE line IS NOT NULL OR entry IS NOT NULL"
            )
            return {bytes(h) for (h,) in rows}

    def hashes(self) -> set[bytes]:
        """Of every line it ever wrote, also of those whose contents were purged."""
        with self.open() as phone:
            return {bytes(h) for (h,) in phone.store.db.execute("SELECT hash FROM log")}

    def outcomes(self) -> dict[str, str | None]:
        with self.open() as phone:
            return dict(phone.store.db.execute("SELECT op, outcome FROM log").fetchall())

    def files(self) -> set[UUID]:
        """Files of which there is anything from the server, and which are not on their way out."""
        with self.open() as phone:
            return {UUID(file) for file in copy.digests(phone.store)}

    def knows(self, file: UUID) -> bool:
        """Has the file and has heard of no exit."""
        return file in self.files()

    def records(self) -> dict[str, tuple[int, Any]]:
        """Revision and body of each; None for the body of what is known by id alone."""
        with self.open() as phone:
            rows = phone.store.db.execute("SELECT id, rev, body FROM record").fetchall()
            return {
                id_: (rev, copy.body(phone.store, id_, body) if body else None)
                for id_, rev, body in rows
            }

    def copies_to(self, path: Path) -> None:
        """The whole store, as somebody who copies a phone's memory would take it."""
        with self.open() as phone:
            phone.store.db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        shutil.copy(self.path, path)

    def becomes(self, path: Path) -> None:
        for leftover in ("-wal", "-shm"):
            self.path.with_name(self.path.name + leftover).unlink(missing_ok=True)
        shutil.copy(path, self.path)
        self.odd = True
        self.saved = self.hashes()
