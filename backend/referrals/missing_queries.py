"""Reads of missing children's records, for the county. Every one goes on the audit log."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from backend.accounts import queries as accounts
from backend.audit import services as audit
from backend.children import queries as children
from backend.regions import queries as regions
from sync import oplog

from . import errors, history, missing_life, scope
from .history import Step
from .models import Missing, MissingClue
from .scope import COUNTY

__all__ = ["COUNTY", "Clue", "Item", "Notice", "Opened", "detail", "items", "listed", "notice"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    id: UUID
    revision: int
    status: str
    child: UUID
    name: str
    birth_date: date | None
    division: str
    place: str
    noted_at: datetime
    observed_at: datetime
    reported_at: datetime | None
    confirmed: bool
    published_on: date | None
    found_on: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Clue:
    id: UUID
    observed: datetime
    received: datetime
    name: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """`prepared` is the notice that waits for a lead, `confirmed` the one that may be printed."""

    possible: list[str]
    prepared: dict[str, Any] | None
    confirmed: dict[str, Any] | None
    clues: list[Clue]
    steps: list[Step]


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """What may be printed: what was confirmed, and nothing else of the file.

    `identity` holds those of name, sex and age that were chosen. `number` is the police platform's.
    """

    identity: dict[str, Any]
    description: str
    last_seen_at: str
    last_seen_place: str
    contact: str
    photo: UUID | None
    number: str


def listed(*, viewer: UUID, now: datetime, ended: bool = False) -> QuerySet[Missing]:
    """The latest first; without `ended` those that are not closed."""
    rows = scope.missing(viewer, now=now)
    rows = rows if ended else rows.exclude(status__in=missing_life.MISSING_ENDED)
    return rows.order_by("-noted_at", "id")


def items(rows: Iterable[Missing], *, viewer: UUID, now: datetime) -> list[Item]:
    """A page for showing, in a fixed number of statements; audited."""
    page = list(rows)
    audit.record_each(
        [audit.Line(actor=viewer, subject=row.file, county=row.division[:6]) for row in page],
        action="missing.list", now=now, subject_type="child",
    )  # fmt: skip
    cards = children.shown_children({row.file for row in page})
    places = regions.places({row.division for row in page})
    return [_item(row, cards.get(row.file, {}), places.get(row.division, "")) for row in page]


def detail(*, viewer: UUID, missing: UUID, now: datetime) -> tuple[Item, Opened]:
    """Raises `NotFound`."""
    row = scope.missing_seen(missing, viewer, now=now)
    _record(row, viewer, "missing.read", now)
    card = children.shown_children([row.file]).get(row.file, {})
    place = regions.places([row.division]).get(row.division, "")
    steps = history.of(row.id, missing_life.KINDS)
    said = {step.op: step.said for step in steps}
    columns = {name: getattr(row, name) for name in missing_life.COLUMNS}
    prepared = row.prepared_op if row.prepared_op != row.confirmed_op else None
    return _item(row, card, place), Opened(
        possible=missing_life.ways(columns), prepared=said.get(prepared) if prepared else None,
        confirmed=said.get(row.confirmed_op) if row.confirmed_op else None, clues=_clues(row),
        steps=steps,
    )  # fmt: skip


def notice(*, viewer: UUID, missing: UUID, now: datetime) -> Notice:
    """Each is on the audit log, since it is made to be printed. Raises `NotFound`, `NoticeNotShown`."""
    row = scope.missing_seen(missing, viewer, now=now)
    if row.confirmed_op is None or row.status not in missing_life.OPEN:
        raise errors.NoticeNotShown()
    _record(row, viewer, "missing.notice", now)
    steps = history.of(row.id, missing_life.KINDS)
    said = next(step.said for step in steps if step.op == row.confirmed_op)
    numbers = [step.said["number"] for step in steps if step.step == "publish"]
    photo = said.get("photo")
    return Notice(
        identity=said["identity"], description=said["description"], last_seen_at=said["last_seen_at"],
        last_seen_place=said["last_seen_place"], contact=said["contact"],
        photo=UUID(photo) if photo else None, number=numbers[-1] if numbers else "",
    )  # fmt: skip


def _record(row: Missing, viewer: UUID, action: str, now: datetime) -> None:
    audit.record(
        actor=viewer, action=action, subject=row.id, subject_type="missing", now=now,
        county=row.division[:6], detail={"child": str(row.file)},
    )  # fmt: skip


def _clues(row: Missing) -> list[Clue]:
    """Those given since the record began: an earlier one belongs to an earlier record."""
    rows = MissingClue.objects.filter(file=row.file, observed__gte=row.observed_at)
    entries = oplog.load("op = ANY(%s)", [list(rows.values_list("op", flat=True))])
    names = accounts.names({entry.person for entry in entries})
    found = [
        Clue(
            id=entry.target, observed=entry.observed, received=entry.received,
            name=names.get(entry.person, ""), text=str(entry.data.get("text", "")),
        )
        for entry in entries
    ]  # fmt: skip
    return sorted(found, key=lambda clue: clue.observed, reverse=True)


def _item(row: Missing, card: dict[str, Any], place: str) -> Item:
    return Item(
        id=row.id, revision=row.revision, status=row.status, child=row.file,
        name=children.name_of(card), birth_date=children.born_of(card), division=row.division,
        place=place, noted_at=row.noted_at, observed_at=row.observed_at,
        reported_at=row.reported_at, confirmed=row.confirmed_op is not None,
        published_on=row.published_on, found_on=row.found_on,
    )  # fmt: skip
