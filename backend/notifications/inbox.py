"""Somebody's own messages."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet

from . import messages
from .models import Notice


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A message in the reader's language."""

    id: UUID
    kind: str
    critical: bool
    at: datetime
    read_at: datetime | None
    title: str
    text: str
    link: str


def inbox(person: UUID, *, unread: bool = False) -> QuerySet[Notice]:
    """The newest first."""
    rows = Notice.objects.filter(person=person).order_by("-at", "id")
    return rows.filter(read_at=None) if unread else rows


def unread(person: UUID) -> int:
    return Notice.objects.filter(person=person, read_at=None).count()


def items(rows: Iterable[Notice], *, language: str) -> list[Item]:
    """One statement for the places they name."""
    found = list(rows)
    places = messages.places((row.kind, row.values) for row in found)
    said = [messages.words(row.kind, row.values, language=language, places=places) for row in found]
    return [
        Item(
            id=row.id, kind=row.kind, critical=row.critical, at=row.at, read_at=row.read_at,
            title=words.title, text=words.text, link=words.link,
        )
        for row, words in zip(found, said, strict=True)
    ]  # fmt: skip


def mark_read(*, person: UUID, now: datetime, notice: UUID | None = None) -> bool:
    """One of her messages or all of them; false where there is no such message. Twice is as good as once."""
    rows = Notice.objects.filter(person=person)
    if notice is not None:
        rows = rows.filter(id=notice)
    changed = rows.filter(read_at=None).update(read_at=now)
    return bool(changed) or notice is None or rows.exists()
