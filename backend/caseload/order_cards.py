"""Previews and orders as their author reads them."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from backend.accounts import queries as accounts
from backend.audit import services as audit
from backend.children import queries as children
from backend.common.errors import NotFound
from backend.regions import queries as regions

from .judging import Verdict
from .models import AssignmentOrder, OrderLine
from .orders import Preview

# Lines shown, what cannot be done first; the counts are over all.
SHOWN = 500
DOABLE = ("assigned", "moved")


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One child; without a name where it is one she may not assign."""

    child: UUID
    name: str
    division: str
    place: str
    current: UUID | None
    current_name: str
    outcome: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviewCard:
    counts: dict[str, int]
    lines: list[Line]
    elsewhere: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderCard:
    """`refused` are the children that were not assigned, the first of them."""

    id: UUID
    kind: str
    to: UUID
    to_name: str
    from_person: UUID | None
    made_at: datetime
    finished_at: datetime | None
    total: int
    done: int
    counts: dict[str, int]
    refused: list[Any]


def preview(found: Preview, *, viewer: UUID, now: datetime) -> PreviewCard:
    """A fixed number of statements. Each child named goes on the audit log."""
    counts = Counter(verdict.outcome for verdict in found.verdicts)
    shown = sorted(found.verdicts, key=lambda verdict: verdict.outcome in DOABLE)[:SHOWN]
    rows = [verdict.row for verdict in shown if verdict.row]
    cards = children.opened(rows)
    names = accounts.names({verdict.current.person for verdict in shown if verdict.current})
    places = regions.places({row.division for row in rows})
    audit.record_each(
        [audit.Line(actor=viewer, subject=row.id, county=row.division[:6]) for row in rows],
        action="caseload.preview", subject_type="child", now=now,
    )  # fmt: skip
    return PreviewCard(
        counts=dict(counts),
        lines=[_line(verdict, cards, names, places) for verdict in shown],
        elsewhere=found.elsewhere,
    )


def _line(
    verdict: Verdict, cards: dict[UUID, Any], names: dict[UUID, str], places: dict[str, str]
) -> Line:
    person = verdict.current.person if verdict.current else None
    division = verdict.row.division if verdict.row else ""
    return Line(
        child=verdict.child,
        name=children.name_of(cards.get(verdict.child, {})),
        division=division,
        place=places.get(division, ""),
        current=person,
        current_name=names.get(person, "") if person else "",
        outcome=verdict.outcome,
    )


def card(*, order: UUID, viewer: UUID) -> OrderCard:
    """How far an order is, for whoever gave it. Raises `NotFound`."""
    row = AssignmentOrder.objects.filter(id=order, actor=viewer).first()
    if row is None:
        raise NotFound(fields=("order",))
    outcomes = Counter(OrderLine.objects.filter(order=row).values_list("outcome", flat=True))
    refused = OrderLine.objects.filter(order=row).exclude(outcome__in=(*DOABLE, "waiting"))
    return OrderCard(
        id=row.id, kind=row.kind, to=row.to, to_name=accounts.names([row.to]).get(row.to, ""),
        from_person=row.from_person, made_at=row.made_at, finished_at=row.finished_at,
        total=outcomes.total(), done=outcomes.total() - outcomes["waiting"], counts=dict(outcomes),
        refused=list(refused.order_by("id").values("child", "outcome")[:SHOWN]),
    )  # fmt: skip
