"""Phones: enrolled by a one-time code, revoked when lost."""

import hashlib
import secrets
from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from backend.audit import services as audit
from backend.common import ledger
from backend.common.errors import NotFound

from .. import queries, telling
from ..errors import CodeNotUsable, DeviceKnown
from ..models import AccessToken, Device, DevicePerson, EnrolmentCode, Person
from . import area

CODE_LIFETIME = timedelta(days=3)
# No 0, O, 1, I: a code is read from paper and over the telephone. Twelve of 32 give 60 bits.
_ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
_CODE_LENGTH = 12


@transaction.atomic
def enrolment_code_create(*, people: Collection[UUID], actor: UUID, now: datetime) -> str:
    """A one-time code that enrols one phone for these people. Shown once; only its hash is kept.

    Raises `NotFound` unless everybody works, and nowhere but in the actor's area.
    """
    on = timezone.localdate(now)
    area.check_held(people, actor=actor, now=now, field="people")
    if queries.at_work(people, on=on) != set(people):
        raise NotFound(fields=("people",))
    code = "".join(secrets.choice(_ALPHABET) for _ in range(_CODE_LENGTH))
    row = EnrolmentCode.objects.create(
        digest=_digest(code), made_by_id=actor, expires_at=now + CODE_LIFETIME
    )
    row.people.set(Person.objects.filter(id__in=people))
    counties = queries.areas_of(people, on=on)
    lines = [
        audit.Line(actor=actor, subject=person, county=area.county(counties[person]))
        for person in people
    ]
    audit.record_each(lines, action="enrolment.code", subject_type="person", now=now)
    return code


def codes_bound(*, now: datetime) -> int:
    """A code that a clock which was ahead has made lasts as long as any, from now on; how many were such."""
    last = now + CODE_LIFETIME
    return EnrolmentCode.objects.filter(used_at=None, expires_at__gt=last).update(expires_at=last)


@transaction.atomic
def device_enrol(
    *, code: str, device: UUID, label: str, app: str, now: datetime
) -> tuple[Device, str]:
    """Uses a code up and gives the device its token; its people and their township are told.

    Raises `CodeNotUsable` and `DeviceKnown`.
    """
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
    audit.record(
        actor=people[0].id, action="device.enrol", subject=row.id, now=now,
        subject_type="device", device=row.id, county=area.county_of_person(people[0].id, now),
    )  # fmt: skip
    telling.tell_phone([person.id for person in people], device=row.id, now=now)
    return row, token


@transaction.atomic
def device_revoke(*, device: UUID, reason: str, actor: UUID, now: datetime) -> None:
    """Revokes a device; its token stays, so that what it holds can still be received.

    Raises `NotFound` for a device of people outside the actor's area.
    """
    people = queries.people_of(device)
    if not people:
        raise NotFound(fields=("device",))
    area.check_held(people, actor=actor, now=now, field="device")
    # A second call finds nothing to change and leaves the first reason and hour as they were.
    if Device.objects.filter(id=device, revoked_at=None).update(
        revoked_at=now, revoked_reason=reason
    ):
        audit.record(
            actor=actor, action="device.revoke", subject=device, now=now,
            subject_type="device", device=device, county=area.county_of_person(min(people), now),
        )  # fmt: skip
        ledger.record(ledger.Fact(kind="device.revoke", subject=device, at=now, by=actor))


def _digest(code: str) -> str:
    return hashlib.sha256(code.upper().replace("-", "").encode()).hexdigest()


def enrolment_codes_forget(*, before: datetime, most: int) -> int:
    """Codes that ran out before then, used or not; how many. Who gave them to whom stays on the audit log."""
    gone = list(
        EnrolmentCode.objects.filter(expires_at__lt=before).values_list("digest", flat=True)[:most]
    )
    with transaction.atomic():
        # The people of a code go with it; they do not count.
        return (
            EnrolmentCode.objects.filter(digest__in=gone)
            .delete()[1]
            .get(EnrolmentCode._meta.label, 0)
        )
