"""What could not be delivered: seen by administrators, and sent again on their word.

Of a sealed message neither they nor anybody else learns: the county's leads see those, and only those.
One that passes over a county's office is shown above the county alone.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Count, Min, Q, QuerySet
from django.utils import timezone

from backend.accounts import queries as accounts
from backend.audit import services as audit
from backend.common.errors import NotFound
from backend.regions import queries as regions

from . import messages, outbox, preferences
from .channels import CHANNELS
from .errors import DeliveryNotDead
from .message import Notice
from .models import DEAD, WAITING, Delivery, Webhook
from .models import Notice as Kept
from .nudge import nudge

ADMINISTRATOR, LEAD = "administrator", "county_lead"
ROLES = frozenset({ADMINISTRATOR, LEAD})
KIND = "delivery.dead"
COUNTY_DIGITS = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """Empty means any. `state` is one of the vocabulary's `delivery_state`."""

    state: str = DEAD
    channel: str = ""
    kind: str = ""
    county: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """`receiver` is a person's name or a webhook's address."""

    delivery: Delivery
    title: str
    place: str
    receiver: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """How one channel does; `oldest` is when the oldest that waits was written."""

    channel: str
    on: bool
    waiting: int
    dead: int
    oldest: datetime | None


def listed(viewer: UUID, filters: Filters, *, now: datetime) -> QuerySet[Delivery]:
    """The latest first, within the viewer's area."""
    rows = _visible(viewer, now).filter(state=filters.state).select_related("notice")
    if filters.channel:
        rows = rows.filter(channel=filters.channel)
    if filters.kind:
        rows = rows.filter(notice__kind=filters.kind)
    if filters.county:
        rows = rows.filter(notice__county__startswith=filters.county)
    return rows.order_by("-done_at", "-due_at", "id")


def items(rows: Iterable[Delivery], *, language: str) -> list[Item]:
    """A number of statements that does not depend on how many."""
    found = list(rows)
    kept = [row.notice for row in found]
    places = messages.places((notice.kind, notice.values) for notice in kept)
    counties = regions.places({notice.county for notice in kept})
    targets = {row.target for row in found}
    receivers = accounts.names(targets) | dict(
        Webhook.objects.filter(id__in=targets).values_list("id", "url")
    )
    return [
        Item(
            delivery=row, receiver=receivers.get(row.target, ""),
            place=counties.get(row.notice.county, row.notice.county),
            title=messages.words(
                row.notice.kind, row.notice.values, language=language, places=places
            ).title,
        )
        for row in found
    ]  # fmt: skip


def status(viewer: UUID, *, now: datetime) -> list[Status]:
    """Every channel, with what of the viewer's area waits and is dead."""
    rows = (
        _visible(viewer, now)
        .filter(state__in=[WAITING, DEAD])
        .values("channel")
        .annotate(
            waiting=Count("id", filter=Q(state=WAITING)),
            dead=Count("id", filter=Q(state=DEAD)),
            oldest=Min("notice__at", filter=Q(state=WAITING)),
        )
    )
    nothing: dict[str, Any] = {"waiting": 0, "dead": 0, "oldest": None}
    found = {row["channel"]: row for row in rows}
    return [
        Status(**{**nothing, **found.get(name, {}), "channel": name, "on": preferences.is_on(name)})
        for name in CHANNELS
    ]


@transaction.atomic
def resend(*, deliveries: Collection[UUID], actor: UUID, now: datetime) -> None:
    """Tries them anew, under the keys they had. Raises `NotFound`, and `DeliveryNotDead` where one
    is not dead any more; then none is sent."""
    rows = list(_visible(actor, now).filter(id__in=deliveries).select_related("notice"))
    if len(rows) != len(set(deliveries)):
        raise NotFound(fields=("delivery",))
    changed = Delivery.objects.filter(id__in=deliveries, state=DEAD).update(
        state=WAITING, attempts=0, since=None, due_at=now, done_at=None, error=""
    )
    if changed != len(rows):
        raise DeliveryNotDead()
    lines = [audit.Line(actor=actor, subject=row.id, county=row.notice.county[:6]) for row in rows]
    audit.record_each(lines, action="delivery.resend", subject_type="delivery", now=now)
    transaction.on_commit(nudge)


def tell(died: Sequence[Kept], *, now: datetime) -> None:
    """The administrators of each county hear of it, once a day."""
    today = timezone.localdate(now)
    silent = {*messages.sealed(), *messages.above()}
    counties = {n.county for n in died if n.kind not in silent}
    told = accounts.covering_each(counties, roles=[ADMINISTRATOR], on=today)
    outbox.enqueue(
        [
            Notice(
                key=f"{KIND}:{county}:{today}", person=person, kind=KIND, county=county,
                values={"division": county, "link": "/office/deliveries/"},
            )
            for county, people in told.items()
            for person in people
        ],
        now=now,
    )  # fmt: skip


def _visible(viewer: UUID, now: datetime) -> QuerySet[Delivery]:
    own = accounts.grants([viewer], on=timezone.localdate(now))[viewer]
    sealed = Q(notice__kind__in=messages.sealed())
    above = Q(notice__kind__in=messages.above())
    wide = [(role, [p for p in prefixes if len(p) < COUNTY_DIGITS]) for role, prefixes in own]
    return Delivery.objects.filter(
        ~sealed & ~above & _inside(own, ADMINISTRATOR)
        | above & _inside(wide, ADMINISTRATOR)
        | sealed & _inside(own, LEAD)
    )


def _inside(grants: Iterable[tuple[str, list[str]]], role: str) -> Q:
    prefixes = {prefix for held, own in grants if held == role for prefix in own}
    return regions.inside("notice__county", prefixes)
