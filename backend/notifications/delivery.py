"""Empties the outbox: claims what is due, hands it over, and writes down what came of it."""

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from . import backoff, claims, dead_letters, letters, preferences
from .channels import CHANNELS, DELIVERED, Letter, Outcome
from .claims import Claim, Verdict
from .models import DEAD, SENT, VOID, WAITING, Notice
from .preferences import PERSONAL, Wishes

logger = logging.getLogger(__name__)
# Handed over side by side, so that one slow receiver does not hold up the others.
BATCH = 16
TURN_SECONDS = 45.0
NOBODY = "nobody"


def deliver(channel: str, *, clock: Callable[[], datetime]) -> bool:
    """Sends what is due by one channel, for at most a turn; returns whether more is due.

    `clock` gives the time of each batch. A channel that is not configured sends nothing and loses nothing.
    """
    begun = time.monotonic()
    while preferences.is_on(channel):
        held = claims.claim(channel, limit=BATCH, now=clock())
        if held:
            hand_over(held, now=clock())
        if len(held) < BATCH:
            return False
        if time.monotonic() - begun > TURN_SECONDS:
            return True
    return False


def hand_over(held: Sequence[Claim], *, now: datetime) -> None:
    """Sends them at the same time; the database is not touched meanwhile, and no lock is held."""
    written = letters.letters(held, now=now)
    with ThreadPoolExecutor(max_workers=BATCH, thread_name_prefix="letter") as threads:
        under_way = {
            claim.id: threads.submit(_send, claim, written[claim.id])
            for claim in held
            if claim.id in written
        }
    outcomes = {id_: future.result() for id_, future in under_way.items()}
    _write_down(held, outcomes, now)


def _send(claim: Claim, letter: Letter) -> Outcome:
    """A fault of our own in one letter must not take the others' outcomes with it."""
    try:
        return CHANNELS[claim.channel](letter)
    except (ValueError, TypeError, LookupError) as error:
        # Without the traceback's values: a letter holds an address.
        logger.error("delivery %s was not written: %s", claim.id, type(error).__name__)
        return Outcome(code="fault")


@transaction.atomic
def _write_down(held: Sequence[Claim], outcomes: Mapping[UUID, Outcome], now: datetime) -> None:
    notices = Notice.objects.in_bulk({claim.notice for claim in held})
    wishes = preferences.wishes({c.target for c in held if c.channel in PERSONAL})
    verdicts = [
        _verdict(
            claim, outcomes.get(claim.id), notices[claim.notice],
            wishes.get(claim.target), now,
        )
        for claim in held
    ]  # fmt: skip
    settled = claims.settle(verdicts, now=now)
    died = [notices[v.claim.notice] for v in verdicts if v.state == DEAD and v.claim.id in settled]
    dead_letters.tell(died, now=now)
    for verdict in verdicts:
        if verdict.error and verdict.claim.id in settled:
            logger.warning(
                "delivery %s by %s, try %s: %s, %s", verdict.claim.id, verdict.claim.channel,
                verdict.claim.attempts, verdict.error, verdict.state,
            )  # fmt: skip


def _verdict(
    claim: Claim, outcome: Outcome | None, notice: Notice, wishes: Wishes | None, now: datetime
) -> Verdict:
    if outcome is None:
        return Verdict(claim=claim, state=VOID, due_at=now, error=NOBODY)
    if outcome == DELIVERED:
        return Verdict(claim=claim, state=SENT, due_at=now)
    if outcome.final or now - claim.since >= settings.HUXING_GIVE_UP_AFTER:
        return Verdict(claim=claim, state=DEAD, due_at=now, error=outcome.code)
    again = now + backoff.delay(
        key=claim.id, attempts=claim.attempts, critical=claim.critical, after=outcome.after
    )
    if wishes is not None:
        again = preferences.due(
            timezone.localtime(again), critical=claim.critical, wishes=wishes, county=notice.county
        )
    return Verdict(claim=claim, state=WAITING, due_at=again, error=outcome.code)
