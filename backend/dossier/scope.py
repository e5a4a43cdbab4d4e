"""Who makes and opens dossiers: the county's officers and leads; those with sealed matters, leads alone."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils import timezone

from backend.children import queries as children
from backend.common.errors import NotFound
from backend.concerns import queries as concerns
from backend.guardianship import queries as cases
from backend.regions import codes

from . import lines
from .models import Dossier


def child_of(child: UUID, *, actor: UUID, now: datetime) -> Any:
    """The child's row. Raises `NotFound`."""
    reach = cases.reach(actor, on=timezone.localdate(now))
    row = children.everybody().filter(id=child).first()
    if row is None or not codes.covers(reach.works, row.division):
        raise NotFound(fields=("child",))
    return row


def case_of(case: UUID, *, child: UUID, actor: UUID, now: datetime) -> Any:
    """One of the child's cases that she sees. Raises `NotFound`."""
    for row in cases.of_child(viewer=actor, child=child, now=now):
        if row.id == case:
            return row
    raise NotFound(fields=("case",))


def hidden(child: UUID, actor: UUID, *, now: datetime, sealed: bool = True) -> set[UUID]:
    """Escalations, findings and cases of the child that she does not see."""
    asked: Any = {"child": child, "viewer": actor, "now": now, "sealed": sealed}
    return concerns.hidden(**asked) | cases.hidden(**asked)


def apart(child: UUID) -> set[UUID]:
    """Those that not everybody sees who works there."""
    return concerns.apart(child) | cases.apart(child)


def open_to(rows: Iterable[Dossier], *, child: UUID, actor: UUID, now: datetime) -> list[Dossier]:
    """Without what somebody else made who sees more of the child than she does.

    Of what is only opened to her, without one that may accuse anybody at her level: what she could not
    have put into it herself.
    """
    asked: Any = {"child": child, "viewer": actor, "now": now, "reading": True}
    kept = {
        sealed: concerns.hidden(**asked, sealed=sealed) | cases.hidden(**asked, sealed=sealed)
        for sealed in (False, True)
    }
    found = [row for row in rows if row.person == actor or not kept[row.sealed]]
    own = set(visible(actor, now=now).filter(file=child).values_list("id", flat=True))
    if all(row.id in own for row in found) or not _accuses(child, actor, now):
        return found
    return [row for row in found if row.id in own]


def _accuses(child: UUID, actor: UUID, now: datetime) -> bool:
    home = children.households_of([child]).get(child)
    entries = lines.opened(lines.of_files([child, *([home] if home else [])]))
    return bool(lines.accusing(entries, cases.reach(actor, on=timezone.localdate(now)).works))


def readable(actor: UUID, *, now: datetime) -> tuple[QuerySet[Dossier], dict[UUID, UUID]]:
    """What she may open: of the children opened to her, what is sealed counts as not sealed; and those
    children, with the confirmation that opened each. See also `open_to`."""
    rows, opened = visible(actor, now=now), cases.opened_whole(viewer=actor, now=now)
    if not opened:
        return rows, opened
    works = cases.reach(actor, on=timezone.localdate(now)).works
    lives = children.everybody().filter(children.lives_in(works), id__in=list(opened))
    return rows | Dossier.objects.filter(sealed=True, file__in=lives.values("id")), opened


def visible(actor: UUID, *, now: datetime) -> QuerySet[Dossier]:
    """By where the child lives now; see also `open_to`."""
    reach = cases.reach(actor, on=timezone.localdate(now))
    everybody = children.everybody()
    works = everybody.filter(children.lives_in(reach.works)).values("id")
    leads = everybody.filter(children.lives_in(reach.leads)).values("id")
    return Dossier.objects.filter(
        Q(sealed=False, file__in=works) | Q(sealed=True, file__in=leads)
    ).order_by("-made_at", "id")
