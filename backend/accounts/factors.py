"""The second step after the password: who needs it, until when one may go without, what opens it."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django_otp.models import Device as Factor
from django_otp_webauthn.models import WebAuthnCredential

from . import queries
from .models import Person, RecoveryCodes, TotpDevice

# Their rights open what is sealed, or make rights that do.
REQUIRED = frozenset({"county_lead", "administrator", "auditor"})
IN, CODE, SET_UP = "in", "code", "set_up"


def standing(person: Any, *, verified: bool, now: datetime) -> str:
    """Where a log-in stands: IN, or before it the CODE or the SET_UP that it needs."""
    if verified:
        return IN
    if person.factor_at is not None:
        return CODE
    until = deadline(person, now=now)
    if until is None or until > now or not _required(person.pk, now):
        return IN
    return SET_UP


def deadline(person: Any, *, now: datetime) -> datetime | None:
    """Until when somebody may go without; None while no role has asked for it. Needs no statement."""
    if settings.HUXING_SECOND_FACTOR != "required":
        return None
    grace = timedelta(days=settings.HUXING_SECOND_FACTOR_GRACE_DAYS)
    if person.factor_from is None:
        return None if grace else now
    return min(person.factor_from, now) + grace


def _required(person: UUID, now: datetime) -> bool:
    return bool(queries.roles_of(person, on=timezone.localdate(now)) & REQUIRED)


def ask(person: Any, *, now: datetime) -> None:
    """At a log-in: from now on the grace of whoever needs a second factor is running."""
    if person.factor_from is None and person.factor_at is None and _required(person.pk, now):
        Person.objects.filter(id=person.pk, factor_from=None).update(factor_from=now)
        person.factor_from = now


def asked_until(person: Any, roles: Collection[str], *, now: datetime) -> datetime | None:
    """What a page says to whoever has not set one up: until when it has to be."""
    if person.factor_at is not None or not REQUIRED & set(roles):
        return None
    return deadline(person, now=now)


@transaction.atomic
def verified(person: UUID, code: str) -> Factor | None:
    """What a code belongs to; it is used up. Six digits are the app's, all else is a recovery code."""
    compact = "".join(code.split()).replace("-", "")
    model = TotpDevice if len(compact) == 6 else RecoveryCodes
    rows = model.objects.select_for_update().filter(user=person, confirmed=True)
    return next((row for row in rows if row.verify_token(compact)), None)


def kind(factor: Factor) -> str:
    """`totp`, `recovery` or `passkey`."""
    kinds = {TotpDevice: "totp", RecoveryCodes: "recovery", WebAuthnCredential: "passkey"}
    return kinds[type(factor)]


def recovery_left(person: UUID) -> int:
    row = RecoveryCodes.objects.filter(user=person).first()
    return len(row.digests) if row else 0


def passkeys(person: UUID) -> list[WebAuthnCredential]:
    return list(WebAuthnCredential.objects.filter(user=person).order_by("id"))
