"""A county's own systems that hear what is said to its people."""

import secrets
from collections.abc import Collection
from datetime import datetime
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from backend.accounts import queries as accounts
from backend.audit import services as audit
from backend.common import encrypted
from backend.common.errors import NotFound
from backend.regions import codes
from backend.regions import queries as regions
from sync.protocol import ids

from .channels.http import Unreached, checked_address
from .errors import WebhookAddress, WebhookCounty, WebhookKnown
from .models import Webhook


def listed(actor: UUID, *, now: datetime) -> QuerySet[Webhook]:
    """Of the counties that the actor administers."""
    return Webhook.objects.filter(regions.inside("county", _areas(actor, now))).order_by(
        "county", "-made_at", "id"
    )


@transaction.atomic
def webhook_create(
    *, county: str, url: str, actor: UUID, now: datetime
) -> tuple[Webhook, str]:  # fmt: skip
    """With the secret, which is shown this once. Raises `WebhookCounty`, `WebhookAddress`, `WebhookKnown`."""
    in_area = codes.is_well_formed(county) and codes.covers(_areas(actor, now), county)
    if not in_area or codes.level(county) != "county":
        raise WebhookCounty()
    hook = Webhook(id=ids.uuid7(now), county=county, url=_usable(url), made_at=now)
    secret = _new_secret(hook)
    _save(hook, "webhook.create", actor, now)
    return hook, secret


@transaction.atomic
def webhook_change(
    *, webhook: UUID, actor: UUID, now: datetime, url: str | None = None,
    active: bool | None = None, new_secret: bool = False,
) -> tuple[Webhook, str | None]:  # fmt: skip
    """What is None stays. A new secret counts at once and is shown this once.

    Raises `NotFound` outside the actor's area, `WebhookAddress` and `WebhookKnown`.
    """
    hook = listed(actor, now=now).select_for_update().filter(id=webhook).first()
    if hook is None:
        raise NotFound(fields=("webhook",))
    hook.url = hook.url if url is None else _usable(url)
    hook.active = hook.active if active is None else active
    secret = _new_secret(hook) if new_secret else None
    _save(hook, "webhook.change", actor, now)
    return hook, secret


def _save(hook: Webhook, action: str, actor: UUID, now: datetime) -> None:
    try:
        with transaction.atomic():
            hook.save()
    except IntegrityError as error:
        raise WebhookKnown() from error
    audit.record(
        actor=actor, action=action, subject=hook.id, subject_type="webhook", now=now,
        county=hook.county, detail={"host": urlsplit(hook.url).hostname, "active": hook.active},
    )  # fmt: skip


def _new_secret(hook: Webhook) -> str:
    secret = secrets.token_urlsafe(32)
    hook.sealed = encrypted.key(hook.id, create=True).seal_json({"secret": secret})
    return secret


def _usable(url: str) -> str:
    """What can be seen without asking the network; where a name leads is looked at before each call."""
    try:
        checked_address(url, private=settings.HUXING_WEBHOOK_PRIVATE)
    except Unreached as error:
        raise WebhookAddress() from error
    return url


def _areas(actor: UUID, now: datetime) -> Collection[str]:
    return accounts.administered(actor, on=timezone.localdate(now))
