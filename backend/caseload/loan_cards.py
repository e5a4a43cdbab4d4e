"""The files somebody has borrowed, as she sees them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from backend.children import queries as children

from . import files, loans
from .models import FileLoan


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """A child that she may not know any more, because it moved, has neither name nor place."""

    id: UUID
    child: UUID
    name: str
    place: str
    borrowed_at: datetime
    until: datetime


def borrowed(*, viewer: UUID, now: datetime) -> list[Card]:
    """Her own, the next to end first."""
    return cards(list(loans.listed(viewer=viewer, now=now)), viewer=viewer, now=now)


def cards(rows: Sequence[FileLoan], *, viewer: UUID, now: datetime) -> list[Card]:
    """A page of `loans.listed`, in a fixed number of statements; each child named is audited."""
    found = children.everybody().filter(id__in=[row.child for row in rows])
    shown = files.items(
        found.select_related("visit_due"), viewer=viewer, now=now, action="child.loans"
    )
    named = {item.id: item for item in shown if item.name}
    return [_card(row, named.get(row.child)) for row in rows]


def _card(row: FileLoan, item: files.Item | None) -> Card:
    return Card(
        id=row.id, child=row.child, borrowed_at=row.borrowed_at, until=row.until,
        name=item.name if item else "", place=item.place if item else "",
    )  # fmt: skip
