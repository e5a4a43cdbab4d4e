"""Who files a guardian's request and who decides it."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils import timezone

from backend.accounts import queries as accounts
from backend.children import queries as children
from backend.common.errors import NotFound
from backend.regions import codes

from .models import CopyRequest, Correction

LEADS = ("county_lead",)
# They meet guardians and have a desk; a village's supervisor takes the guardian to one of them.
FILERS = ("township_supervisor", "county_officer", *LEADS)
# What is named where either is not found: a child elsewhere, none at all and an adult of another household look alike.
NOBODY = ("child", "guardian")


def child_of(child: UUID, *, actor: UUID, now: datetime) -> Any:
    """The row of a child for whom the actor may file something. Raises `NotFound`."""
    own = accounts.prefixes(actor, on=timezone.localdate(now), roles=FILERS)
    row = children.everybody().filter(id=child).first()
    if row is None or not codes.covers(own, row.division):
        raise NotFound(fields=NOBODY)
    return row


def leads(actor: UUID, row: Any, *, now: datetime) -> bool:
    """Whether the actor leads where the child lives now."""
    own = accounts.prefixes(actor, on=timezone.localdate(now), roles=LEADS)
    return codes.covers(own, row.division)


def visible(viewer: UUID, *, now: datetime) -> QuerySet[CopyRequest]:
    """What she filed herself and may still file, and everything where she leads; the last filed first."""
    on, everybody = timezone.localdate(now), children.everybody()
    files = accounts.prefixes(viewer, on=on, roles=FILERS)
    led = accounts.prefixes(viewer, on=on, roles=LEADS)
    found = Q(child__in=everybody.filter(children.lives_in(led)).values("id"))
    found |= Q(filed_by=viewer, child__in=everybody.filter(children.lives_in(files)).values("id"))
    return CopyRequest.objects.filter(found).order_by("-filed_at", "-id")


def corrections(viewer: UUID, *, now: datetime) -> QuerySet[Correction]:
    """Where she may file or decide what a guardian wants corrected; the next to be answered first."""
    own = accounts.prefixes(viewer, on=timezone.localdate(now), roles=FILERS)
    inside = children.everybody().filter(children.lives_in(own)).values("id")
    return Correction.objects.filter(child__in=inside).order_by("due_at", "id")
