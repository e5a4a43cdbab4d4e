"""What has to leave the system, written down in the transaction that causes it."""

import json
from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from backend.accounts import queries as accounts
from backend.regions import codes
from sync.protocol import ids

from . import messages, preferences
from .message import Notice
from .models import Delivery, Webhook
from .nudge import nudge
from .preferences import WEBHOOK


def enqueue(notices: Sequence[Notice], *, now: datetime) -> None:
    """Puts messages into inboxes and outbox, in the caller's transaction; a worker delivers after it.

    A number of statements that does not depend on how many. Who repeats a `(key, person)` adds
    nothing. Raises `messages.MessageRefused`.
    """
    new = store(notices, now=now) if notices else []
    if new and fill(new, now=now):
        transaction.on_commit(nudge)


def store(notices: Sequence[Notice], *, now: datetime) -> list[Notice]:
    """Into the inboxes; returns those that were not there before. One statement."""
    rows = {notice.id: _row(notice) for notice in reversed(notices)}
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO notifications_notice"
            " (id, key, person, kind, values, critical, county, subject, at)"
            " SELECT *, %s FROM unnest(%s::uuid[], %s::text[], %s::uuid[], %s::text[],"
            " %s::text[]::jsonb[], %s::bool[], %s::text[], %s::uuid[])"
            " ON CONFLICT DO NOTHING RETURNING id",
            [now, *(list(column) for column in zip(*rows.values(), strict=True))],
        )
        new = {id_ for (id_,) in cursor.fetchall()}
    by_id = {notice.id: notice for notice in reversed(notices)}
    return [by_id[id_] for id_ in reversed(by_id) if id_ in new]


def _row(notice: Notice) -> tuple[Any, ...]:
    if notice.county and not codes.is_well_formed(notice.county):
        raise messages.MessageRefused(f"{notice.county!r} is no division's code")
    values = json.dumps(messages.checked(notice.kind, notice.values), ensure_ascii=False)
    return (
        notice.id, notice.key, notice.person, notice.kind, values, notice.critical, notice.county,
        notice.subject,
    )  # fmt: skip


def fill(notices: Sequence[Notice], *, now: datetime) -> int:
    """A row for each way each of them has to take; returns how many. Four statements."""
    people = {notice.person for notice in notices}
    wishes = preferences.wishes(people)
    here = accounts.languages(people)
    rows = [
        Delivery(
            id=ids.derived(notice.id, channel), notice_id=notice.id, channel=channel,
            target=notice.person, critical=notice.critical,
            due_at=preferences.due(
                now, critical=notice.critical, wishes=wishes[notice.person], county=notice.county
            ),
        )
        for notice in notices
        if notice.person in here and not messages.kinds()[notice.kind].inbox
        for channel in wishes[notice.person].channels(critical=notice.critical)
    ]  # fmt: skip
    rows += _to_webhooks(notices, now)
    # A webhook hears a key once, to however many people the message goes.
    Delivery.objects.bulk_create(rows, ignore_conflicts=True)
    return len(rows)


def _to_webhooks(notices: Sequence[Notice], now: datetime) -> Iterator[Delivery]:
    told = [n for n in notices if n.county and messages.kinds()[n.kind].webhook]
    for webhook, county in _webhooks({notice.county for notice in told}):
        for notice in told:
            if notice.county == county:
                yield Delivery(
                    id=ids.derived(webhook, "webhook", notice.key), notice_id=notice.id,
                    channel=WEBHOOK, target=webhook, critical=notice.critical, due_at=now,
                )  # fmt: skip


def _webhooks(counties: Collection[str]) -> list[tuple[UUID, str]]:
    if not counties:
        return []
    found = Webhook.objects.filter(county__in=counties, active=True)
    return list(found.values_list("id", "county"))
