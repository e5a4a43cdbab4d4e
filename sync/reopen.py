"""Opens what was sealed to a key that this server did not have, once it has that key.

Whatever brings the key back (the ledger, another backup, the database that had it): the next push of
the device opens what it left, and a periodic task what the others left. Every step stands under the
lock of the device's log, so that a line is opened by one of them and leaves its place here in the
transaction that puts it into the log.
"""

import datetime as dt
import logging
from collections.abc import Collection, Sequence
from itertools import groupby
from operator import attrgetter
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from . import inbox, sealed, times
from .apply import apply_stored
from .merge.clock import Reading
from .models import DeviceLog, Operation, UnreadableLine
from .ports import Sender, ports
from .uploads import reopening

logger = logging.getLogger(__name__)

# Lines of one device opened in one transaction: a push.
AT_ONCE = 500


def everything(*, now: dt.datetime) -> int:
    """What any device left, lines and attachments; returns how many were opened."""
    _learn_keys()
    opened = 0
    for device in _closed(known_keys()).values_list("device", flat=True).distinct():
        sender = ports().sender_of_device(device)
        opened += lines_of(sender, now=now) if sender else 0
    return opened + reopening.attachments(now=now)


def lines_of(sender: Sender, *, now: dt.datetime) -> int:
    """What one device left; returns how many lines were opened.

    A failure harms nobody else: everything lies here as before, and the periodic task comes again.
    """
    opened = 0
    keys = known_keys()
    try:
        while keys and (stored := _store(sender, keys, now)):
            for one in stored:
                apply_stored(one, sender=sender, now=now)
                opened += len(one.lines)
    except Exception:
        logger.exception("what device %s had sealed could not be opened", sender.device)
    return opened


def known_keys() -> Collection[bytes]:
    """Those that lines wait for and this server has by now."""
    waiting = UnreadableLine.objects.filter(code=sealed.KEY_UNKNOWN, sealed_to__isnull=False)
    wanted = {bytes(key) for key in waiting.values_list("sealed_to", flat=True).distinct() if key}
    return list(ports().outbox.private(wanted)) if wanted else []


def _learn_keys() -> None:
    """Of lines that were kept before anybody noted which key they wait for."""
    for row in UnreadableLine.objects.filter(code=sealed.KEY_UNKNOWN, sealed_to=None)[:AT_ONCE]:
        for cipher in ports().keys([row.device]).values():
            row.sealed_to = sealed.key_of(cipher.open(row.body))
            row.save(update_fields=["sealed_to"])


def _closed(keys: Collection[bytes]) -> QuerySet[UnreadableLine]:
    return UnreadableLine.objects.filter(code=sealed.KEY_UNKNOWN, sealed_to__in=list(keys))


@transaction.atomic
def _store(sender: Sender, keys: Collection[bytes], now: dt.datetime) -> list[inbox.Stored]:
    """Puts lines into the log as they came, one after another push of then; empty when none is left."""
    log = inbox.lock_log(sender)
    rows = list(_closed(keys).filter(device=sender.device).order_by("received", "hash")[:AT_ONCE])
    cipher = ports().keys([sender.device]).get(sender.device)
    if not rows or cipher is None:
        return []
    lines = {bytes(row.hash): cipher.open(row.body) for row in rows}
    opened = sealed.open_lines(lines, device=sender.device)
    _leave_closed([place for place, inside in opened.items() if not isinstance(inside, bytes)])
    found = []
    for _, of_then in groupby(rows, key=attrgetter("received")):
        pushed = list(of_then)
        inside = _in_order([(lines[bytes(row.hash)], opened[bytes(row.hash)]) for row in pushed])
        stored = _take(inside, pushed[0], log, sender)
        log = log._replace(have=stored.have, cloned=stored.cloned)
        found.append(stored)
    _save(sender.device, log, now)
    _closed(keys).filter(hash__in=list(lines)).delete()
    return found


def _in_order(pairs: Sequence[tuple[bytes, bytes | sealed.Fault]]) -> list[bytes]:
    """Those that opened, as they stand in the log."""
    opened = [(line, inside) for line, inside in pairs if isinstance(inside, bytes)]
    return [inside for _, inside in sorted(opened, key=lambda pair: sealed.place_of(pair[0]))]


def _leave_closed(hashes: Sequence[bytes]) -> None:
    """The key is there and does not open them: they were damaged, and that is what people are told."""
    damaged = UnreadableLine.objects.filter(hash__in=list(hashes))
    damaged.update(code=sealed.Fault.UNREADABLE.value)


def _take(
    opened: Sequence[bytes], of_then: UnreadableLine, log: inbox.Log, sender: Sender
) -> inbox.Stored:
    """As if they could have been opened when they came: received then, and dated by the clock of then."""
    received, offset = times.millis(of_then.received), of_then.clock_offset or 0
    stored = inbox.take(
        [inbox.Line(number, raw) for number, raw in enumerate(opened, start=1)], log,
        sender=sender, sync=times.Sync(Reading(received - offset), offset, offset, received),
        now=of_then.received,
    )  # fmt: skip
    _to_be_told([line.entry.op for line in stored.lines if line.entry and not line.receipt])
    return stored


def _to_be_told(ops: Sequence[UUID]) -> None:
    """The device has a receipt that said they could not be opened."""
    Operation.objects.filter(op__in=list(ops), outcome="received").update(news=0)


def _save(device: UUID, log: inbox.Log, now: dt.datetime) -> None:
    """This is no contact with the device: its clock and when it was heard last stay as they are."""
    own = DeviceLog.objects.filter(device=device)
    own.update(have=log.have)
    if log.cloned:
        own.filter(cloned_at=None).update(cloned_at=now)
