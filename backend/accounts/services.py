"""Writes: people, roles, phones."""

import hashlib
import secrets
from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone

from backend.audit import services as audit
from backend.common import encrypted
from backend.common.errors import NotFound
from backend.regions import codes
from sync.protocol import ids

from . import queries
from .errors import CodeNotUsable, DeviceKnown, OutsideScope, UsernameTaken
from .models import AccessToken, Device, DevicePerson, EnrolmentCode, Person, RoleGrant

CODE_LIFETIME = timedelta(days=3)
# No 0, O, 1, I: a code is read from paper and over the telephone. Twelve of 32 give 60 bits.
_ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
_CODE_LENGTH = 12


def person_create(
    *, username: str, name: str, phone: str, password: str | None, actor: UUID | None, now: datetime
) -> Person:
    """A new person, without any role. Raises `UsernameTaken`."""
    person = Person(id=ids.uuid7(now), username=username)
    person.set_password(password)
    try:
        with transaction.atomic():
            cipher = encrypted.key(person.id, create=True)
            person.sealed = cipher.seal_json({"name": name, "phone": phone})
            person.save(force_insert=True)
            audit.record(actor=actor, action="person.create", subject=person.id, now=now)
    except IntegrityError as error:
        raise UsernameTaken(username=username) from error
    return person


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
) -> RoleGrant:
    """Grants a role. An `actor` can only give what lies in her own area; None is the system itself.

    Raises `OutsideScope`.
    """
    if actor is not None:
        own = queries.prefixes(actor, on=timezone.localdate(now), roles=["administrator"])
        outside = [prefix for prefix in prefixes if not codes.covers(own, prefix)]
        if outside:
            raise OutsideScope(prefixes=", ".join(outside))
    grant = RoleGrant.objects.create(
        person_id=person, role=role, prefixes=list(prefixes), starts_on=starts_on, ends_on=ends_on
    )
    detail = {"role": role, "prefixes": list(prefixes)}
    audit.record(actor=actor, action="role.grant", subject=person, now=now, detail=detail)
    return grant


@transaction.atomic
def enrolment_code_create(*, people: Collection[UUID], actor: UUID, now: datetime) -> str:
    """A one-time code that enrols one phone for these people. Shown once; only its hash is kept.

    Raises `NotFound` unless everybody lies in the actor's area.
    """
    own = queries.prefixes(actor, on=timezone.localdate(now), roles=["administrator"])
    for person in people:
        theirs = queries.prefixes(person, on=timezone.localdate(now))
        if not theirs or not all(codes.covers(own, prefix) for prefix in theirs):
            raise NotFound(fields=("people",))
    code = "".join(secrets.choice(_ALPHABET) for _ in range(_CODE_LENGTH))
    row = EnrolmentCode.objects.create(
        digest=_digest(code), made_by_id=actor, expires_at=now + CODE_LIFETIME
    )
    row.people.set(Person.objects.filter(id__in=people))
    for person in people:
        audit.record(actor=actor, action="enrolment.code", subject=person, now=now)
    return code


@transaction.atomic
def device_enrol(
    *, code: str, device: UUID, label: str, app: str, now: datetime
) -> tuple[Device, str]:
    """Uses a code up and gives the device its token. Raises `CodeNotUsable` and `DeviceKnown`."""
    digest = _digest(code)
    # Claimed by a conditional update: of two phones with the same code, one wins.
    claimed = EnrolmentCode.objects.filter(digest=digest, used_at=None, expires_at__gt=now).update(
        used_at=now
    )
    if claimed != 1:
        raise CodeNotUsable()
    people = list(EnrolmentCode.objects.get(digest=digest).people.order_by("id"))
    row, made = Device.objects.get_or_create(
        id=device, defaults={"label": label, "app": app, "enrolled_at": now}
    )
    if not made:
        raise DeviceKnown()
    DevicePerson.objects.bulk_create([DevicePerson(device=row, person=person) for person in people])
    _, token = AccessToken.objects.create(user=people[0], device=row, expiry=None)
    audit.record(actor=people[0].id, action="device.enrol", subject=row.id, now=now)
    return row, token


@transaction.atomic
def device_revoke(*, device: UUID, reason: str, actor: UUID, now: datetime) -> None:
    """Revokes a device; its token stays, so that what it holds can still be received.

    Raises `NotFound` for a device of people outside the actor's area.
    """
    own = queries.prefixes(actor, on=timezone.localdate(now), roles=["administrator"])
    areas = [
        queries.prefixes(person, on=timezone.localdate(now)) for person in queries.people_of(device)
    ]
    inside = areas and all(codes.covers(own, prefix) for area in areas for prefix in area)
    if not inside:
        raise NotFound(fields=("device",))
    Device.objects.filter(id=device, revoked_at=None).update(revoked_at=now, revoked_reason=reason)
    audit.record(actor=actor, action="device.revoke", subject=device, now=now)


def _digest(code: str) -> str:
    return hashlib.sha256(code.upper().replace("-", "").encode()).hexdigest()
