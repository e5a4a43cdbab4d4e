"""What an organisation sees: what was referred to it, exactly the fields that were chosen. All audited."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone

from backend.audit import services as audit
from sync import oplog

from . import history, life, scope
from .history import Step
from .models import Referral


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A row of the list: no child, whatever was chosen."""

    id: UUID
    revision: int
    status: str
    kind: str
    due_on: date | None
    overdue: bool
    sent_at: datetime | None
    ended_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """`shown` holds the chosen fields as they were when it was sent. `own` are the organisation's steps,
    without what the office wrote down for it: those words are the office's."""

    possible: list[str]
    purpose: str
    shown: dict[str, Any]
    contract: str
    amount: str
    own: list[Step]


def listed(*, viewer: UUID, now: datetime, ended: bool = False) -> QuerySet[Referral]:
    """The viewer's organisation's, the next due date first."""
    rows = scope.referred_to(viewer, now=now)
    rows = rows if ended else rows.exclude(status__in=life.ENDED)
    return rows.order_by("due_on", "id")


def items(rows: Iterable[Referral], *, viewer: UUID, now: datetime) -> list[Item]:
    page = list(rows)
    audit.record_each(
        [audit.Line(actor=viewer, subject=row.id, county=row.division[:6]) for row in page],
        action="referral.partner_list", now=now, subject_type="referral",
    )  # fmt: skip
    return [_item(row, timezone.localdate(now)) for row in page]


def detail(*, viewer: UUID, referral: UUID, now: datetime) -> tuple[Item, Opened]:
    """Raises `NotFound`."""
    row = scope.referred(referral, viewer, now=now)
    audit.record(
        actor=viewer, action="referral.partner_read", subject=row.id, subject_type="referral",
        now=now, county=row.division[:6], detail={"fields": row.shared},
    )  # fmt: skip
    sent = oplog.contents([row.sent_op])[row.sent_op] if row.sent_op else {}
    steps = history.of(row.id, [f"referral.{step}" for step in life.ANSWERS])
    return _item(row, timezone.localdate(now)), Opened(
        possible=[step for step in life.possible(row.status) if step in life.ANSWERS],
        purpose=str(sent.get("purpose", "")), shown=dict(sent.get("shown", {})),
        contract=str(sent.get("contract", "")), amount=str(sent.get("amount", "")),
        own=[one for one in steps if not one.said.get("by_telephone")],
    )  # fmt: skip


def _item(row: Referral, today: date) -> Item:
    late = row.status in life.WAITING and row.due_on is not None and row.due_on < today
    return Item(
        id=row.id, revision=row.revision, status=row.status, kind=row.kind, due_on=row.due_on,
        overdue=late, sent_at=row.sent_at, ended_at=row.ended_at,
    )  # fmt: skip
