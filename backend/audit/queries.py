"""Reads of the log, always within somebody's area."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, Func, IntegerField, Max, Min, Q, QuerySet, Sum

from .models import AuditEntry, AuditSeal
from .seals import Head, head
from .verification import chain_misfits

__all__ = [
    "Head", "Sealed", "acted_on_each_other", "chain_misfits", "entries", "happened_to", "head", "sealed_until", "told_of",
]  # fmt: skip


def entries(
    *, areas: Collection[str], where: Mapping[str, Any], before: int | None = None
) -> QuerySet[AuditEntry]:
    """What happened in the areas, newest first. "" is the whole country, and what has no county.

    `where` holds exact values of `actor`, `subject`, `subject_type`, `device` and `action`, a prefix
    as `county`, and the times `since` (included) and `until` (not included). `before` is the id a
    page goes on from: a growing log has no stable page numbers.
    """
    found = AuditEntry.objects.order_by("-id")
    if "" not in areas:
        inside = Q(pk__in=[])
        for area in areas:
            inside |= Q(county__startswith=area)
        found = found.filter(inside)
    if before is not None:
        found = found.filter(id__lt=before)
    conditions = {_LOOKUPS.get(name, name): value for name, value in where.items()}
    return found.filter(**conditions)


_LOOKUPS = {"county": "county__startswith", "since": "at__gte", "until": "at__lt"}


def happened_to(action: str, *, device: UUID) -> dict[UUID, tuple[datetime, datetime]]:
    """The subjects of an action on a device, with the first and the last time; one statement."""
    rows = AuditEntry.objects.filter(device=device, action=action).values_list("subject")
    return {s: (first, last) for s, first, last in rows.annotate(Min("at"), Max("at"))}


def acted_on_each_other(
    one: UUID, others: Collection[UUID], *, actions: Collection[str], since: datetime
) -> set[UUID]:
    """Those of the others who took one of the actions on somebody since then, or she on them."""
    between = Q(actor=one, subject__in=others) | Q(actor__in=others, subject=one)
    rows = AuditEntry.objects.filter(between, action__in=actions, at__gte=since)
    pairs = rows.values_list("actor", "subject")
    return {who for pair in pairs for who in pair if who is not None and who != one}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealed:
    """How far a log is sealed: by how many seals, over how many rows, and how many rows wait."""

    seals: int
    rows: int
    waiting: int


def sealed_until(county: str | None = None) -> Sealed:
    """Of the whole log, or of one county's."""
    seals, rows = AuditSeal.objects.all(), AuditEntry.objects.all()
    upto = seals.aggregate(upto=Max("upto"))["upto"] or 0
    if county is not None:
        seals, rows = seals.filter(county=county), rows.filter(county=county)
    length = Func("ids", function="cardinality", output_field=IntegerField())
    told = seals.aggregate(seals=Count("id"), rows=Sum(length))
    waiting = rows.filter(id__gt=upto).count()
    return Sealed(seals=told["seals"], rows=told["rows"] or 0, waiting=waiting)


def told_of(subject: UUID, *, action: str) -> dict[str, Any]:
    """The detail of the first line of an action on a subject; empty if there is none."""
    rows = AuditEntry.objects.filter(subject=subject, action=action).order_by("id")
    return rows.values_list("detail", flat=True).first() or {}
