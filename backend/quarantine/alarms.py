"""Who looks after the queue is told of what the server fails on, and of what has lain there too long.

Whoever may not know of a sealed operation is not told of one: the county's leads are, in words that
say nothing else.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.utils import timezone

from backend.accounts import queries as accounts
from backend.concerns import scope as concerns
from backend.notifications.services import Notice, enqueue
from backend.regions import codes
from sync import review, waiting
from sync.entries import Applied

from .scope import ADMINISTRATOR, SEALED_KINDS

LINK = "/office/waiting/"
ALARM, WAITING, SEALED = "quarantine.alarm", "quarantine.waiting", "sealed.waiting"
Place = tuple[str, bool]  # a county, and whether its sealed part is meant


def tell_alarms(applied: Sequence[Applied], now: datetime) -> None:
    """A reaction. Each county hears of it once an hour, however many operations it is."""
    entries = [
        item.entry
        for item in applied
        if item.type == review.REVIEW.name and item.entry.kind == review.ALARM
    ]
    if not entries:
        return
    kinds = waiting.kinds({entry.target for entry in entries})
    places = {
        (str(entry.data.get("shard", "")), kinds.get(entry.target) in SEALED_KINDS)
        for entry in entries
    }
    hour = timezone.localtime(now).strftime("%Y-%m-%dT%H")
    enqueue(_notices(places, kind=ALARM, when=hour, now=now), now=now)


def remind(*, now: datetime) -> None:
    """Once a day and county, of what has needed a person for `HUXING_REVIEW_DAYS`."""
    before = now - timedelta(days=settings.HUXING_REVIEW_DAYS)
    lying = waiting.lying(since_before=before, now=now, alarm_after=settings.SYNC_ALARM_AFTER)
    places = {(shard, kind in SEALED_KINDS) for shard, kind in lying}
    today = str(timezone.localdate(now))
    enqueue(_notices(places, kind=WAITING, when=today, now=now), now=now)


def _notices(places: Iterable[Place], *, kind: str, when: str, now: datetime) -> list[Notice]:
    """Two statements. A county that is none yet is the whole country's."""
    today = timezone.localdate(now)
    known = {(c if codes.is_well_formed(c) else codes.COUNTRY, sealed) for c, sealed in places}
    counties = {county for county, _ in known}
    keepers = accounts.covering_each(counties, roles=[ADMINISTRATOR], on=today)
    leads = accounts.covering_each(counties, roles=concerns.SEALED, on=today)
    return [
        Notice(
            key=f"{kind}:{county}:{when}:{'sealed' if sealed else ''}", person=person,
            county=county, kind=SEALED if sealed else kind, critical=kind == ALARM,
            values={"link": LINK} if sealed else {"link": LINK, "division": county},
        )
        for county, sealed in sorted(known)
        for person in (leads if sealed else keepers)[county]
    ]  # fmt: skip
