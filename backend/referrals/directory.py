"""The service directory: whom to call and whom to refer to, by division. Kept by administrators."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID

import yaml
from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from backend.accounts import queries as accounts
from backend.audit import services as audit
from backend.common.errors import NotFound
from backend.concerns import judge
from backend.concerns.editions import numbers
from backend.regions import codes
from backend.regions import queries as regions
from sync.protocol import ids

from . import errors
from .models import Membership, Organisation
from .scope import PARTNER

ADMINISTRATOR = "administrator"
CHANGEABLE = ("name", "kind", "phone", "offers", "hours", "as_of", "active")


@cache
def hotlines() -> tuple[dict[str, Any], ...]:
    """The national numbers, which ship: `{phone, kind, name, offers, hours}` with both languages."""
    source = Path(__file__).with_name("hotlines.yaml")
    return tuple(yaml.safe_load(source.read_text(encoding="utf-8")))


def around(prefixes: Collection[str]) -> QuerySet[Organisation]:
    """What serves any place within the prefixes, or an area that such a place lies in."""
    wider = {step for p in prefixes if codes.is_well_formed(p) for step in codes.ancestors(p)}
    return Organisation.objects.filter(
        regions.inside("division", prefixes) | Q(division__in=[codes.COUNTRY, *wider])
    ).order_by("kind", "name", "id")


def serving(division: str) -> dict[UUID, Organisation]:
    """What a child who lives there can be referred to."""
    steps = [codes.COUNTRY, *codes.ancestors(division)]
    # A county's whole directory: that a hospital lies in another township does not matter.
    here = Q(division__in=steps) | Q(division__startswith=division[:6])
    rows = Organisation.objects.filter(here, active=True).order_by("kind", "name", "id")
    return {row.id: row for row in rows}


def callable_in(counties: Collection[str]) -> list[Organisation]:
    """What has a number and serves a place there, for those without a signal; one statement."""
    return list(around(counties).filter(active=True).exclude(phone=""))


def lacking(keeper: UUID, *, now: datetime) -> list[numbers.Lack]:
    """Whom the rules in force name without a number, where the keeper is administrator."""
    own = accounts.administered(keeper, on=timezone.localdate(now))
    return numbers.lacking(judge.in_force(), areas=own, now=now) if own else []


def line_of(row: Organisation) -> dict[str, Any]:
    """What a phone has of it: numbers, not ids."""
    dated = {"as_of": row.as_of.isoformat()} if row.as_of else {}
    return {
        "name": {"zh": row.name}, "kind": row.kind, "phone": row.phone, "hours": row.hours,
        "offers": {"zh": row.offers}, **dated,
    }  # fmt: skip


@transaction.atomic
def organisation_create(*, division: str, actor: UUID, now: datetime, **given: Any) -> Organisation:
    """Stood for as of today, or of the day given. Raises `NotFound` for a division that is not the
    actor's, `AsOfAhead` and `OrganisationKnown`.
    """
    _check_area(division, actor, now)
    dated = {**given, "as_of": _as_of(given, now)}
    row = Organisation(id=ids.uuid7(now), division=division, **dated)
    _save(row)
    _record(row, actor, now, "organisation.change", {"new": True})
    return row


@transaction.atomic
def organisation_change(
    *, organisation: UUID, actor: UUID, now: datetime, **given: Any
) -> Organisation:
    """Changes what is given; whoever does stands for the entry as of today, or of the day given.

    Raises `NotFound`, `AsOfAhead` and `OrganisationKnown`.
    """
    row = kept(organisation, actor, now=now)
    dated = {**given, "as_of": _as_of(given, now)}
    for name in CHANGEABLE:
        setattr(row, name, dated.get(name, getattr(row, name)))
    _save(row)
    _record(row, actor, now, "organisation.change", {"fields": sorted(given)})
    return row


@transaction.atomic
def organisation_people(
    *, organisation: UUID, people: Sequence[UUID], actor: UUID, now: datetime
) -> list[UUID]:
    """Exactly these accounts work for it from now on. Raises `NotFound` and `NotAPartner`."""
    row = kept(organisation, actor, now=now)
    today = timezone.localdate(now)
    own = accounts.administered(actor, on=today)
    wanted = set(people)
    areas = accounts.areas(wanted, on=today, roles=[PARTNER])
    inside = wanted and accounts.wholly_inside(wanted, areas=own, on=today)
    if wanted and not (inside and all(areas.values())):
        raise errors.NotAPartner()
    Membership.objects.filter(organisation=row).exclude(person__in=wanted).delete()
    for person in sorted(wanted):
        Membership.objects.update_or_create(person=person, defaults={"organisation": row})
    detail = {"people": sorted(str(person) for person in wanted)}
    _record(row, actor, now, "organisation.people", detail)
    return sorted(wanted)


def kept(organisation: UUID, actor: UUID, *, now: datetime) -> Organisation:
    """An entry that the actor keeps. Raises `NotFound`."""
    own = accounts.administered(actor, on=timezone.localdate(now))
    row = Organisation.objects.filter(regions.inside("division", own), id=organisation).first()
    if row is None:
        raise NotFound(fields=("organisation",))
    return row


def _as_of(given: Mapping[str, Any], now: datetime) -> date:
    today = timezone.localdate(now)
    day: date = given.get("as_of") or today
    if day > today:
        raise errors.AsOfAhead()
    return day


def _check_area(division: str, actor: UUID, now: datetime) -> None:
    own = accounts.administered(actor, on=timezone.localdate(now))
    known = division == codes.COUNTRY or codes.is_well_formed(division)
    if not known or not codes.covers(own, division):
        raise NotFound(fields=("division",))


def _save(row: Organisation) -> None:
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError as error:
        raise errors.OrganisationKnown() from error


def _record(
    row: Organisation, actor: UUID, now: datetime, action: str, detail: dict[str, Any]
) -> None:
    audit.record(
        actor=actor, action=action, subject=row.id, subject_type="organisation", now=now,
        county=row.division[:6], detail=detail,
    )  # fmt: skip
