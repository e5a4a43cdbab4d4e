"""The photographs of a dossier, as small as paper needs them."""

import io
from collections.abc import Collection

from django.db.models import QuerySet
from PIL import Image

from sync.models import Attachment
from sync.uploads import errors
from sync.uploads import queries as uploads

from .content import Picture

# On paper they are 8 cm wide; more pictures than these are listed by their hashes only.
EDGE, QUALITY, SHOWN = 1000, 75, 150


def of(rows: QuerySet[Attachment]) -> tuple[list[uploads.Card], list[Picture]]:
    """Every copy that was declared, and each photograph once: its best copy, numbered."""
    known = {row.id: row for row in rows}
    cards = uploads.cards(known.values())
    best = uploads.best(cards).values()
    pictures = [
        Picture(
            number=number, card=card,
            shown=_small(known[card.id]) if number <= SHOWN and card.has_view else None,
        )
        for number, card in enumerate(best, start=1)
    ]  # fmt: skip
    return cards, pictures


def _small(row: Attachment) -> bytes | None:
    """What may be shown of it, without what the camera wrote; None of what is lost or damaged."""
    try:
        _, content = uploads.content(row)
    except errors.NotHere:
        return None
    with Image.open(io.BytesIO(content)) as image:
        image.thumbnail((EDGE, EDGE))
        stored = io.BytesIO()
        image.convert("RGB").save(stored, "JPEG", quality=QUALITY, optimize=True)
    return stored.getvalue()


def attached(ops: Collection[object], *, sealed: bool) -> QuerySet[Attachment]:
    """What was declared by operations; what is sealed only for a sealed dossier."""
    rows = uploads.everything().filter(op__in=list(ops)).order_by("declared_at", "id")
    return rows if sealed else rows.filter(sealed=False)
