"""The manifest that a file carries, read: the other side of `manifest.make`."""

from datetime import datetime
from uuid import UUID

import msgspec

from . import pdf


class Operation(msgspec.Struct):
    op: UUID
    kind: str
    observed: str
    received: str
    device: str
    seq: int | None
    sha256: str


class Photo(msgspec.Struct):
    attachment: UUID
    op: UUID
    sha256: str
    photograph: str
    status: str


class Audit(msgspec.Struct):
    county: str
    number: int
    hash: str


class Said(msgspec.Struct):
    """What a manifest must hold to be compared."""

    format: int
    dossier: UUID
    child: UUID
    household: UUID | None
    sealed: bool
    made_at: datetime
    county: str
    audit: Audit | None
    operations: list[Operation]
    photos: list[Photo]

    @property
    def files(self) -> list[UUID]:
        return [self.child, *([self.household] if self.household else [])]


def read(content: bytes) -> Said | None:
    """None for a file without one, and for one that does not hold what can be compared."""
    inside = pdf.attached(content)
    try:
        return msgspec.json.decode(inside, type=Said) if inside else None
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
