"""Compares a dossier on paper's file with the database, and says in words what differs.

Works on a file that was changed too: each part that can still be read is compared by itself.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import msgspec
from cryptography.exceptions import InvalidTag
from django.db import connection

from backend.audit import queries as audit
from backend.common import encrypted
from sync.models import File
from sync.protocol import messages
from sync.uploads import errors, pieces
from sync.uploads import queries as uploads

from . import lines, manifest, scope
from .models import Dossier
from .told import Said, read


@dataclass(frozen=True, slots=True)
class Difference:
    """`gone`: not a contradiction, but something that can no longer be checked."""

    text: str
    gone: bool = False


def differences(content: bytes) -> Iterator[Difference]:
    """Everything in which the file and the database do not agree."""
    told = read(content)
    yield from _whole(content, told)
    if told is None:
        yield Difference(
            "The file carries no manifest that can be read: its contents cannot be compared."
        )
        return
    erased = _erased(told.files)
    yield from erased.values()
    yield from _operations(told, erased)
    yield from _photos(told, erased)
    yield from _head(told)


def _whole(content: bytes, told: Said | None) -> Iterator[Difference]:
    """The file is the one that was recorded when it was made, byte for byte."""
    own = manifest.sha256(content)
    if told is None:
        if not Dossier.objects.filter(sha256=own).exists():
            yield Difference(f"No dossier with the SHA-256 {own} was ever made here.")
        return
    row = Dossier.objects.filter(id=told.dossier).first()
    recorded = audit.told_of(told.dossier, action="dossier.make").get("sha256")
    if row is None and recorded is None:
        yield Difference(f"Dossier {told.dossier} was never made here.")
        return
    if row is not None and recorded != row.sha256:
        yield Difference(
            f"The record of dossier {told.dossier} and its line in the audit log differ."
        )
    if own != (row.sha256 if row else recorded):
        yield Difference(
            f"The file is not the one that was made: its SHA-256 is {own}, dossier {told.dossier} had"
            f" {row.sha256 if row else recorded}."
        )


def _erased(files: Sequence[UUID]) -> dict[UUID, Difference]:
    rows = File.objects.filter(id__in=files, erased_at__isnull=False).values_list("id", "erased_at")
    return {
        id_: Difference(
            f"File {id_} was erased by law on {at:%Y-%m-%d}: what its lines say can no longer be"
            " opened, only their recorded hashes are compared.", gone=True,
        )
        for id_, at in rows
    }  # fmt: skip


def _operations(told: Said, erased: Mapping[UUID, Difference]) -> Iterator[Difference]:
    listed = [one.op for one in told.operations]
    known = lines.named(listed)
    expected = {
        one["op"]: one for one in manifest.operations(known[op] for op in listed if op in known)
    }
    damaged = _damaged(known.values(), erased)
    for number, one in enumerate(told.operations, start=1):
        place = f"Entry {number} ({one.op})"
        if str(one.op) not in expected:
            yield Difference(f"{place} is not in the database.")
            continue
        stored = expected[str(one.op)]
        if known[one.op].file not in told.files:
            yield Difference(f"{place} belongs to another file.")
        for name, value in msgspec.to_builtins(one).items():
            if stored[name] != value:
                yield Difference(
                    f"{place}: {name} is {value} in the dossier and {stored[name]} in the database."
                )
        if one.op in damaged:
            yield Difference(
                f"{place}: what is stored in the database is not what the hash is over."
            )
    if not erased:
        yield from _left_out(told, set(listed))


def _damaged(known: Iterable[lines.Line], erased: Mapping[UUID, Difference]) -> set[UUID]:
    """Lines whose stored bytes cannot be opened or are others than those the hash is over."""
    asked = {line.op: line for line in known if line.file not in erased}
    ciphers = encrypted.keys({line.file for line in asked.values()})
    with connection.cursor() as cursor:
        cursor.execute("SELECT op, body FROM sync_operation WHERE op = ANY(%s)", [list(asked)])
        return {op for op, body in cursor if not _is_whole(asked[op], body, ciphers)}


def _is_whole(line: lines.Line, body: bytes, ciphers: Mapping[UUID, Any]) -> bool:
    try:
        opened = ciphers[line.file].open(body, line.op.bytes)
    except (InvalidTag, KeyError, ValueError):
        return False
    return messages.line_hash(opened).hex() == line.hash


def _left_out(told: Said, listed: set[UUID]) -> Iterator[Difference]:
    """What the files hold up to the last entry and the dossier does not.

    What not everybody may know of is no omission: the dossier of somebody who does not see it has none.
    Nor is what phones were told.
    """
    stored = lines.of_files(told.files)
    last = max((line.ordinal for line in stored if line.op in listed), default=0)
    excused = lines.derived(stored) | (set() if told.sealed else _excused(stored, told.child))
    for line in stored:
        if line.ordinal > last or line.op in listed or line.op in excused:
            continue
        if line.decided_at and line.decided_at > told.made_at:
            continue  # It had come, but waited to be applied.
        yield Difference(
            f"Left out: {line.kind} {line.op}, received {line.received:%Y-%m-%d %H:%M} UTC."
        )


def _excused(stored: Sequence[lines.Line], child: UUID) -> set[UUID]:
    damaged = _damaged(stored, {})
    entries = lines.opened(line for line in stored if line.op not in damaged)
    excused = {line.op for line in stored if line.kind == "visit.sealed"}
    excused |= lines.accusing(entries, ())
    return excused | lines.sealed(entries) | lines.about(entries, scope.apart(child))


def _photos(told: Said, erased: Mapping[UUID, Difference]) -> Iterator[Difference]:
    if told.child in erased or not told.photos:
        return
    wanted = [one.attachment for one in told.photos]
    rows = {row.id: row for row in uploads.everything().filter(id__in=wanted)}
    for number, one in enumerate(told.photos, start=1):
        row = rows.get(one.attachment)
        place = f"Photograph file {number} ({one.attachment})"
        if row is None:
            yield Difference(f"{place} is not in the database.")
            continue
        (card,) = uploads.cards([row])
        for name, value in msgspec.to_builtins(one).items():
            # What had not come when the dossier was made may have come since.
            if name != "status" and manifest.photo(card)[name] != value:
                yield Difference(f"{place}: {name} differs from the database.")
        if row.status == "complete" and _content_hash(row) != card.sha256:
            yield Difference(
                f"{place}: the stored bytes are lost or are others than the hash is over."
            )


def _content_hash(row: Any) -> str:
    try:
        return hashlib.sha256(uploads.content(row, pieces.ORIGINAL)[1]).hexdigest()
    except errors.NotHere:
        return ""


def _head(told: Said) -> Iterator[Difference]:
    if told.audit is None:
        return
    said = told.audit
    head = audit.head(said.county, number=said.number)
    if head is None:
        yield Difference(
            f"The audit log of county {said.county} has no seal {said.number}: an"
            " older database was put in its place, or the seals were removed."
        )
        return
    if head.hash.hex() != said.hash:
        yield Difference(
            f"Seal {head.number} of the audit log of county {head.county} is another one than the"
            " dossier's: the log was changed since, or the dossier was."
        )
    for misfit in audit.chain_misfits(head.county, number=head.number):
        yield Difference(f"The audit log does not fit: {misfit}.")
