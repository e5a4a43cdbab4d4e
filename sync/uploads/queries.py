"""What is known of attachments, and their contents. Whether somebody may know it is the caller's to ask."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from sync.ports import ports
from sync.protocol import messages

from . import errors, pieces
from .models import Attachment
from .services import cipher_of

# What may still come, or be opened.
_EXPECTED = ("pending", "unopened")
# Attachments of a device that are told to be missing in one answer.
A_PAGE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """One attachment without its contents. `type` is the one by content once it has come.

    `photo` is the hash that copies of one photograph share: a thumbnail, a smaller one, the original.
    """

    id: UUID
    op: UUID
    file: UUID
    photo: str
    sha256: str
    role: str
    type: str
    size: int
    status: str
    detail: str
    has_view: bool
    sealed: bool
    declared_at: datetime | None
    settled_at: datetime | None


@dataclass(frozen=True, slots=True)
class Count:
    """Of the photographs (or papers, or recordings) of one operation, copies counted once."""

    total: int
    pending: int
    lost: int


def cards(rows: Iterable[Attachment]) -> list[Card]:
    return [_card(row) for row in rows]


def of_operations(ops: Collection[UUID]) -> dict[UUID, list[Card]]:
    """By operation, in the order of their hashes, without what is sealed; one statement."""
    found: dict[UUID, list[Card]] = {}
    rows = Attachment.objects.filter(op__in=ops, sealed=False)
    for row in rows.order_by("op", "sha256"):
        found.setdefault(row.op, []).append(_card(row))
    return found


def of_file(file: UUID) -> QuerySet[Attachment]:
    return Attachment.objects.filter(file=file).order_by("declared_at", "id")


def everything() -> QuerySet[Attachment]:
    """For whoever narrows it to a scope."""
    return Attachment.objects.all()


def one(attachment: UUID) -> Attachment | None:
    return Attachment.objects.filter(id=attachment).first()


def sealed_among(attachments: Collection[UUID]) -> set[UUID]:
    rows = Attachment.objects.filter(id__in=attachments, sealed=True)
    return set(rows.values_list("id", flat=True))


def missing(device: UUID) -> list[dict[str, str]]:
    """What a device has declared and not brought: `[{op, sha256}]`, the oldest first."""
    rows = Attachment.objects.filter(device=device, status="pending").order_by("id")
    pairs = rows.values_list("op", "sha256")[:A_PAGE]
    return [{"op": str(op), "sha256": bytes(sha256).hex()} for op, sha256 in pairs]


def count(cards: Iterable[Card]) -> Count:
    """ "2 of 3 photographs pending": a photograph is pending as long as any declared copy is."""
    photos: dict[str, set[str]] = {}
    for card in cards:
        photos.setdefault(card.photo, set()).add(card.status)
    pending = sum(not statuses.isdisjoint(_EXPECTED) for statuses in photos.values())
    lost = sum(
        "lost" in statuses and statuses.isdisjoint(_EXPECTED) for statuses in photos.values()
    )
    return Count(len(photos), pending, lost)


def best(cards: Iterable[Card]) -> dict[str, Card]:
    """The copy to show of each photograph: the largest that has come, else any."""
    shown: dict[str, Card] = {}
    for card in cards:
        known = shown.get(card.photo)
        if known is None or _rank(card) > _rank(known):
            shown[card.photo] = card
    return shown


def content(row: Attachment, what: str = pieces.VIEW) -> tuple[str, bytes]:
    """The type and the bytes. `what` is `pieces.VIEW`, `THUMBNAIL` or `ORIGINAL`.

    A recording or a paper has no view: it is given as it came. Raises `NotHere`, also when the file
    was erased.
    """
    if row.status != "complete":
        raise errors.NotHere()
    shown = what if row.has_view else pieces.ORIGINAL
    name = pieces.object_name(row.id, shown)
    try:
        opened = pieces.read(name, cipher_of(row))
    except (errors.Erased, pieces.Damaged) as error:
        raise errors.NotHere() from error
    return (row.found if shown == pieces.ORIGINAL else "image/jpeg"), opened


def meta(row: Attachment) -> Mapping[str, Any]:
    """What the camera wrote into the picture, by EXIF name. Empty for other types and erased files."""
    return _opened(row, row.meta) or {}


def _opened(row: Attachment, sealed: Any) -> Any:
    cipher = ports().keys([row.file]).get(row.file)
    return messages.parse(cipher.open(sealed)) if cipher and sealed is not None else None


def _rank(card: Card) -> tuple[bool, int]:
    return card.status == "complete", card.size


def _card(row: Attachment) -> Card:
    return Card(
        id=row.id, op=row.op, file=row.file, sha256=bytes(row.sha256).hex(), role=row.role,
        photo=bytes(row.made_from or row.sha256).hex(), type=row.found or row.type,
        size=row.size, status=row.status, detail=row.detail, has_view=row.has_view,
        sealed=row.sealed, declared_at=row.declared_at, settled_at=row.settled_at,
    )  # fmt: skip
