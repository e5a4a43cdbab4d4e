"""Assigning many children: one order, carried out in chunks, with what became of each child.

Whoever carries an order out may die between two chunks; the next takes it up where it is. The ids
of the operations derive from order and child, so nothing is done twice.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from backend.accounts import queries as accounts
from backend.audit import services as audit
from backend.children import queries as children
from backend.children.queries import Filters
from backend.common import clock
from backend.regions import codes
from sync import push
from sync.entries import Draft
from sync.protocol import ids

from . import dangers, scope
from .errors import NobodyChosen, NotASupervisor, TooManyChildren
from .judging import Verdict, judge
from .models import Assignment, AssignmentOrder, OrderLine

Progress = Literal["finished", "more", "busy"]
LIMIT = 10_000
CHUNK = 100
ABANDONED = timedelta(minutes=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """The children somebody names, or all in her area that a filter finds."""

    children: tuple[UUID, ...] = ()
    filters: Filters | None = None
    unassigned: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """`elsewhere` counts children of a caseload that lie outside the actor's area and would stay."""

    verdicts: list[Verdict]
    elsewhere: int = 0


def assign_preview(*, choice: Choice, to: UUID, actor: UUID, now: datetime) -> Preview:
    """Raises `NobodyChosen`, `TooManyChildren` and `NotASupervisor`."""
    _require_supervisor(to, actor=actor, now=now)
    return Preview(verdicts=judge(_chosen(choice, actor, now), to=to, actor=actor, now=now))


def assign_in_bulk(*, choice: Choice, to: UUID, actor: UUID, now: datetime) -> AssignmentOrder:
    """Writes the order down; `order_run` carries it out. Raises what the preview raises."""
    _require_supervisor(to, actor=actor, now=now)
    return _order(
        "assign", _chosen(choice, actor, now), to=to, from_person=None, actor=actor, now=now
    )


def handover_preview(*, from_person: UUID, to: UUID, actor: UUID, now: datetime) -> Preview:
    """Raises `NotASupervisor`."""
    _require_supervisor(to, actor=actor, now=now)
    inside, elsewhere = _caseload(from_person, actor, now)
    return Preview(verdicts=judge(inside, to=to, actor=actor, now=now), elsewhere=elsewhere)


def handover(*, from_person: UUID, to: UUID, actor: UUID, now: datetime) -> AssignmentOrder:
    """The whole caseload of one supervisor to another. Raises `NobodyChosen` and `NotASupervisor`."""
    _require_supervisor(to, actor=actor, now=now)
    inside, _ = _caseload(from_person, actor, now)
    if not inside:
        raise NobodyChosen(fields=("from_person",))
    return _order("handover", inside, to=to, from_person=from_person, actor=actor, now=now)


def _require_supervisor(to: UUID, *, actor: UUID, now: datetime) -> None:
    today = timezone.localdate(now)
    reach = scope.reach(actor, on=today)
    own = (*reach.office, *reach.township)
    villages = accounts.areas([to], on=today, roles=scope.OWN)[to]
    if not any(codes.covers(own, village) for village in villages):
        raise NotASupervisor()


def _chosen(choice: Choice, actor: UUID, now: datetime) -> list[UUID]:
    wanted = list(dict.fromkeys(choice.children))
    if choice.filters is not None:
        reach = scope.reach(actor, on=timezone.localdate(now))
        rows = dangers.matching(choice.filters, reach).filter(scope.assigns(reach))
        if choice.unassigned:
            rows = rows.filter(~Q(scope.covered()))
        found = rows.order_by("id").values_list("id", flat=True)[: LIMIT + 1]
        wanted = list(dict.fromkeys([*wanted, *found]))
    if not wanted:
        raise NobodyChosen()
    if len(wanted) > LIMIT:
        raise TooManyChildren(limit=LIMIT, given=len(wanted))
    return wanted


def _caseload(from_person: UUID, actor: UUID, now: datetime) -> tuple[list[UUID], int]:
    """The children she covers in the actor's area, and how many elsewhere."""
    covered = Assignment.objects.filter(person=from_person, ends_on=None).values("file")
    everyone = children.everybody().filter(id__in=covered)
    area = scope.assigns(scope.reach(actor, on=timezone.localdate(now)))
    inside = list(everyone.filter(area).order_by("id").values_list("id", flat=True))
    return inside, everyone.count() - len(inside)


@transaction.atomic
def _order(
    kind: str,
    wanted: Sequence[UUID],
    *,
    to: UUID,
    from_person: UUID | None,
    actor: UUID,
    now: datetime,
) -> AssignmentOrder:
    order = AssignmentOrder.objects.create(
        id=ids.uuid7(now), kind=kind, actor=actor, to=to, from_person=from_person, made_at=now
    )
    OrderLine.objects.bulk_create(OrderLine(order=order, child=child) for child in wanted)
    detail = {
        "to": str(to),
        "from": str(from_person) if from_person else None,
        "children": len(wanted),
    }
    audit.record(
        actor=actor, action=f"caseload.{kind}", subject=order.id, subject_type="order",
        detail=detail, now=now,
    )  # fmt: skip
    return order


def order_run(*, order: UUID, now: datetime, chunks: int) -> Progress:
    """Carries out at most so many chunks of an order. Must not run in a transaction.

    An order that somebody else is working on is left alone (`busy`).
    """
    free = clock.is_over("touched_at", after=ABANDONED, now=now)
    claimed = AssignmentOrder.objects.filter(free, id=order, finished_at=None)
    if claimed.update(touched_at=now) != 1:
        return "busy"
    row = AssignmentOrder.objects.get(id=order)
    for _ in range(chunks):
        waiting = list(_waiting(row)[:CHUNK])
        if waiting:
            _run_chunk(row, [line.child for line in waiting], now)
    finished = not _waiting(row).exists()
    AssignmentOrder.objects.filter(id=order).update(
        touched_at=None, finished_at=now if finished else None
    )
    return "finished" if finished else "more"


def unfinished(*, now: datetime) -> list[UUID]:
    """Orders that nobody is working on, the oldest first."""
    free = clock.is_over("touched_at", after=ABANDONED, now=now)
    rows = AssignmentOrder.objects.filter(free, finished_at=None).order_by("made_at")
    return list(rows.values_list("id", flat=True))


def _waiting(order: AssignmentOrder) -> QuerySet[OrderLine]:
    return OrderLine.objects.filter(order=order, outcome="waiting").order_by("id")


def _run_chunk(order: AssignmentOrder, wanted: Collection[UUID], now: datetime) -> None:
    verdicts = judge(wanted, to=order.to, actor=order.actor, now=now)
    doing = [verdict for verdict in verdicts if verdict.outcome in ("assigned", "moved")]
    receipts = push.submit([draft for v in doing for draft in _drafts(order, v, now)], now=now)
    told = {receipt.op: receipt for receipt in receipts}
    outcomes = {verdict.child: verdict.outcome for verdict in verdicts}
    for verdict in doing:
        receipt = told.get(_op(order, "assign", verdict.child))
        if receipt is None or receipt.outcome == "held":
            outcomes[verdict.child] = "retrying"
        elif receipt.outcome == "quarantined":
            outcomes[verdict.child] = "changed"
    for verdict in verdicts:
        # Done by a process that died before it could say so.
        if verdict.current and verdict.current.id == _op(order, "assignment", verdict.child):
            outcomes[verdict.child] = "assigned"
    _write_down(order, outcomes)


def _write_down(order: AssignmentOrder, outcomes: dict[UUID, str]) -> None:
    lines = list(OrderLine.objects.filter(order=order, child__in=outcomes))
    for line in lines:
        line.outcome = outcomes[line.child]
    OrderLine.objects.bulk_update(lines, ["outcome"])


def _op(order: AssignmentOrder, what: str, child: UUID) -> UUID:
    return ids.derived(order.id, what, str(child))


def _drafts(order: AssignmentOrder, verdict: Verdict, now: datetime) -> list[Draft]:
    """The end of what is open, then the new assignment: refused together if somebody was quicker."""
    child, current = verdict.child, verdict.current
    opening = Draft(
        op=_op(order, "assign", child), person=order.actor, kind="caseload.assign",
        target=_op(order, "assignment", child), file=child,
        data={"person": str(order.to), "order": str(order.id)}, at=now,
    )  # fmt: skip
    if current is None:
        return [opening]
    closing = Draft(
        op=_op(order, "end", child), person=order.actor, kind="caseload.end",
        target=current.id, file=child,
        data={"revision": current.revision, "order": str(order.id)}, at=now,
    )  # fmt: skip
    return [closing, opening]
