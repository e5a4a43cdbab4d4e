"""The lines of a child's file and its household's, and which of them a dossier may hold."""

import datetime as dt
from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple
from uuid import UUID

from django.db import connection

from backend.caseload.queries import SHOW_DANGER
from backend.regions import codes
from fieldforms import suspects
from sync import oplog
from sync.entries import Entry


class Line(NamedTuple):
    """A stored operation that was applied; `hash` is the SHA-256 of its bytes, as logs chain them."""

    op: UUID
    ordinal: int
    file: UUID
    kind: str
    target: UUID
    device: UUID | None
    seq: int | None
    hash: str
    at: int
    received: dt.datetime
    decided_at: dt.datetime | None

    @property
    def observed(self) -> dt.datetime:
        return dt.datetime.fromtimestamp(self.at / 1000, tz=dt.UTC)


_COLUMNS = ("op, ordinal, file, kind, target, device, seq, encode(hash, 'hex'), at, received,"
            " decided_at")  # fmt: skip


def of_files(files: Collection[UUID]) -> list[Line]:
    """In the order they came; one statement."""
    return _read("file = ANY(%s) AND outcome = 'applied'", files)


def named(ops: Collection[UUID]) -> dict[UUID, Line]:
    """By id, whatever became of them."""
    return {line.op: line for line in _read("op = ANY(%s)", ops)}


def _read(where: str, ids: Collection[UUID]) -> list[Line]:
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {_COLUMNS} FROM sync_operation WHERE {where} ORDER BY ordinal", [list(ids)]
        )
        return [Line(*row) for row in cursor.fetchall()]


def opened(lines: Iterable[Line]) -> list[Entry]:
    """What they say; nothing of a file that was erased. Raises `InvalidTag` for a damaged one."""
    return oplog.load("op = ANY(%s)", [[line.op for line in lines]])


def sealed(entries: Sequence[Entry]) -> set[UUID]:
    """Those that only a dossier of a sealed case holds: for everybody else there are none such."""
    records = {e.target for e in entries if e.trusted and e.data.get("sealed") is True}
    return {e.op for e in entries if e.kind == "visit.sealed"} | about(entries, records)


def derived(entries: Iterable[Entry | Line]) -> set[UUID]:
    """What phones were told to be open: it follows from findings, each of which stands for itself, and
    from a time when more people may have known of them."""
    return {entry.op for entry in entries if entry.kind == SHOW_DANGER}


def about(entries: Sequence[Entry], records: Collection[UUID]) -> set[UUID]:
    """Those that are steps of one of the records, or of what belongs to one of them.

    A protection order names its case, a referral its escalation, when it is begun and no more.
    """
    ours = [entry for entry in entries if entry.trusted]
    theirs = {*records, *(entry.target for entry in ours if _of(entry) & set(records))}
    return {entry.op for entry in ours if entry.target in theirs}


def accusing(entries: Iterable[Entry], prefixes: Iterable[str]) -> set[UUID]:
    """Those that suspect somebody at a level which the prefixes do not reach above."""
    reach = list(prefixes)
    return {
        entry.op
        for entry in entries
        if (level := _accused(entry)) and not codes.wider(reach, level)
    }


def _accused(entry: Entry) -> str:
    return suspects.skipped(entry.data, sealed=entry.kind == "visit.sealed")


def _of(entry: Entry) -> set[UUID]:
    """The records that an operation of the office or the server says it belongs to."""
    found = set()
    for name in ("case", "escalation", "finding", "referral"):
        try:
            found.add(UUID(str(entry.data.get(name))))
        except ValueError:
            continue
    return found
