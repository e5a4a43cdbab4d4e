"""Which dangers are open. "At risk" is derived from this and cannot be written."""

from collections.abc import Collection
from uuid import UUID

from django.db.models import Q

from .models import Concern, Escalation, Finding, Resolution


def open_concerns(files: Collection[UUID]) -> dict[UUID, list[UUID]]:
    """The concerns of each child that no resolution names, in the order they were observed."""
    rows = Resolution.objects.filter(file__in=files).values_list("file", "concerns")
    # A resolution ends concerns of its own file only, whatever ids it names.
    closed = {(file, concern) for file, named in rows for concern in named}
    found: dict[UUID, list[UUID]] = {}
    raised = Concern.objects.filter(file__in=files).order_by("observed", "id")
    for concern, file in raised.values_list("id", "file"):
        if (file, concern) not in closed:
            found.setdefault(file, []).append(concern)
    return found


def endable(row: Escalation) -> list[Concern]:
    """The open concerns of the child that whoever sees this escalation may know of, in the order they
    were observed: those that led to it, and those that led to none with fewer readers."""
    still = open_concerns([row.file]).get(row.file, [])
    if not still:
        return []
    concerns = {one.id: one for one in Concern.objects.filter(id__in=still)}
    restricted = ~Q(skips="") | ~Q(kept_out=[]) | Q(sealed=True)
    others = Escalation.objects.filter(restricted, file=row.file).exclude(id=row.id)
    theirs = {finding for own in others.values_list("findings", flat=True) for finding in own}
    hidden = _causes(theirs) - _causes(row.findings) if theirs else set()
    return [concerns[id_] for id_ in still if concerns[id_].op not in hidden]


def _causes(findings: Collection[UUID]) -> set[UUID]:
    return set(Finding.objects.filter(id__in=findings).values_list("cause", flat=True))
