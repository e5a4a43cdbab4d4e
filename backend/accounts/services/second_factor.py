"""A person's second factor: begun, confirmed, used, replaced, ended. Each is told to its owner."""

import base64
import secrets
from datetime import datetime
from urllib.parse import quote, urlencode
from uuid import UUID

from django.db import transaction
from django_otp.models import Device as Factor
from django_otp_webauthn.models import WebAuthnCredential

from backend.audit import services as audit
from backend.common.errors import NotFound
from sync.protocol import ids

from .. import factors, news
from ..errors import CodeWrong, SetUpNotBegun
from ..login_models import recovery_digest
from ..models import Person, RecoveryCodes, TotpDevice
from . import area
from .sessions import log_ins_close

RECOVERY_CODES = 10
# No 0, O, 1, I: a code is read from paper. Ten of 32 give 50 bits.
_ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
_ISSUER = "护行"


def factor_begin(*, person: UUID) -> None:
    """A secret for an app, unconfirmed; one that was shown before and not confirmed is thrown away."""
    with transaction.atomic():
        TotpDevice.objects.filter(user=person, confirmed=False).delete()
        made = TotpDevice(user_id=person, name="totp", confirmed=False)
        made.secret = secrets.token_bytes(20)
        made.save()


def factor_shown(person: UUID) -> tuple[str, str]:
    """The secret to type in, and the address that a picture holds. Raises `SetUpNotBegun`."""
    row = _begun(person)
    secret = base64.b32encode(row.secret).decode()
    label = quote(f"{_ISSUER}:{row.user.get_username()}")
    return secret, f"otpauth://totp/{label}?{urlencode({'secret': secret, 'issuer': _ISSUER})}"


@transaction.atomic
def factor_confirm(
    *, person: UUID, code: str, now: datetime, but: str | None = None
) -> tuple[Factor, list[str]]:
    """The app shows codes of the secret: it counts from now on, instead of one there was.

    Returns it, and new recovery codes, which are shown once. Every log-in ends except the one with
    the key `but`. Raises `SetUpNotBegun` and `CodeWrong`.
    """
    row = _begun(person)
    if not row.verify_token("".join(code.split())):
        raise CodeWrong(fields=("code",))
    replaced = bool(TotpDevice.objects.filter(user=person, confirmed=True).delete()[0])
    row.confirmed = True
    row.save(update_fields=["confirmed"])
    Person.objects.filter(id=person).update(factor_at=now)
    log_ins_close(person, but=but)
    codes = _new_codes(person)
    _told(person, "factor.replaced" if replaced else "factor.set_up", person, now)
    return row, codes


def _begun(person: UUID) -> TotpDevice:
    row = TotpDevice.objects.filter(user=person, confirmed=False).order_by("-id").first()
    if row is None:
        raise SetUpNotBegun()
    return row


@transaction.atomic
def recovery_codes_new(*, person: UUID, now: datetime) -> list[str]:
    """Shown once; those from before are void. Raises `SetUpNotBegun` where nothing is set up."""
    if not TotpDevice.objects.filter(user=person, confirmed=True).exists():
        raise SetUpNotBegun()
    codes = _new_codes(person)
    _told(person, "factor.codes", person, now)
    return codes


def _new_codes(person: UUID) -> list[str]:
    codes = ["".join(secrets.choice(_ALPHABET) for _ in range(10)) for _ in range(RECOVERY_CODES)]
    RecoveryCodes.objects.filter(user=person).delete()
    RecoveryCodes.objects.create(
        user_id=person, name="recovery", digests=[recovery_digest(code) for code in codes]
    )
    return [f"{code[:5]}-{code[5:]}" for code in codes]


@transaction.atomic
def factor_used(*, person: UUID, factor: Factor, now: datetime) -> None:
    """A log-in took its second step. A recovery code on the way is told, with how many are left."""
    kind = factors.kind(factor)
    _record(person, "factor.used", person, now, {"factor": kind})
    if kind == "recovery":
        _tell(person, "factor.recovery_used", now, left=factors.recovery_left(person))


@transaction.atomic
def passkey_added(*, person: UUID, now: datetime) -> None:
    _told(person, "factor.passkey_added", person, now)


@transaction.atomic
def passkey_remove(*, person: UUID, passkey: int, now: datetime) -> None:
    """One of her own; the app stays. Raises `NotFound`."""
    deleted, _ = WebAuthnCredential.objects.filter(user=person, id=passkey).delete()
    if not deleted:
        raise NotFound(fields=("passkey",))
    _told(person, "factor.passkey_removed", person, now)


def factor_tried(*, person: UUID, now: datetime) -> None:
    """Somebody who knows the password tries codes: told once a day."""
    with transaction.atomic():
        _tell(person, "factor.tried", now, once=f"{now:%Y-%m-%d}")


@transaction.atomic
def end(*, person: UUID, actor: UUID, now: datetime) -> None:
    """Takes a person's second factor away, of whatever kinds: the app is lost and the codes too.

    Every log-in ends; who needs a second factor sets up a new one, with a new time to do so. This
    decides nothing: who may, and who has to confirm it, is its caller's to know. Raises `NotFound`
    where nothing is set up.
    """
    if not Person.objects.filter(id=person, factor_at__isnull=False).update(
        factor_at=None, factor_from=None
    ):
        raise NotFound(fields=("person",))
    for model in (TotpDevice, RecoveryCodes, WebAuthnCredential):
        model.objects.filter(user=person).delete()
    log_ins_close(person)
    _told(person, "factor.ended", actor, now)


def _told(person: UUID, action: str, actor: UUID, now: datetime) -> None:
    """The audit line and the message have one name."""
    _record(person, action, actor, now, {})
    _tell(person, action, now)


def _record(person: UUID, action: str, actor: UUID, now: datetime, detail: dict[str, str]) -> None:
    audit.record(
        actor=actor, action=action, subject=person, now=now, subject_type="person",
        county=area.county_of_person(person, now), detail=detail,
    )  # fmt: skip


def _tell(person: UUID, kind: str, now: datetime, *, once: str = "", **values: int) -> None:
    key = f"{kind}:{once or ids.uuid7(now)}"
    said = {**values, "link": "/office/account/"}
    one = news.News(people=[person], kind=kind, key=key, values=said, critical=False)
    news.tell([one], now=now)
