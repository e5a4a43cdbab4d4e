"""Reads of cases. Every one is scoped by its viewer and goes on the audit log."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.utils import timezone

from backend.accounts import queries as accounts
from backend.audit import services as audit
from backend.children import queries as children
from backend.common.errors import NotFound
from backend.concerns import queries as concerns
from backend.regions import queries as regions

from . import answers, conditions, errors, history, scope
from .case_flow import STEPS, Need, possible
from .evidence_services import WARNING
from .history import Detail
from .listing import Filters, Item, counts, item_of, items, listed, orders_of
from .models import CLOSED, Case
from .order_life import APPLY, ORDER_STEPS
from .scope import COUNTY, reach

__all__ = [
    "APPLY", "COUNTY", "NEEDS", "ORDER_STEPS", "STEPS", "WARNING", "Detail", "Filters", "Item", "Need",
    "apart", "child_name", "counts", "detail", "has_open", "hidden", "item", "items", "leads_of", "listed", "moment",
    "of_child", "of_escalation", "opened_whole", "parted", "possible", "reach", "sheet", "workers_of",
]  # fmt: skip

# Every need by its name: how an answer is read wherever it stands.
NEEDS = {
    need.name: need
    for needs in (*(s.needs for s in (*STEPS.values(), APPLY, *ORDER_STEPS.values())), WARNING)
    for need in needs
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """What a form is filled with: `registers` and `guardians` are the shown values of the child's file."""

    item: Item
    detail: Detail
    registers: dict[str, Any]
    guardians: list[dict[str, Any]]


def moment(text: str | None) -> datetime | None:
    """A time that was typed, China's without a zone; None for nothing. Raises `TimeWrong`."""
    if not text:
        return None
    try:
        return answers.moment(text)
    except ValueError:
        raise conditions.unreadable("observed") from None


def has_open(child: UUID) -> bool:
    """Whether the child has a case that is not closed, sealed or not."""
    return Case.objects.filter(file=child).exclude(status=CLOSED).exists()


def parted(children: Collection[UUID]) -> list[Case]:
    """Their cases, sealed or not, in which a guardian's rights are in question or were taken away:
    every open one but those that have returned the child, and those of a revocation not undone since."""
    questioned = ~Q(status__in=(CLOSED, "returned")) | Q(revoked_on__isnull=False)
    return list(Case.objects.filter(questioned, file__in=children))


def item(*, viewer: UUID, case: UUID, now: datetime, reason: str = "") -> Item:
    """One case without its history; what `detail` raises."""
    found, _ = detail(viewer=viewer, case=case, now=now, reason=reason)
    return found


def sheet(*, viewer: UUID, case: UUID, form: str, now: datetime, reason: str = "") -> Sheet:
    """What a form to print is filled with; each print is on the audit log. Raises what `detail` does."""
    shown, found = detail(viewer=viewer, case=case, now=now, reason=reason)
    audit.record(
        actor=viewer, action="case.print", subject=case, subject_type="case", now=now,
        county=shown.division[:6], detail={"form": form},
    )  # fmt: skip
    assert shown.child
    home = children.households_of([shown.child]).get(shown.child)
    return Sheet(
        item=shown,
        detail=found,
        registers=children.shown_children([shown.child]).get(shown.child, {}),
        guardians=[adult["registers"] for adult in children.guardians_of(home)] if home else [],
    )


def detail(*, viewer: UUID, case: UUID, now: datetime, reason: str = "") -> tuple[Item, Detail]:
    """One case with everything on record, opened and put on the audit log.

    Raises `NotFound`, and `ReasonRequired` for a sealed one without a reason.
    """
    seen, opened = scope.readable(viewer, now=now)
    row = Case.objects.filter(seen, id=case).first()
    if row is None:
        raise NotFound(fields=("case",))
    if row.sealed and not reason.strip():
        raise errors.ReasonRequired()
    broken = {"break_glass": str(opened[row.file])} if row.sealed and row.file in opened else {}
    # Of a sealed one the log says that it was opened and why, not whose it is.
    audit.record(
        actor=viewer, action="case.unseal" if row.sealed else "case.read", subject=row.id,
        subject_type="case", now=now, county=row.division[:6],
        detail={"reason": reason.strip(), **broken} if row.sealed else {"child": str(row.file)},
    )  # fmt: skip
    card = children.shown_children([row.file]).get(row.file, {})
    people = accounts.names([row.worker] if row.worker else [])
    place = regions.places([row.division]).get(row.division, "")
    item = item_of(row, card, people, place, orders_of([row]).get(row.id, []), now, named=True)
    return item, history.of(row)


def of_child(*, viewer: UUID, child: UUID, now: datetime) -> list[Case]:
    """The child's cases that the viewer sees, the latest first. Nothing is opened."""
    seen = scope.visible(reach(viewer, on=timezone.localdate(now)))
    return list(Case.objects.filter(seen, file=child).order_by("-opened_at", "id"))


def opened_whole(*, viewer: UUID, now: datetime) -> dict[UUID, UUID]:
    """Of the children opened to her those of whom neither an escalation nor a case stays closed, with
    what opened each."""
    opened = concerns.opened_whole(viewer=viewer, now=now)
    if not opened:
        return {}
    out = scope.closed_in(opened, viewer, now=now)
    return {child: by for child, by in opened.items() if child not in out}


def hidden(
    *, child: UUID, viewer: UUID, now: datetime, sealed: bool = True, reading: bool = False
) -> set[UUID]:
    """The child's cases that the viewer does not see; `sealed`: those too. `reading`: but for what two
    people have opened to her."""
    seen = scope.visible(reach(viewer, on=timezone.localdate(now)))
    if reading:
        seen, _ = scope.readable(viewer, now=now)
    rows = Case.objects.filter(file=child).exclude(seen)
    return set((rows if sealed else rows.filter(sealed=False)).values_list("id", flat=True))


def apart(child: UUID) -> set[UUID]:
    """The child's cases that some of those who work there do not see."""
    rows = Case.objects.filter(~Q(skips="") | ~Q(kept_out=[]) | Q(sealed=True), file=child)
    return set(rows.values_list("id", flat=True))


def of_escalation(*, viewer: UUID, escalation: UUID, now: datetime) -> Case | None:
    """The case that an escalation led to, if the viewer sees it."""
    seen = scope.visible(reach(viewer, on=timezone.localdate(now)))
    return Case.objects.filter(seen, escalation=escalation).order_by("-opened_at").first()


def child_name(*, viewer: UUID, child: UUID, now: datetime) -> str:
    """The name of a child whose case the viewer could begin; audited. Raises `NotFound`."""
    found = reach(viewer, on=timezone.localdate(now))
    row = children.everybody().filter(children.lives_in(found.works), id=child).first()
    if row is None:
        raise NotFound(fields=("child",))
    audit.record(
        actor=viewer, action="case.list", subject=child, subject_type="child", now=now,
        county=row.division[:6],
    )  # fmt: skip
    return children.name_of(children.opened([row]).get(child, {}))


def workers_of(case: scope.Placed, *, on: date) -> dict[UUID, str]:
    """Those who may be given it, with their names, by name."""
    names = accounts.names(scope.workers(case, on=on))
    return dict(sorted(names.items(), key=lambda item: (item[1], item[0])))


def leads_of(case: scope.Placed, *, on: date) -> set[UUID]:
    return scope.leads(case, on=on)
