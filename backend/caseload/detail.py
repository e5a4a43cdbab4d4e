"""One child's file as the office reads it; the visits stand one layer up."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.utils import timezone

from backend.accounts import queries as accounts
from backend.children import queries as children
from backend.common.errors import NotFound
from sync import oplog

from . import files, scope
from .models import Assignment

# What an administrator needs to assign, import and tell children apart; the rest is case content.
IDENTIFYING = frozenset({"identity", "residence", "household", "categories", "life_cycle", "hukou"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Cover:
    """One supervisor's time with the child."""

    id: UUID
    person: UUID
    name: str
    starts_on: date
    ends_on: date | None
    revision: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Sibling:
    id: UUID
    name: str
    birth_date: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LateEdit:
    """Somebody wrote to the file after the child had left, not knowing of it."""

    op: UUID
    person: UUID
    name: str
    received: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """As whom somebody reads a child's visits. `oversees`: as its township or its county."""

    division: str
    oversees: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """`registers`, `household` and `guardians` are the shown values; `conflicts` names registers.

    `delegations`, `late_edits` and `ratings` are case content, empty for those who may not read it.
    """

    item: files.Item
    registers: dict[str, Any]
    conflicts: list[str]
    household: dict[str, Any]
    guardians: list[dict[str, Any]]
    siblings: list[Sibling]
    assignments: list[Cover]
    delegations: list[children.DelegationCard]
    late_edits: list[LateEdit]
    # What people set as the risk level; whoever sets another names them all.
    ratings: list[children.Rating]
    # Whether she may read the case itself, the visits too.
    case: bool


def file(*, viewer: UUID, child: UUID, now: datetime) -> File:
    """One file, opened and put on the audit log. Raises `NotFound`, also for what she may not know."""
    reach = scope.reach(viewer, on=timezone.localdate(now))
    row = _row(child, reach)
    (item,) = files.items([row], viewer=viewer, now=now, action="child.read")
    registers = children.opened([row]).get(child, {})
    case = reach.works(row.division, item.supervisor)
    if not case:
        registers = {name: value for name, value in registers.items() if name in IDENTIFYING}
    home = row.household
    return File(
        item=item,
        registers=registers,
        conflicts=list(row.conflicts),
        household=children.shown_households([home]).get(home, {}) if home else {},
        guardians=children.guardians_of(home) if home else [],
        siblings=_siblings(row, reach) if home else [],
        assignments=covers(child),
        delegations=children.delegations_of(child, on=timezone.localdate(now)) if case else [],
        late_edits=_late_edits(child) if case else [],
        ratings=children.ratings(row) if case else [],
        case=case,
    )


def shown(*, viewer: UUID, child: UUID, now: datetime) -> files.Item:
    """One child as a row of the list, put on the audit log. Raises `NotFound`."""
    reach = scope.reach(viewer, on=timezone.localdate(now))
    (item,) = files.items([_row(child, reach)], viewer=viewer, now=now, action="child.read")
    return item


def _row(child: UUID, reach: scope.Reach) -> Any:
    rows = children.everybody().filter(scope.named(reach), id=child).select_related("visit_due")
    row = rows.first()
    if row is None:
        raise NotFound(fields=("child",))
    return row


def _siblings(row: Any, reach: scope.Reach) -> list[Sibling]:
    rows = children.everybody().filter(scope.named(reach), household=row.household)
    others = list(rows.exclude(id=row.id).order_by("birth_year", "id"))
    cards = children.opened(others)
    found = [
        Sibling(id=o.id, name=children.name_of(card), birth_date=children.born_of(card))
        for o in others
        for card in (cards.get(o.id, {}),)
    ]
    return sorted(found, key=lambda one: one.birth_date or date.max)


def _late_edits(child: UUID) -> list[LateEdit]:
    late = oplog.flagged(child, "ended")
    names = accounts.names({edit.person for edit in late})
    return [
        LateEdit(
            op=edit.op, person=edit.person, name=names.get(edit.person, ""), received=edit.received
        )
        for edit in late
    ]  # fmt: skip


def covers(child: UUID) -> list[Cover]:
    """Everybody who has covered the child, the latest first."""
    rows: Iterable[Assignment] = list(
        Assignment.objects.filter(file=child).order_by("-starts_on", "-feed")
    )
    names = accounts.names({row.person for row in rows})
    return [
        Cover(
            id=row.id, person=row.person, name=names.get(row.person, ""), revision=row.revision,
            starts_on=row.starts_on, ends_on=row.ends_on,
        )
        for row in rows
    ]  # fmt: skip


def may_read_visits(*, viewer: UUID, child: UUID, now: datetime) -> Reading:
    """Raises `NotFound` for whoever may not read what was seen of the child."""
    reach = scope.reach(viewer, on=timezone.localdate(now))
    row = children.everybody().filter(id=child).first()
    supervisor = files.supervisors_by_file([child]).get(child)
    if row is None or not reach.works(row.division, supervisor):
        raise NotFound(fields=("child",))
    return Reading(division=row.division, oversees=reach.oversees(row.division))
