"""Who sees a referral: whoever works on escalations there; sealed ones a lead; an organisation its own."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils import timezone

from backend.accounts import queries as accounts
from backend.caseload import queries as caseload
from backend.common.errors import NotFound
from backend.concerns import queries as concerns
from backend.regions import queries as regions

from .models import Membership, Missing, Referral

COUNTY = ("county_officer", "county_lead")
LEAD, PARTNER = "county_lead", "partner_worker"
WORKERS = concerns.WORKERS


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """The division prefixes in which a person refers, works for the county, and leads."""

    person: UUID
    works: tuple[str, ...]
    county: tuple[str, ...]
    leads: tuple[str, ...]


def reach(person: UUID, *, on: date) -> Reach:
    """One statement."""
    grants = accounts.grants([person], on=on)[person]

    def of(roles: Iterable[str]) -> tuple[str, ...]:
        return tuple(sorted({prefix for role, own in grants if role in roles for prefix in own}))

    return Reach(person=person, works=of(WORKERS), county=of(COUNTY), leads=of((LEAD,)))


def visible(viewer: UUID, *, now: datetime) -> QuerySet[Referral]:
    """One that came from an escalation is seen by whoever sees that escalation, and by nobody else."""
    found = reach(viewer, on=timezone.localdate(now))
    plain = Q(sealed=False) & regions.inside("division", found.works)
    sealed = Q(sealed=True) & regions.inside("division", found.leads)
    source = Q(escalation=None) | Q(escalation__in=concerns.seen(viewer=viewer, now=now))
    return Referral.objects.filter((plain | sealed) & source)


def readable(viewer: UUID, *, now: datetime) -> tuple[QuerySet[Referral], dict[UUID, UUID]]:
    """What she may read: of the children opened to her, what is sealed counts as not sealed; and those
    children, with the confirmation that opened each. She takes no step on it: see `visible`."""
    rows, opened = visible(viewer, now=now), caseload.opened_to(viewer, now=now)
    if not opened:
        return rows, opened
    found = reach(viewer, on=timezone.localdate(now))
    whole = concerns.opened_whole(viewer=viewer, now=now)
    source = Q(escalation=None, file__in=list(whole)) | Q(
        escalation__in=concerns.read(viewer=viewer, now=now)
    )
    as_if_open = Referral.objects.filter(
        source, regions.inside("division", found.works), sealed=True, file__in=list(opened)
    )
    return rows | as_if_open, opened


def seen(referral: UUID, viewer: UUID, *, now: datetime) -> Referral:
    """One that she may take a step on. Raises `NotFound`."""
    row = visible(viewer, now=now).filter(id=referral).first()
    if row is None:
        raise NotFound(fields=("referral",))
    return row


def organisation_of(person: UUID, *, on: date) -> UUID | None:
    """The organisation a partner account works for, while she has the role."""
    if PARTNER not in accounts.roles_of(person, on=on):
        return None
    return (
        Membership.objects.filter(person=person, organisation__active=True)
        .values_list("organisation", flat=True)
        .first()
    )


def referred_to(viewer: UUID, *, now: datetime) -> QuerySet[Referral]:
    """What was sent to the viewer's organisation; withdrawn ones are gone from her view."""
    organisation = organisation_of(viewer, on=timezone.localdate(now))
    if organisation is None:
        return Referral.objects.none()
    return Referral.objects.filter(organisation=organisation).exclude(
        status__in=("draft", "withdrawn")
    )


def referred(referral: UUID, viewer: UUID, *, now: datetime) -> Referral:
    """Raises `NotFound`."""
    row = referred_to(viewer, now=now).filter(id=referral).first()
    if row is None:
        raise NotFound(fields=("referral",))
    return row


def partners_of(organisations: Collection[UUID], *, on: date) -> dict[UUID, list[UUID]]:
    """Who hears that a referral waits, sorted; three statements."""
    rows = Membership.objects.filter(organisation__in=organisations, organisation__active=True)
    members = list(rows.values_list("organisation", "person"))
    people = {person for _, person in members}
    areas = accounts.areas(people, on=on, roles=(PARTNER,))
    here = {person for person in accounts.at_work(people, on=on) if areas[person]}
    return {
        organisation: sorted(p for own, p in members if own == organisation and p in here)
        for organisation in organisations
    }


def missing(viewer: UUID, *, now: datetime) -> QuerySet[Missing]:
    """Missing children are the county's."""
    county = reach(viewer, on=timezone.localdate(now)).county
    return Missing.objects.filter(regions.inside("division", county))


def missing_seen(record: UUID, viewer: UUID, *, now: datetime) -> Missing:
    """Raises `NotFound`."""
    row = missing(viewer, now=now).filter(id=record).first()
    if row is None:
        raise NotFound(fields=("missing",))
    return row
