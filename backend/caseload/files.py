"""The list of children as the office sees it: who, how urgent, whose, and when due."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils import timezone

from backend.accounts import queries as accounts
from backend.audit import services as audit
from backend.children import queries as children
from backend.children.queries import Filters
from backend.regions import queries as regions
from fieldforms import risk

from . import dangers, plan, scope
from .models import Assignment, VisitDue


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One row. Without the right to know the child, `name` is empty and `birth_date` absent.

    `risk_level` is the one that is shown, `risk_set` what people set, `because` what is open, as far as
    the reader may know of it: without the right to read the visits it is empty.
    """

    id: UUID
    name: str
    birth_date: date | None
    sex: str
    division: str
    place: str
    categories: list[str]
    risk_level: str
    risk_set: str
    because: list[dict[str, Any]]
    guardianship_rating: str
    status: str
    conflict: bool
    supervisor: UUID | None
    supervisor_name: str
    last_visit: datetime | None
    due_on: date | None
    basis: str
    step: str


def listed(
    *,
    viewer: UUID,
    filters: Filters,
    now: datetime,
    overdue: bool = False,
    unassigned: bool = False,
) -> QuerySet[Any]:
    """The children that she may see and looks for, the next visit first.

    A text is looked for among those whom she may know by name: who must not read a name must not
    find out by searching for it either.
    """
    today = timezone.localdate(now)
    reach = scope.reach(viewer, on=today)
    rows = dangers.matching(filters, reach).filter(
        scope.named(reach) if filters.text.strip() else scope.visible(reach)
    )
    if overdue:
        rows = rows.filter(dangers.due_by("supervisor_on", today, reach))
    if unassigned:
        rows = rows.filter(~Q(scope.covered()))
    return dangers.in_order(rows, reach)


def items(
    rows: Iterable[Any], *, viewer: UUID, now: datetime, action: str = "child.list"
) -> list[Item]:
    """A page for showing, in a fixed number of statements. Each child named goes on the audit log."""
    page, today = list(rows), timezone.localdate(now)
    reach = scope.reach(viewer, on=today)
    supervisors = supervisors_by_file({row.id for row in page})
    known = [row for row in page if reach.names(row.division, supervisors.get(row.id))]
    cards = children.opened(known)
    risks = dangers.known(page, reach)
    worked = {row.id for row in page if reach.works(row.division, supervisors.get(row.id))}
    names = accounts.names(set(supervisors.values()))
    places = regions.places({row.division for row in page})
    audit.record_each(
        [audit.Line(actor=viewer, subject=row.id, county=row.division[:6]) for row in known],
        action=action,
        subject_type="child",
        now=now,
    )
    return [
        _item(
            row, cards.get(row.id), supervisors.get(row.id), names, places.get(row.division, ""),
            risks[row.id], row.id in worked, today,
        )
        for row in page
    ]  # fmt: skip


def supervisors_by_file(files: Iterable[UUID]) -> dict[UUID, UUID]:
    """Who covers each of the children now."""
    rows = Assignment.objects.filter(file__in=list(files), ends_on=None)
    return dict(rows.values_list("file", "person"))


def _item(
    row: Any, card: Mapping[str, Any] | None, supervisor: UUID | None,
    names: Mapping[UUID, str], place: str, known: dangers.Known, works: bool, today: date,
) -> Item:  # fmt: skip
    due, shown = known.due, risk.shown(row.risk_level, known.because)
    return Item(
        id=row.id,
        name=children.name_of(card or {}),
        birth_date=children.born_of(card or {}),
        sex=row.sex, division=row.division, place=place, categories=row.categories,
        risk_level=shown.level, risk_set=shown.set, because=shown.because if works else [],
        guardianship_rating=row.guardianship_rating, status=row.status,
        conflict=bool(row.conflicts),
        supervisor=supervisor,
        supervisor_name=names.get(supervisor, "") if supervisor else "",
        last_visit=due.last_visit, due_on=due.due_on, basis=due.basis, step=step_of(due, today),
    )  # fmt: skip


def step_of(due: VisitDue, today: date) -> str:
    """How far the visit has climbed (`due_step`); empty for a child that left."""
    if not (due.due_on and due.supervisor_on and due.township_on and due.county_on):
        return ""
    kept = plan.Due(due.due_on, due.basis, due.supervisor_on, due.township_on, due.county_on)
    return kept.step(today)
