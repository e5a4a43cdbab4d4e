"""The shown risk level: who knows of which open danger, what it makes of a list, and how it is kept.

What everybody may know (`OpenDanger`) is apart from what some may (`RestrictedDanger`), so that for all
others no level, reason, date, filter or count tells that there is more. See decisions/0005.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Case, DateField, Exists, F, OuterRef, Q, QuerySet, Value, When
from django.db.models.functions import Least

from backend.children import queries as children
from backend.children.queries import Filters
from backend.regions import codes
from backend.regions import queries as regions
from fieldforms import risk, suspects

from .models import OpenDanger, RestrictedDanger, VisitDue
from .scope import Reach


@dataclass(frozen=True, slots=True, kw_only=True)
class Restricted:
    """A row of `RestrictedDanger` before it is written; its level follows from the reasons."""

    escalation: UUID
    sealed: bool
    skips: str
    kept_out: list[UUID]
    division: str
    because: list[dict[str, Any]]
    critical_at: datetime | None


def may_open(*, person: UUID, queue: Collection[str], sealed: Collection[str]) -> Q:
    """Rows with `sealed`, `skips`, `kept_out` and `division` that a person may know of.

    `queue` are the prefixes where she works escalations, `sealed` those where she is a named person.
    """
    seen = Q(pk__in=[])
    for skips in ("", *suspects.CHAIN):
        own, named = codes.wider(queue, skips), codes.wider(sealed, skips)
        if own or named:
            seen |= Q(skips=skips) & (
                Q(sealed=False) & regions.inside("division", own)
                | Q(sealed=True) & regions.inside("division", named)
            )
    return seen & ~Q(kept_out__contains=[person])


def restricted_for(reach: Reach) -> QuerySet[RestrictedDanger]:
    """What she may know of beside what everybody may."""
    queue = (*reach.township, *reach.county)
    if not queue:
        return RestrictedDanger.objects.none()
    return RestrictedDanger.objects.filter(
        may_open(person=reach.person, queue=queue, sealed=reach.sealed)
    )


def matching(filters: Filters, reach: Reach) -> QuerySet[Any]:
    """`children.matching`, by the level that she is shown too."""
    rows = children.matching(filters)
    return rows.filter(_at(filters.risk_level, reach)) if filters.risk_level else rows


def _at(level: str, reach: Reach) -> Q:
    """Something makes the child stand at the level, and nothing at a more protective one."""
    return _any([level], reach) & ~_any(risk.up_to(level), reach)


def _any(levels: Collection[str], reach: Reach) -> Q:
    known = OpenDanger.objects.filter(file=OuterRef("pk"), level__in=levels)
    more = restricted_for(reach).filter(level__in=levels)
    return Q(risk_level__in=levels) | Q(Exists(known)) | Q(pk__in=_children(more))


def _children(rows: QuerySet[RestrictedDanger]) -> list[UUID]:
    """Whom they are about. Their ids are keyed, so that nothing in the database joins them to a child;
    of what only some may know there is little.
    """
    return sorted(set(rows.values_list("child", flat=True)))


def due_by(column: str, day: Any, reach: Reach) -> Q:
    """The children whose next visit has come as far as `column` of the visit plan by a day."""
    more = restricted_for(reach).filter(**{f"{column}__lte": day})
    return Q(**{f"visit_due__{column}__lte": day}) | Q(pk__in=_children(more))


def in_order(rows: QuerySet[Any], reach: Reach) -> QuerySet[Any]:
    """The next visit first."""
    own = restricted_for(reach).exclude(due_on=None).order_by("-due_on")
    # Of several the earliest, which comes last, stands.
    earliest = dict(own.values_list("child", "due_on"))
    more = Case(
        *(When(pk=child, then=Value(day)) for child, day in earliest.items()),
        default=None, output_field=DateField(),
    )  # fmt: skip
    return (
        rows.select_related("visit_due")
        # PostgreSQL's LEAST leaves out what is empty.
        .annotate(next_visit=Least(F("visit_due__due_on"), more))
        .order_by(F("next_visit").asc(nulls_last=True), "id")
    )


@dataclass(frozen=True, slots=True)
class Known:
    """What one reader may know of one child: what is open, and the next visit because of it."""

    because: list[dict[str, Any]]
    due: VisitDue


def known(rows: Collection[Any], reach: Reach) -> dict[UUID, Known]:
    """By child, for rows that have their `visit_due` at hand; two statements."""
    wanted = [row.id for row in rows]
    reasons = {child: list(because) for child, _, because in open_dangers(wanted)}
    more: dict[UUID, list[RestrictedDanger]] = {}
    for danger in restricted_for(reach).filter(child__in=wanted).order_by("escalation"):
        reasons.setdefault(danger.child, []).extend(danger.because)
        more.setdefault(danger.child, []).append(danger)
    return {
        row.id: Known(
            reasons.get(row.id, []),
            _earliest(getattr(row, "visit_due", None) or VisitDue(), more.get(row.id, ())),
        )
        for row in rows
    }


def open_dangers(files: Collection[UUID]) -> list[tuple[UUID, str, list[dict[str, Any]]]]:
    """The part that everybody may know: child, level, reasons; one statement."""
    rows = OpenDanger.objects.filter(file__in=files)
    return list(rows.values_list("file", "level", "because"))


def endangered() -> set[UUID]:
    """The children of whom something is said to be open, to everybody or to some; two statements."""
    known = OpenDanger.objects.exclude(level="").values_list("file", flat=True)
    return {*known, *RestrictedDanger.objects.values_list("child", flat=True)}


_DAYS = ("supervisor_on", "township_on", "county_on")


def _earliest(due: VisitDue, more: Iterable[RestrictedDanger]) -> VisitDue:
    """The plan with the earliest of all days; a row of its own, so that nobody saves it."""
    found = VisitDue(
        last_visit=due.last_visit, due_on=due.due_on, basis=due.basis,
        **{name: getattr(due, name) for name in _DAYS},
    )  # fmt: skip
    for danger in more:
        if danger.due_on and (found.due_on is None or danger.due_on < found.due_on):
            found.due_on, found.basis = danger.due_on, danger.basis
        for name in _DAYS:
            days = [day for day in (getattr(found, name), getattr(danger, name)) if day]
            setattr(found, name, min(days, default=None))
    return found


def restrict(found: Mapping[UUID, Collection[Restricted]]) -> None:
    """Writes anew what only some may know of, by child; at most two statements.

    The days of the next visit are `due.replan`'s, which has to follow.
    """
    rows = [
        RestrictedDanger(
            escalation=one.escalation, child=child, sealed=one.sealed, skips=one.skips,
            kept_out=one.kept_out, division=one.division, because=one.because,
            critical_at=one.critical_at, level=risk.shown("", one.because).level,
        )
        for child, own in found.items()
        for one in own
    ]  # fmt: skip
    keep = [row.escalation for row in rows]
    RestrictedDanger.objects.filter(child__in=found).exclude(escalation__in=keep).delete()
    if rows:
        RestrictedDanger.objects.bulk_create(
            rows, update_conflicts=True, unique_fields=["escalation"], update_fields=_WRITTEN
        )


_WRITTEN = [
    "child", "sealed", "skips", "kept_out", "division", "because", "critical_at", "level",
]  # fmt: skip


def forget(files: Collection[UUID]) -> None:
    """Of files that are erased."""
    RestrictedDanger.objects.filter(child__in=files).delete()
