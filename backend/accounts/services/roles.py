"""Roles: granted for a time and an area, and ended."""

import json
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Greatest
from django.utils import timezone

from backend.audit import services as audit
from backend.common import ledger
from backend.common.errors import NotFound
from backend.regions import codes
from sync import holdings

from .. import queries
from ..errors import PersonLeft, RoleEnded, RoleExtended, RolesDatesOutOfOrder
from ..models import Confirmation, Person, RoleGrant
from . import area
from .confirmations import Wish, confirmation_ask


@transaction.atomic
def role_grant(
    *,
    person: UUID,
    role: str,
    prefixes: Sequence[str],
    starts_on: date,
    actor: UUID | None,
    now: datetime,
    ends_on: date | None = None,
    reason: str = "",
) -> RoleGrant | Confirmation:
    """Grants a role; the same grant again is the one that stands. None as `actor` is the operator.

    A guarded role is only asked for: the request that a second person has to confirm is returned. An
    actor gives only what lies in her own area, only to people who work or belong there, and nothing
    to herself. Raises `OutsideScope`, `CodeMalformed`, `NotFound`, `NobodysOwn`, `PersonLeft`,
    `RolesDatesOutOfOrder`, and what `confirmation_ask` raises.
    """
    area.check_not_own(person, actor=actor)
    area.check_prefixes(prefixes, areas=area.areas(actor, now))
    area.check_seen(person, actor=actor, now=now)
    check_dates(starts_on, ends_on)
    new = grant_row(person, role, prefixes, starts_on, ends_on)
    if actor is not None and role in queries.GUARDED:
        standing = _standing(new)
        return standing or role_ask(new, reason=reason, actor=actor, now=now)
    return role_put(
        person=person, role=role, prefixes=prefixes, starts_on=starts_on, ends_on=ends_on,
        actor=actor, now=now,
    )  # fmt: skip


def role_ask(new: RoleGrant, *, reason: str, actor: UUID, now: datetime) -> Confirmation:
    """Asks for a guarded role. Raises what `confirmation_ask` raises, and `PersonLeft`."""
    if not Person.objects.filter(id=new.person_id, is_active=True).exists():
        raise PersonLeft()
    detail = {
        "role": new.role,
        "prefixes": new.prefixes,
        "starts_on": new.starts_on.isoformat(),
        "ends_on": new.ends_on.isoformat() if new.ends_on else None,
    }
    wish = Wish(
        kind="role.grant", subject=new.person_id, subject_type="person", person=new.person_id,
        identity=json.dumps(detail), divisions=new.prefixes, detail=detail,
    )  # fmt: skip
    return confirmation_ask(wish=wish, reason=reason, actor=actor, now=now)


def role_put(
    *,
    person: UUID,
    role: str,
    prefixes: Sequence[str],
    starts_on: date,
    ends_on: date | None,
    actor: UUID | None,
    now: datetime,
    decided_by: UUID | None = None,
) -> RoleGrant:
    """Raises `PersonLeft`."""
    # The row's lock keeps two of the same grant apart, and a grant apart from a deactivation.
    card = Person.objects.select_for_update().get(id=person)
    if not card.is_active:
        raise PersonLeft()
    new = grant_row(person, role, prefixes, starts_on, ends_on)
    standing = _standing(new)
    if standing is not None:
        return standing
    new.save(force_insert=True)
    if not card.division:
        Person.objects.filter(id=person).update(division=new.prefixes[0])
    holdings.reconcile(queries.devices_of([person]))
    record_granted([new], actor=actor, now=now, decided_by=decided_by)
    return new


def _standing(new: RoleGrant) -> RoleGrant | None:
    return RoleGrant.objects.filter(
        person=new.person_id, role=new.role, prefixes=new.prefixes, starts_on=new.starts_on,
        ends_on=new.ends_on, ended_at=None,
    ).first()  # fmt: skip


@transaction.atomic
def role_end(
    *, person: UUID, grant: int, actor: UUID | None, now: datetime, ends_on: date | None = None
) -> None:
    """Ends a role after a day, or at once; a later day prolongs it, except a guarded one.

    Raises `NotFound`, `NobodysOwn`, `RoleEnded` and `RoleExtended`.
    """
    area.check_not_own(person, actor=actor)
    row = RoleGrant.objects.filter(id=grant, person=person).first()
    own = area.areas(actor, now)
    if row is None or not (own is None or all(codes.covers(own, p) for p in row.prefixes)):
        raise NotFound(fields=("role",))
    today = timezone.localdate(now)
    open_rows = RoleGrant.objects.filter(queries.unended(today), id=grant)
    if ends_on is None:
        # A role that was to start later still needs its dates in order.
        ended = open_rows.update(ended_at=now, ends_on=Greatest(F("starts_on"), today))
    else:
        check_dates(row.starts_on, ends_on)
        if row.role in queries.GUARDED and row.ends_on is not None and ends_on > row.ends_on:
            raise RoleExtended()
        ended = open_rows.update(ends_on=ends_on)
    if ended != 1:
        raise RoleEnded()
    holdings.reconcile(queries.devices_of([person]))
    audit.record(
        actor=actor, action="role.end", subject=person, now=now, subject_type="person",
        county=area.county(row.prefixes), detail={"role": row.role, "prefixes": row.prefixes},
    )  # fmt: skip
    detail = {
        "role": row.role,
        "prefixes": row.prefixes,
        "starts_on": row.starts_on.isoformat(),
        "ends_on": ends_on.isoformat() if ends_on else None,
    }
    ledger.record(ledger.Fact(kind="role.end", subject=person, at=now, by=actor, detail=detail))


def check_dates(starts_on: date, ends_on: date | None) -> None:
    """Raises `RolesDatesOutOfOrder`."""
    if ends_on is not None and ends_on < starts_on:
        raise RolesDatesOutOfOrder()


def grant_row(
    person: UUID, role: str, prefixes: Iterable[str], starts_on: date, ends_on: date | None
) -> RoleGrant:
    """The row as it is stored, with every wider division beside the prefixes."""
    own = sorted(set(prefixes))
    wider = {code for prefix in own if prefix for code in codes.ancestors(prefix)}
    return RoleGrant(
        person_id=person, role=role, prefixes=own, within=sorted(wider),
        starts_on=starts_on, ends_on=ends_on,
    )  # fmt: skip


def record_granted(
    grants: Iterable[RoleGrant],
    *,
    actor: UUID | None,
    now: datetime,
    decided_by: UUID | None = None,
) -> None:
    second = {"confirmed_by": str(decided_by)} if decided_by else {}
    lines = [
        audit.Line(
            actor=actor,
            subject=grant.person_id,
            county=area.county(grant.prefixes),
            detail={"role": grant.role, "prefixes": grant.prefixes, **second},
        )
        for grant in grants
    ]
    audit.record_each(lines, action="role.grant", subject_type="person", now=now)
