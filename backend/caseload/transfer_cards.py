"""What both counties are shown of an offer: who is meant, from where to where, why. Nothing else."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from backend.accounts import queries as accounts
from backend.audit import services as audit
from backend.common.errors import NotFound
from backend.regions import codes
from backend.regions import queries as regions
from sync import oplog

from .models import Transfer
from .transfers import county_areas, seen_by

STEPS = {"from_county": ("withdraw",), "to_county": ("accept", "refuse")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """The child's name, sex and birth date are those of the day of the offer.

    `steps` are what the viewer may do now.
    """

    id: UUID
    revision: int
    status: str
    child: UUID
    name: str
    sex: str
    birth_date: str
    from_county: str
    from_place: str
    to_division: str
    to_place: str
    reason: str
    offered_at: datetime
    offered_by: UUID
    offered_by_name: str
    answer: str
    decided_at: datetime | None
    decided_by: UUID | None
    decided_by_name: str
    steps: list[str]


def listed(*, viewer: UUID, now: datetime, status: str = "", side: str = "") -> QuerySet[Transfer]:
    """The viewer's offers, the last one first; `side` is `out` or `in`, empty both."""
    rows = Transfer.objects.filter(seen_by(viewer, now=now))
    if status:
        rows = rows.filter(status=status)
    if side:
        areas = county_areas(viewer, now=now)
        column = {"out": "from_county", "in": "to_county"}[side]
        counties = rows.values_list(column, flat=True).distinct()
        own = [county for county in counties if codes.covers(areas, county)]
        rows = rows.filter(**{f"{column}__in": own})
    return rows.order_by("-offered_at", "id")


def one(*, viewer: UUID, transfer: UUID, now: datetime) -> Card:
    """Raises `NotFound`."""
    row = Transfer.objects.filter(seen_by(viewer, now=now), id=transfer).first()
    if row is None:
        raise NotFound(fields=("transfer",))
    return cards([row], viewer=viewer, now=now)[0]


def cards(rows: Sequence[Transfer], *, viewer: UUID, now: datetime) -> list[Card]:
    """A page for showing, in a fixed number of statements; each child goes on the audit log."""
    areas = county_areas(viewer, now=now)
    words = oplog.contents(op for row in rows for op in (row.offer_op, row.decided_op) if op)
    people = {row.offered_by for row in rows} | {row.decided_by for row in rows if row.decided_by}
    names = accounts.names(people)
    places = regions.places({code for row in rows for code in (row.from_county, row.to_division)})
    audit.record_each(
        [audit.Line(actor=viewer, subject=row.file, county=_own(row, areas)) for row in rows],
        action="transfer.list", subject_type="child", now=now,
    )  # fmt: skip
    return [_card(row, words, names, places, areas) for row in rows]


def _own(row: Transfer, areas: Sequence[str]) -> str:
    """In whose log the look stands: the viewer's own county's."""
    return row.from_county if codes.covers(areas, row.from_county) else row.to_county


def _card(
    row: Transfer, words: Mapping[UUID, Any], names: Mapping[UUID, str],
    places: Mapping[str, str], areas: Sequence[str],
) -> Card:  # fmt: skip
    offer = words.get(row.offer_op, {})
    answer = words.get(row.decided_op, {}) if row.decided_op else {}
    child = offer.get("card", {})
    is_open = row.status == "offered"
    return Card(
        id=row.id, revision=row.revision, status=row.status, child=row.file,
        name=child.get("name", ""), sex=child.get("sex", ""),
        birth_date=child.get("birth_date", ""),
        from_county=row.from_county, from_place=places.get(row.from_county, ""),
        to_division=row.to_division, to_place=places.get(row.to_division, ""),
        reason=offer.get("reason", ""), offered_at=row.offered_at, offered_by=row.offered_by,
        offered_by_name=names.get(row.offered_by, ""), answer=answer.get("reason", ""),
        decided_at=row.decided_at, decided_by=row.decided_by,
        decided_by_name=names.get(row.decided_by, "") if row.decided_by else "",
        steps=[
            step
            for side, own in STEPS.items()
            if is_open and codes.covers(areas, getattr(row, side))
            for step in own
        ],
    )  # fmt: skip
