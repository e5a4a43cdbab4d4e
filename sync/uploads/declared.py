"""Attachments that operations declare: `{"attachments": [{"sha256", "size", "type", "role"?, "of"?}]}`.

An operation is applied at once; its attachments are pending until their bytes have come. Also one
that is held or quarantined declares them: what a phone holds must be able to reach the server.
"""

import datetime as dt
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.conf import settings

from sync.entries import Entry
from sync.ports import ports
from sync.protocol import ids
from sync.registry import Problem, registry

from .models import Attachment

MAX_SIZE: int = getattr(settings, "SYNC_MAX_ATTACHMENT", 64 * 1024 * 1024)
# More than anybody photographs at once; what is over is a fault of the phone.
MAX_EACH = 50
HASH = re.compile(r"[0-9a-f]{64}")
_TYPE = re.compile(r"[a-z0-9.+-]{1,40}/[a-z0-9.+-]{1,80}")
_ROLE = re.compile(r"[a-z_]{1,20}")


@dataclass(frozen=True, slots=True)
class Declared:
    sha256: bytes
    size: int
    type: str
    role: str
    made_from: bytes | None


def problems(entries: Sequence[Entry]) -> list[list[Problem]]:
    """What is wrong with each operation's declarations; the usable ones count all the same."""
    return [
        [_problem(place) for place, found in _read(entry.data) if not found] for entry in entries
    ]


def declare(entries: Iterable[Entry], *, now: dt.datetime) -> None:
    """Makes the pending attachments of operations, in one statement or none.

    For an erased file nothing is expected, unless from a stranger to it: to her it is like one that
    nobody knows (see `neutral`), and what she brings is sealed under her device's key, like the line.
    """
    rows = {
        row.id: row
        for entry in entries
        if entry.code != "file.erased" or "outside" in entry.flags
        for row in rows_of(entry, declared_at=now)
    }
    if rows:
        Attachment.objects.bulk_create(
            rows.values(), update_conflicts=True, unique_fields=["id"], update_fields=["sealed"]
        )


def rows_of(entry: Entry, *, declared_at: dt.datetime) -> list[Attachment]:
    """The attachments an operation declares, as they are before anything came."""
    return [
        Attachment(
            id=attachment_id(entry.op, one.sha256), op=entry.op,
            file=(entry.code == "file.erased" and entry.device) or entry.file, device=entry.device, sha256=one.sha256, size=one.size, type=one.type, role=one.role,
            made_from=one.made_from, sealed=_sealed(entry), declared_at=declared_at,
        )
        for _, one in _read(entry.data)
        if one
    ]  # fmt: skip


def _sealed(entry: Entry) -> bool:
    """Whether no device may get it. A kind that this server does not know yet is not given out."""
    record_type = registry.by_kind.get(entry.kind)
    return record_type is None or not record_type.leaves_the_server or ports().sealed(entry)


def attachment_id(op: UUID, sha256: bytes) -> UUID:
    return ids.derived(op, "attachment", sha256.hex())


def _read(data: Mapping[str, Any]) -> Iterator[tuple[str, Declared | None]]:
    given = data.get("attachments", [])
    if not isinstance(given, list):
        yield "attachments", None
        return
    for number, one in enumerate(given):
        place = f"attachments.{number}"
        yield place, _declared(one) if number < MAX_EACH else None


def _declared(one: Any) -> Declared | None:
    if not isinstance(one, Mapping):
        return None
    sha256, size, kind = _hash(one.get("sha256")), one.get("size"), one.get("type")
    if sha256 is None or type(size) is not int or not 0 < size <= MAX_SIZE:
        return None
    if not isinstance(kind, str) or not _TYPE.fullmatch(kind):
        return None
    role = one.get("role")
    known = role if isinstance(role, str) and _ROLE.fullmatch(role) else ""
    return Declared(sha256, size, kind, known, _hash(one.get("of")))


def _hash(text: Any) -> bytes | None:
    return bytes.fromhex(text) if isinstance(text, str) and HASH.fullmatch(text) else None


def _problem(place: str) -> Problem:
    return Problem(
        place,
        "attachment.unusable",
        f"附件声明无法使用:需要 sha256、不超过 {MAX_SIZE} 字节的大小和类型。",
        f"The declaration cannot be used: it needs sha256, a size up to {MAX_SIZE} bytes and a type.",
    )
