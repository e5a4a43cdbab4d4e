"""What would become of each child of an order: the one judgement behind preview and execution."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils import timezone

from backend.accounts import queries as accounts
from backend.children import queries as children
from backend.regions import codes

from . import scope
from .models import Assignment


@dataclass(frozen=True, slots=True)
class Verdict:
    """`outcome` is a code of `assignment_outcome`; `row` is absent for a child she may not assign."""

    child: UUID
    outcome: str
    row: Any = None
    current: Assignment | None = None


def judge(wanted: Collection[UUID], *, to: UUID, actor: UUID, now: datetime) -> list[Verdict]:
    """One verdict a child, in the order given; four statements.

    Whom the actor may not assign looks like one that is not there. A child that left is not given
    to anybody anew, but moves with the rest of a caseload: its file must leave the old phone.
    """
    today = timezone.localdate(now)
    area = scope.assigns(scope.reach(actor, on=today))
    rows = {row.id: row for row in children.everybody().filter(area, id__in=wanted)}
    villages = accounts.areas([to], on=today, roles=scope.OWN)[to]
    current = {row.file: row for row in Assignment.objects.filter(file__in=rows, ends_on=None)}
    return [
        Verdict(child, _outcome(rows.get(child), current.get(child), to, villages),
                rows.get(child), current.get(child))
        for child in wanted
    ]  # fmt: skip


def _outcome(row: Any, current: Assignment | None, to: UUID, villages: list[str]) -> str:
    if row is None:
        return "not_found"
    if current and current.person == to:
        return "already"
    if not codes.covers(villages, row.division):
        return "village"
    if current:
        return "moved"
    return "left" if row.status in children.LEFT else "assigned"
