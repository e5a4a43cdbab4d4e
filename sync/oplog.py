"""Reads of stored operations: opened as entries, or what was decided about them."""

import datetime as dt
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from uuid import UUID

from django.db import connection

from . import references
from .entries import Entry, lasting
from .merge.clock import Corrected
from .ports import ports
from .protocol import messages


def entry_of(operation: messages.Operation, time: Corrected, *, received: dt.datetime) -> Entry:
    group = operation.group
    return Entry(
        op=operation.op, person=operation.person, kind=operation.kind, target=operation.target,
        file=operation.file or operation.target, data=operation.data, wall=operation.wall,
        at=time.at, uncertainty=time.uncertainty, received=received, device=operation.device,
        seq=operation.seq, base=operation.base, group=group.id if group else None,
        group_n=group.n if group else 0, ruleset=operation.ruleset, form=operation.form,
        form_version=operation.form_version, mended=isinstance(operation, messages.Mended),
    )  # fmt: skip


_READ = (
    "op, device, at, uncertainty, received, body, file, shard, flags, amended,"
    " CASE WHEN outcome = 'applied' THEN problems::text ELSE '[]' END"
)


def load(
    where: str,
    params: Sequence[Any],
    *,
    ciphers: Mapping[UUID, Any] | None = None,
    order: str = "ordinal",
    as_said: bool = False,
) -> list[Entry]:
    """Stored operations as entries, in the order they came; those of erased files are left out.

    `as_said`: with the references that were not taken too, for whoever judges them again.
    """
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
    repairs = _repairs({row[9] for row in rows if row[9]}, known)
    for op, device, at, uncertainty, received, body, file, shard, flags, amended, problems in rows:
        if file not in known:
            continue
        line = known[file].open(body, op.bytes)
        if amended:
            line = messages.write({**messages.members(line), **repairs[amended]})
        operation = messages.read_stored(line)
        entry = entry_of(operation, Corrected(at, uncertainty), received=received)
        entry.trusted = device is None
        if references.CODE in problems and not as_said:
            entry.said = entry.data
            entry.data = references.without(
                entry.data, references.lost_in(messages.parse(problems))
            )
        entry.sent_from, entry.flags = shard, lasting(flags)
        entries.append(entry)
    return entries


def line(op: UUID) -> bytes | None:
    """The bytes as they came, opened; None when nobody can open them any more."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT file, body FROM sync_operation WHERE op = %s", [op])
        ((file, body),) = cursor.fetchall()
    cipher = ports().keys([file]).get(file)
    return cipher.open(body, op.bytes) if cipher else None


def _repairs(ops: Collection[UUID], ciphers: Mapping[UUID, Any]) -> dict[UUID, dict[str, Any]]:
    """The members that each repair gives; a repair has the file, and so the key, of what it repairs."""
    if not ops:
        return {}
    with connection.cursor() as cursor:
        cursor.execute("SELECT op, file, body FROM sync_operation WHERE op = ANY(%s)", [list(ops)])
        return {
            op: messages.members(ciphers[file].open(body, op.bytes))["data"]["members"]
            for op, file, body in cursor.fetchall()
            if file in ciphers
        }


def digest(device: UUID) -> bytes:
    """SHA-256 over the hashes of the lines that are kept of a device, in the order of their places."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT hash FROM sync_operation WHERE device = %s ORDER BY seq, hash", [device]
        )
        return sha256(b"".join(bytes(line) for (line,) in cursor.fetchall())).digest()


def outcomes(ops: Sequence[UUID]) -> list[messages.Receipt]:
    """What has been decided about operations by now, in the order they came."""
    return [receipt for receipt, _ in outcomes_of_kinds(ops)]


def outcomes_of_kinds(ops: Sequence[UUID]) -> list[tuple[messages.Receipt, str]]:
    """The same, each with its operation's kind."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT op, kind, outcome, flags, code, fields, problems::text FROM sync_operation"
            " WHERE op = ANY(%s) ORDER BY ordinal",
            [list(ops)],
        )
        rows = cursor.fetchall()
    return [
        (
            messages.Receipt(
                op=op, outcome=outcome, flags=flags, code=code, fields=fields,
                problems=messages.parse(problems),
            ),
            kind,
        )
        for op, kind, outcome, flags, code, fields, problems in rows
    ]  # fmt: skip


def files_of(device: UUID) -> set[UUID]:
    """The files that a device has made operations on."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT DISTINCT file FROM sync_operation WHERE device = %s", [device])
        return {file for (file,) in cursor.fetchall()}


@dataclass(frozen=True, slots=True)
class Signature:
    """Who made an operation, by which phone, how sure its time is and when it came."""

    op: UUID
    person: UUID
    device: UUID | None
    uncertainty: int
    received: dt.datetime


def signatures(ops: Iterable[UUID]) -> list[Signature]:
    """Nothing is opened: one statement."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT op, person, device, uncertainty, received FROM sync_operation"
            " WHERE op = ANY(%s)",
            [list(ops)],
        )
        return [Signature(*row) for row in cursor.fetchall()]


def flagged(file: UUID, flag: str) -> list[Signature]:
    """Operations on a file that carry a flag, the last one first."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT op, person, device, uncertainty, received FROM sync_operation"
            " WHERE file = %s AND %s = ANY(flags) ORDER BY ordinal DESC",
            [file, flag],
        )
        return [Signature(*row) for row in cursor.fetchall()]


# Operations that are kept and were judged, but are not (or not yet) part of any record.
KEPT = "outcome IN ('held', 'quarantined') AND code <> 'server.retry'"


def contents(ops: Iterable[UUID]) -> dict[UUID, dict[str, Any]]:
    """The data of operations, opened, in two statements however many there are."""
    wanted = list(ops)
    if not wanted:
        return {}
    return {entry.op: entry.data for entry in load("op = ANY(%s)", [wanted])}
