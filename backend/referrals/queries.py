"""Reads of referrals for the office. Every one is scoped by its viewer and goes on the audit log."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, F, Q, QuerySet
from django.utils import timezone

from backend.accounts import queries as accounts
from backend.audit import services as audit
from backend.children import queries as children
from backend.common.errors import NotFound
from backend.regions import queries as regions
from fieldforms.vocabulary import codes

from . import directory, errors, history, life, minimum, missing_queries, partner, scope
from .history import Step
from .life import NEEDS, STEPS
from .missing_life import MISSING_ENDED
from .missing_life import STEPS as MISSING_STEPS
from .missing_services import NAMES
from .models import Missing, Organisation, Referral
from .scope import PARTNER, WORKERS, reach

__all__ = [
    "MISSING_STEPS", "NAMES", "NEEDS", "PARTNER", "STEPS", "WORKERS", "Filters", "Item", "Opened", "Step", "agencies", "counts", "detail", "directory", "has_open",
    "items", "listed", "minimum", "missing_queries", "of_escalation", "partner",
    "partner_accounts", "people_of", "preview", "reach",
]  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """Empty means any, except that without a status only what has not ended is shown."""

    status: tuple[str, ...] = ()
    need: str = ""
    kind: str = ""
    overdue: bool = False
    division: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One row of the list. Of a sealed one neither the child nor the need: see `detail`."""

    id: UUID
    revision: int
    status: str
    kind: str
    need: str
    agency: str
    sealed: bool
    auto: bool
    child: UUID | None
    name: str
    birth_date: date | None
    division: str
    place: str
    organisation: UUID | None
    organisation_name: str
    due_on: date | None
    overdue: bool
    drafted_at: datetime
    sent_at: datetime | None
    ended_at: datetime | None
    outcome: str
    escalation: UUID | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """`shown` is what the organisation was given, `steps` every operation with its words."""

    possible: list[str]
    purpose: str
    shown: dict[str, Any]
    contract: str
    amount: str
    steps: list[Step]


# Some whom a rule would have told are parts of an agency.
_PART_OF = {"police_registration": "police", "township_aid": "civil_affairs"}


def agencies(recipients: Iterable[str]) -> list[str]:
    """Those of a rule's recipients that something can be referred to, each once."""
    named = (_PART_OF.get(code, code) for code in recipients)
    return [code for code in dict.fromkeys(named) if code in codes("agency")]


def has_open(child: UUID) -> bool:
    """Whether anybody is waited for, or looked for, sealed or not. A draft waits for nobody."""
    waiting = Referral.objects.filter(file=child, status__in=life.WAITING)
    missing = Missing.objects.filter(file=child).exclude(status__in=MISSING_ENDED)
    return waiting.exists() or missing.exists()


def listed(*, viewer: UUID, filters: Filters, now: datetime) -> QuerySet[Referral]:
    """What the viewer sees, the next due date first, drafts before those sent without one."""
    seen, _ = scope.readable(viewer, now=now)
    rows = seen.filter(_narrowed(filters, timezone.localdate(now)))
    return rows.order_by(F("due_on").asc(nulls_first=True), "drafted_at", "id")


def _narrowed(filters: Filters, today: date) -> Q:
    wanted = Q(status__in=filters.status) if filters.status else ~Q(status__in=life.ENDED)
    if filters.need:
        # A sealed one is found by nothing that would say what it is about.
        wanted &= Q(need=filters.need, sealed=False)
    if filters.kind:
        wanted &= Q(kind=filters.kind, sealed=False)
    if filters.overdue:
        wanted &= Q(due_on__lt=today, status__in=life.WAITING)
    if filters.division:
        wanted &= Q(division__startswith=filters.division)
    return wanted


def counts(*, viewer: UUID, now: datetime) -> dict[str, int]:
    """How many have not ended: `{draft, sent, accepted, overdue}`."""
    late = Q(status__in=life.WAITING, due_on__lt=timezone.localdate(now))
    waiting = ("draft", *life.WAITING)
    seen, _ = scope.readable(viewer, now=now)
    found: dict[str, int] = seen.aggregate(
        **{status: Count("id", filter=Q(status=status)) for status in waiting},
        overdue=Count("id", filter=late),
    )
    return found


def items(rows: Iterable[Referral], *, viewer: UUID, now: datetime) -> list[Item]:
    """A page for showing, in a fixed number of statements. Each child named goes on the audit log."""
    page = list(rows)
    open_rows = [row for row in page if not row.sealed]
    cards = children.shown_children({row.file for row in open_rows})
    audit.record_each(
        [audit.Line(actor=viewer, subject=row.file, county=row.division[:6]) for row in open_rows],
        action="referral.list", now=now, subject_type="child",
    )  # fmt: skip
    places, names = regions.places({r.division for r in page}), _names(page)
    today = timezone.localdate(now)
    return [
        _item(
            row, {} if row.sealed else cards.get(row.file, {}), places.get(row.division, ""), names,
            today, named=not row.sealed,
        )
        for row in page
    ]  # fmt: skip


def detail(*, viewer: UUID, referral: UUID, now: datetime, reason: str = "") -> tuple[Item, Opened]:
    """One referral with everything on record, audited.

    Raises `NotFound`, and `ReasonRequired` for a sealed one without a reason.
    """
    seen, opened = scope.readable(viewer, now=now)
    row = seen.filter(id=referral).first()
    if row is None:
        raise NotFound(fields=("referral",))
    if row.sealed and not reason.strip():
        raise errors.ReasonRequired()
    broken = {"break_glass": str(opened[row.file])} if row.sealed and row.file in opened else {}
    # Of a sealed one the log says that it was opened and why, not whose it is.
    audit.record(
        actor=viewer, action="referral.open" if row.sealed else "referral.read", subject=row.id,
        subject_type="referral", now=now, county=row.division[:6],
        detail={"reason": reason.strip(), **broken} if row.sealed else {"child": str(row.file)},
    )  # fmt: skip
    card = children.shown_children([row.file]).get(row.file, {})
    place = regions.places([row.division]).get(row.division, "")
    item = _item(row, card, place, _names([row]), timezone.localdate(now), named=True)
    acts = not broken or scope.visible(viewer, now=now).filter(id=row.id).exists()
    return item, _opened(row, acts=acts)


def preview(
    *, viewer: UUID, referral: UUID, fields: Collection[str], now: datetime
) -> tuple[dict[str, Any], str]:
    """Exactly what the organisation would be given, and its digest, which `referral_send` asks for."""
    row = scope.seen(referral, viewer, now=now)
    audit.record(
        actor=viewer, action="referral.preview", subject=row.id, subject_type="referral", now=now,
        county=row.division[:6], detail={"fields": sorted(fields)},
    )  # fmt: skip
    shown = minimum.shown(row.file, fields, on=timezone.localdate(now))
    return shown, minimum.digest(shown)


def of_escalation(*, viewer: UUID, escalation: UUID, now: datetime) -> list[Referral]:
    """What was referred from an escalation, the latest first. Nothing is opened."""
    seen, _ = scope.readable(viewer, now=now)
    found = seen.filter(escalation=escalation)
    return list(found.order_by("-drafted_at"))


def _opened(row: Referral, *, acts: bool) -> Opened:
    """`acts`: she may take the steps that are possible, and does not only read."""
    steps = history.of(row.id, life.KINDS)
    sent = next((step.said for step in steps if step.op == row.sent_op), {})
    return Opened(
        possible=life.possible(row.status) if acts else [], purpose=str(sent.get("purpose", "")),
        shown=dict(sent.get("shown", {})), contract=str(sent.get("contract", "")),
        amount=str(sent.get("amount", "")), steps=steps,
    )  # fmt: skip


def _names(rows: Collection[Referral]) -> dict[UUID, str]:
    wanted = {row.organisation for row in rows if row.organisation}
    return dict(Organisation.objects.filter(id__in=wanted).values_list("id", "name"))


def _item(
    row: Referral, card: dict[str, Any], place: str, names: dict[UUID, str], today: date,
    *, named: bool,
) -> Item:  # fmt: skip
    late = row.status in life.WAITING and row.due_on is not None and row.due_on < today
    return Item(
        id=row.id, revision=row.revision, status=row.status, sealed=row.sealed, auto=row.auto,
        kind=row.kind if named else "", need=row.need if named else "",
        agency=row.agency if named else "", child=row.file if named else None,
        name=children.name_of(card), birth_date=children.born_of(card), division=row.division,
        place=place, organisation=row.organisation if named else None,
        organisation_name=names.get(row.organisation, "") if named and row.organisation else "",
        due_on=row.due_on, overdue=late, drafted_at=row.drafted_at, sent_at=row.sent_at,
        ended_at=row.ended_at, outcome=row.outcome if named else "",
        escalation=row.escalation,
    )  # fmt: skip


def people_of(organisations: Collection[UUID]) -> dict[UUID, list[tuple[UUID, str]]]:
    """The accounts of each organisation, with their names."""
    members = Organisation.objects.filter(id__in=organisations, members__person__isnull=False)
    pairs = list(members.values_list("id", "members__person"))
    names = accounts.names({person for _, person in pairs})
    found: dict[UUID, list[tuple[UUID, str]]] = {}
    for organisation, person in pairs:
        found.setdefault(organisation, []).append((person, names.get(person, "")))
    return found


def partner_accounts(areas: Collection[str], *, on: date) -> list[tuple[UUID, str]]:
    """Who in the areas could work for an organisation, by name."""
    people = accounts.people_in(areas, on=on, role=PARTNER, active=True)
    names = accounts.names(list(people.values_list("id", flat=True)))
    return sorted(names.items(), key=lambda pair: pair[1])
