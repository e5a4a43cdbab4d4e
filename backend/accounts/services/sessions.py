"""A person's log-ins, in browsers and by token: listed, ended, cleaned away."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from backend.audit import services as audit
from backend.common.errors import NotFound

from .. import sessions
from ..limits import FORGET
from ..models import AccessToken, TotpDevice, Tries, WebSession
from . import area
from .phones import codes_bound

# An app's secret that was shown and never confirmed.
UNCONFIRMED = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class LogIn:
    """One log-in as its owner sees it. `kind` is `page` or `token`, `key` its key in the table."""

    id: UUID
    kind: str
    key: str
    made_at: datetime
    seen_at: datetime | None
    expires_at: datetime
    address: str
    browser: str


def log_ins(person: UUID, *, now: datetime) -> list[LogIn]:
    """Those that count, the last made first. Phones are not among them."""
    pages = WebSession.objects.filter(sessions.running(now), person=person)
    tokens = AccessToken.objects.filter(sessions.running_tokens(now), user=person, device=None)
    found = [
        LogIn(
            id=_id(row.session_key), kind="page", key=row.session_key,
            made_at=row.made_at or row.seen_at, seen_at=row.seen_at, expires_at=row.expire_date,
            address=row.address, browser=row.browser,
        )
        for row in pages
    ]  # fmt: skip
    found += [
        LogIn(
            id=_id(row.digest), kind="token", key=row.digest, made_at=row.created,
            seen_at=row.seen_at, expires_at=row.expiry, address=row.address, browser=row.browser,
        )
        for row in tokens
    ]  # fmt: skip
    return sorted(found, key=lambda one: one.made_at, reverse=True)


def _id(key: str) -> UUID:
    """What stands in addresses instead of the key, from which it is made."""
    return UUID(bytes=hashlib.sha256(f"log-in {key}".encode()).digest()[:16])


@transaction.atomic
def log_in_end(*, person: UUID, log_in: UUID, now: datetime) -> None:
    """One of her own. Raises `NotFound`."""
    ended = next((one for one in log_ins(person, now=now) if one.id == log_in), None)
    if ended is None:
        raise NotFound(fields=("log_in",))
    WebSession.objects.filter(session_key=ended.key).delete()
    AccessToken.objects.filter(digest=ended.key, device=None).delete()
    _record(person, "log_in.end", now)


@transaction.atomic
def log_ins_end(*, person: UUID, now: datetime, but: str | None = None) -> None:
    """All of them, except the one with the key `but`."""
    log_ins_close(person, but=but)
    _record(person, "log_in.end_all", now)


def log_ins_close(person: UUID, *, but: str | None = None) -> None:
    """What every change of a password, a second factor or an account does, beside its audit line."""
    WebSession.objects.filter(person=person).exclude(session_key=but or "").delete()
    AccessToken.objects.filter(user=person, device=None).exclude(digest=but or "").delete()


def log_ins_clean(*, now: datetime) -> None:
    """Takes away what has run out or was made by a clock that was ahead. Changes nothing that counts."""
    WebSession.objects.exclude(sessions.running(now)).delete()
    AccessToken.objects.filter(device=None).exclude(sessions.running_tokens(now)).delete()
    Tries.objects.filter(Q(last_at__lt=now - 2 * FORGET) | Q(last_at__gt=now + FORGET)).delete()
    codes_bound(now=now)
    TotpDevice.objects.filter(confirmed=False, created_at__lt=now - UNCONFIRMED).delete()


def _record(person: UUID, action: str, now: datetime) -> None:
    audit.record(
        actor=person, action=action, subject=person, now=now, subject_type="person",
        county=area.county_of_person(person, now),
    )  # fmt: skip
