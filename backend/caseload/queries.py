"""Reads of who covers whom."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone

from backend.accounts import queries as accounts
from backend.children import queries as children
from backend.common.errors import NotFound

from . import by_role, scope
from .by_role import Areas, Escalated, Place
from .danger_record import SHOW as SHOW_DANGER
from .danger_record import record_of as danger_record
from .dangers import endangered, may_open, open_dangers
from .detail import File, file, may_read_visits
from .files import Item, items, listed, supervisors_by_file
from .loan_cards import borrowed
from .models import Assignment
from .serializers import FileOut

__all__ = [
    "DESKS",
    "KEEPERS",
    "SHOW_DANGER",
    "TOWNSHIP",
    "Areas",
    "Escalated",
    "File",
    "FileOut",
    "Item",
    "Place",
    "Reached",
    "assigned",
    "borrowed",
    "case_of",
    "children_of",
    "counties_of",
    "danger_record",
    "endangered",
    "file",
    "files_of_devices",
    "items",
    "listed",
    "may_open",
    "may_read_visits",
    "named_to",
    "office_of",
    "one_named",
    "open_dangers",
    "opened_to",
    "supervisors_by_file",
    "supervisors_of",
]  # fmt: skip

TOWNSHIP = scope.TOWNSHIP
# Whoever works with files of children at a desk, and in one way or another.
DESKS = (*scope.TOWNSHIP, *scope.COUNTY, *scope.OFFICE)
KEEPERS = (*scope.OWN, *DESKS)


@dataclass(frozen=True, slots=True)
class Reached:
    """Children within somebody's reach, and the areas she reaches as a whole, their new stubs too."""

    children: QuerySet[Any]
    prefixes: tuple[str, ...]


def case_of(viewer: UUID, *, now: datetime) -> Reached:
    """Whose visits she may read."""
    reach = scope.reach(viewer, on=timezone.localdate(now))
    return Reached(children.everybody().filter(scope.worked(reach)), reach.county)


def named_to(viewer: UUID, *, now: datetime) -> Reached:
    """Whom she may know."""
    reach = scope.reach(viewer, on=timezone.localdate(now))
    areas = (*reach.county, *reach.office)
    return Reached(children.everybody().filter(scope.named(reach)), areas)


def one_named(*, viewer: UUID, child: UUID, now: datetime) -> Item:
    """A child whom she may know, audited. Raises `NotFound`."""
    rows = named_to(viewer, now=now).children.filter(id=child).select_related("visit_due")
    for item in items(rows, viewer=viewer, now=now):
        return item
    raise NotFound(fields=("child",))


def office_of(viewer: UUID, *, now: datetime) -> Reached:
    """Whom she works for at a desk: her own caseload is not among them."""
    reach = scope.reach(viewer, on=timezone.localdate(now))
    areas = (*reach.county, *reach.office)
    lives = children.lives_in({*reach.township, *areas})
    return Reached(children.everybody().filter(lives), areas)


def counties_of(viewer: UUID, *, now: datetime) -> tuple[str, ...]:
    """Where she works for the county."""
    return scope.reach(viewer, on=timezone.localdate(now)).county


def opened_to(viewer: UUID, *, now: datetime) -> dict[UUID, UUID]:
    """The children whose sealed matters two people have opened to her now: by whose confirmation each."""
    return accounts.given("file.open", person=viewer, at=now)


def children_of(people: Collection[UUID]) -> dict[UUID, dict[UUID, str]]:
    """The children each person covers now, with the county of each file."""
    covered: dict[UUID, dict[UUID, str]] = {person: {} for person in people}
    rows = Assignment.objects.filter(person__in=people, ends_on__isnull=True)
    for person, child, county in rows.values_list("person", "file", "shard"):
        covered[person][child] = county
    return covered


def assigned(files: Collection[UUID]) -> set[UUID]:
    """Those of the children whom somebody covers now."""
    rows = Assignment.objects.filter(file__in=files, ends_on__isnull=True)
    return set(rows.values_list("file", flat=True))


def supervisors_of(files: Collection[UUID]) -> set[UUID]:
    """Everybody who covers any of the children now."""
    rows = Assignment.objects.filter(file__in=files, ends_on__isnull=True)
    return set(rows.values_list("person", flat=True))


def files_of_devices(
    devices: Sequence[UUID], *, escalated: by_role.EscalatedIn, now: datetime
) -> Mapping[UUID, Mapping[UUID, str]]:
    """What each device may hold: the children its people cover, those of a township supervisor's role
    (see `by_role`), and their households."""
    groups = {device: accounts.people_of(device) for device in devices}
    covered = children_of({person for group in groups.values() for person in group})
    of_roles = by_role.files(groups, escalated=escalated, now=now)
    files = {
        device: {child: county for person in group for child, county in covered[person].items()}
        | of_roles.get(device, {})
        for device, group in groups.items()
    }
    homes = children.households_of({child for own in files.values() for child in own})
    return {
        device: own | {homes[child]: county for child, county in own.items() if child in homes}
        for device, own in files.items()
    }
