"""The list of cases: the next clock first, a protection order's too."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db.models import F, Min, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Least

from backend.accounts import queries as accounts
from backend.audit import services as audit
from backend.children import queries as children
from backend.regions import queries as regions

from . import scope
from .clocks import Clock
from .models import CLOSED, RUNNING_ORDER, Case, ProtectionOrder


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """Empty means any, except that without a state only what is not closed is shown."""

    state: tuple[str, ...] = ()
    clock: str = ""
    overdue: bool | None = None
    due_before: date | None = None
    division: str = ""
    worker: UUID | None = None
    proposed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One row of the list. Of a sealed case neither the child nor the grounds: see `detail`.

    `clock` is the next one, a protection order's too; `due` is when it runs out.
    """

    id: UUID
    revision: int
    state: str
    sealed: bool
    skips: str
    kept_out: list[UUID]
    child: UUID | None
    name: str
    birth_date: date | None
    division: str
    place: str
    since: datetime
    opened_at: datetime
    clock: str
    due: datetime | None
    overdue: bool
    placement: str
    worker: UUID | None
    worker_name: str
    proposed_step: str
    outcome: str


def listed(*, viewer: UUID, filters: Filters, now: datetime) -> QuerySet[Case]:
    """The cases the viewer sees, the next clock first."""
    seen, _ = scope.readable(viewer, now=now)
    rows = Case.objects.filter(seen)
    return _timed(rows.filter(_narrowed(filters, now)), filters, now)


def _timed(rows: QuerySet[Case], filters: Filters, now: datetime) -> QuerySet[Case]:
    """`due` is the next of the case's own clocks and those of its protection orders."""
    orders = ProtectionOrder.objects.filter(case=OuterRef("id"), status__in=RUNNING_ORDER)
    earliest = orders.order_by().values("case").annotate(due=Min("next_due")).values("due")
    timed = rows.annotate(due=Least(F("next_due"), Subquery(earliest)))
    if filters.overdue is not None:
        late = Q(due__lt=now) & ~Q(status=CLOSED)
        timed = timed.filter(late if filters.overdue else ~late)
    if filters.due_before:
        timed = timed.filter(due__date__lte=filters.due_before)
    return timed.order_by(F("due").asc(nulls_last=True), "id")


def _narrowed(filters: Filters, now: datetime) -> Q:
    wanted = Q(status__in=filters.state) if filters.state else ~Q(status=CLOSED)
    if filters.clock:
        running = ProtectionOrder.objects.filter(
            clocks__contains=[{"code": filters.clock}], status__in=RUNNING_ORDER
        )
        own = Q(clocks__contains=[{"code": filters.clock}])
        wanted &= own | Q(id__in=running.values("case"))
    if filters.division:
        wanted &= Q(division__startswith=filters.division)
    if filters.worker:
        wanted &= Q(worker=filters.worker)
    if filters.proposed:
        wanted &= ~Q(proposed_step="")
    return wanted


def counts(*, viewer: UUID, now: datetime) -> dict[str, int]:
    """How many are open: `{total, overdue, proposed}`."""
    narrowed = {
        "total": Filters(),
        "overdue": Filters(overdue=True),
        "proposed": Filters(proposed=True),
    }
    return {
        name: listed(viewer=viewer, filters=filters, now=now).count()
        for name, filters in narrowed.items()
    }


def items(rows: Iterable[Case], *, viewer: UUID, now: datetime) -> list[Item]:
    """A page for showing, in a fixed number of statements. Each child named goes on the audit log."""
    page = list(rows)
    open_rows = [row for row in page if not row.sealed]
    cards = children.shown_children({row.file for row in open_rows})
    people = accounts.names({row.worker for row in page if row.worker})
    places = regions.places({row.division for row in page})
    orders = orders_of(page)
    audit.record_each(
        [audit.Line(actor=viewer, subject=row.file, county=row.division[:6]) for row in open_rows],
        action="case.list", now=now, subject_type="child",
    )  # fmt: skip
    return [
        item_of(
            row, {} if row.sealed else cards.get(row.file, {}), people,
            places.get(row.division, ""), orders.get(row.id, []), now, named=not row.sealed,
        )
        for row in page
    ]  # fmt: skip


def orders_of(rows: Collection[Case]) -> dict[UUID, list[ProtectionOrder]]:
    found: dict[UUID, list[ProtectionOrder]] = {}
    running = ProtectionOrder.objects.filter(
        case__in=[row.id for row in rows], status__in=RUNNING_ORDER
    )
    for order in running:
        found.setdefault(order.case, []).append(order)
    return found


def item_of(
    row: Case, card: dict[str, Any], people: dict[UUID, str], place: str,
    orders: list[ProtectionOrder], now: datetime, *, named: bool,
) -> Item:  # fmt: skip
    clock, due = _next([*row.clocks, *(one for order in orders for one in order.clocks)])
    return Item(
        id=row.id, revision=row.revision, state=row.status, sealed=row.sealed, skips=row.skips, kept_out=list(row.kept_out),
        child=row.file if named else None, name=children.name_of(card),
        birth_date=children.born_of(card), division=row.division, place=place,
        since=row.since, opened_at=row.opened_at, clock=clock, due=due,
        overdue=due is not None and due < now, placement=row.placement, worker=row.worker,
        worker_name=people.get(row.worker, "") if row.worker else "",
        proposed_step=row.proposed_step, outcome=row.outcome,
    )  # fmt: skip


def _next(clocks: list[Clock]) -> tuple[str, datetime | None]:
    timed = [
        (datetime.fromisoformat(clock["due"]), clock["code"])
        for clock in clocks
        if clock["code"] != "restoration_from"
    ]
    if not timed:
        return "", None
    due, code = min(timed)
    return code, due
