"""The ledger: decisions that no restored backup may undo, in a file outside the database.

One JSON line a decision, appended under a lock and on the disk before the transaction that carries
the decision out commits. Each line holds the SHA-256 of the one before, so that a line that was
changed or taken out is noticed. The database remembers which lines it has carried out; after a
restore those it does not know are carried out again (see `backend.recovery.replay`).

A crash between the line and the commit leaves a decision that the next start carries out. A line
names ids and codes only: the file is not sealed.
"""

import fcntl
import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection

from .errors import DomainError

_FIRST = "0" * 64


class LedgerUnwritable(DomainError):
    code = "ledger.unwritable"
    status = 503
    zh = "台账文件无法写入（{detail}），操作未执行。请检查 HUXING_LEDGER 所在磁盘后重试。"
    en = (
        "The ledger cannot be written ({detail}); nothing was done. Check the disk that"
        " HUXING_LEDGER names and try again."
    )


class LedgerBroken(DomainError):
    code = "ledger.broken"
    status = 503
    zh = "台账第 {line} 行与前一行不相接，文件被改动或损坏。请从副本恢复该文件。"
    en = (
        "Line {line} of the ledger does not follow from the one before: the file was changed or"
        " damaged. Put back a copy of it."
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """What was decided: `kind` about `subject`, by whom (None is the system) and when."""

    kind: str
    subject: UUID
    at: datetime
    by: UUID | None = None
    detail: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Entry:
    """A line that stands in the ledger; `hash` is its name in the database."""

    number: int
    hash: bytes
    fact: Fact


@dataclass(frozen=True, slots=True)
class Head:
    """How long the ledger is and what its last line hashes to; the start is `(0, 64 zeros)`."""

    entries: int
    hash: str


def record(fact: Fact) -> None:
    """Writes one decision down, on the disk when the call returns.

    Call it last in the transaction that carries the decision out. Raises `LedgerUnwritable`: a
    decision that the next restore would undo is not taken.
    """
    try:
        with _locked(settings.HUXING_LEDGER) as file:
            last = _last_line(file)
            number = json.loads(last)["n"] + 1 if last else 1
            line = _line(number, _hash(last) if last else _FIRST, fact)
            _append(file, line + b"\n")
    except (OSError, ValueError) as error:
        raise LedgerUnwritable(detail=str(error)) from error
    carried_out([hashlib.sha256(line).digest()])


def check_writable() -> None:
    """Raises `LedgerUnwritable` where `record` would, but for a disk that fills up in between."""
    try:
        with _locked(settings.HUXING_LEDGER) as file:
            if last := _last_line(file):
                json.loads(last)["n"]
    except (OSError, ValueError, LookupError, TypeError) as error:
        raise LedgerUnwritable(detail=type(error).__name__) from error


def read(path: Path | None = None) -> list[Entry]:
    """Every line, in order; none when there is no file. Raises `LedgerBroken`."""
    path = path or settings.HUXING_LEDGER
    if not path.exists():
        return []
    # What follows the last line end was cut by a crash: nobody was told that it was written.
    lines = path.read_bytes().split(b"\n")[:-1]
    entries, before = [], _FIRST
    for number, line in enumerate(lines, start=1):
        entries.append(_entry(number, line, before))
        before = _hash(line)
    return entries


def head(path: Path | None = None) -> Head:
    """Raises `LedgerBroken`."""
    entries = read(path)
    return Head(len(entries), entries[-1].hash.hex() if entries else _FIRST)


def outstanding(entries: Iterable[Entry]) -> list[Entry]:
    """Those that this database has not carried out, in order."""
    known = list(entries)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT hash FROM common_ledgerline WHERE hash = ANY(%s)", [[e.hash for e in known]]
        )
        done = {bytes(hash_) for (hash_,) in cursor.fetchall()}
    return [entry for entry in known if entry.hash not in done]


def carried_out(hashes: Iterable[bytes]) -> None:
    """Notes, in the caller's transaction, that the database holds what these lines say."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO common_ledgerline (hash) SELECT unnest(%s::bytea[])"
            " ON CONFLICT (hash) DO NOTHING",
            [list(hashes)],
        )


def _line(number: int, before: str, fact: Fact) -> bytes:
    said = {
        "n": number,
        "prev": before,
        "at": fact.at.isoformat(),
        "kind": fact.kind,
        "subject": str(fact.subject),
        "by": str(fact.by) if fact.by else None,
        "detail": dict(fact.detail),
    }
    return json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode()


def _entry(number: int, line: bytes, before: str) -> Entry:
    try:
        said = json.loads(line)
        fact = Fact(
            kind=said["kind"], subject=UUID(said["subject"]),
            at=datetime.fromisoformat(said["at"]),
            by=UUID(said["by"]) if said["by"] else None, detail=said["detail"],
        )  # fmt: skip
        follows = (said["n"], said["prev"]) == (number, before)
    except (ValueError, KeyError, TypeError) as error:
        raise LedgerBroken(line=number) from error
    if not follows:
        raise LedgerBroken(line=number)
    return Entry(number, hashlib.sha256(line).digest(), fact)


def _hash(line: bytes) -> str:
    return hashlib.sha256(line).hexdigest()


@contextmanager
def _locked(path: Path) -> Iterator[Any]:
    """The file, made if it is not there, with its writers one after another."""
    made = not path.exists()
    path.parent.mkdir(parents=True, exist_ok=True)
    # Unbuffered: what could not be written must not be tried again when the file is closed.
    with open(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), "r+b", buffering=0) as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        if made:
            _sync_directory(path.parent)
        yield file


def _append(file: Any, line: bytes) -> None:
    """On the disk when it returns; otherwise the file is as long as before, as far as the disk lets it."""
    end = file.tell()
    try:
        written = 0
        while written < len(line):
            written += file.write(line[written:])
        os.fsync(file.fileno())
    except OSError:
        file.truncate(end)
        raise


def _sync_directory(folder: Path) -> None:
    """A new name is durable only once its directory is."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _last_line(file: Any) -> bytes:
    """The last whole line; the file then stands at its end. What a crash has cut is taken off."""
    position = size = file.seek(0, os.SEEK_END)
    tail = b""
    while position > 0 and tail.count(b"\n") < 2:
        step = min(4096, position)
        position -= step
        file.seek(position)
        tail = file.read(step) + tail
    whole = tail[: tail.rfind(b"\n") + 1]
    end = position + len(whole)
    if end != size:
        file.truncate(end)
    file.seek(end)
    return whole[:-1].rsplit(b"\n", 1)[-1]
