"""Lines in, one receipt for each out, after commit."""

import datetime as dt
from collections.abc import Sequence
from uuid import UUID

from django.db import transaction

from . import inbox
from .apply import apply
from .entries import Draft, Entry
from .phrases import OP_TAKEN, UNREADABLE_LINE
from .ports import Sender, ports
from .protocol.messages import Receipt


def push(
    raw_lines: Sequence[bytes],
    *,
    sender: Sender,
    wall: dt.datetime,
    now: dt.datetime,
    english: bool = False,
) -> tuple[list[Receipt], inbox.Stored]:
    """Stores a device's lines, applies what is new, and tells what became of each line, in order.

    `wall` is the phone's clock at this moment, from the header. Must not run inside a transaction:
    what is stored has to be committed before it is judged.
    """
    stored = inbox.store(raw_lines, sender=sender, wall=wall, now=now)
    fresh: dict[UUID, Entry] = {}
    for line in stored.lines:
        if line.entry is not None and line.receipt is None:
            fresh.setdefault(line.entry.op, line.entry)
    if fresh:
        apply(list(fresh.values()), sender=sender, now=now, ciphers=stored.ciphers)
    receipts = []
    for line in stored.lines:
        if line.receipt is not None:
            line.receipt.message = _stored_message(line.receipt, english=english)
            receipts.append(line.receipt)
        elif line.entry is not None:
            first = fresh[line.entry.op]
            receipts.append(receipt(first, english=english, again=first is not line.entry))
    return receipts, stored


def submit(drafts: Sequence[Draft], *, now: dt.datetime, english: bool = False) -> list[Receipt]:
    """The office's door: the same storing and applying, without a log. One receipt per new draft."""
    with transaction.atomic():
        ciphers = dict(ports().keys({draft.file for draft in drafts}, create=True))
        entries = inbox.store_drafts(drafts, received=now, ciphers=ciphers)
    apply(entries, sender=None, now=now, ciphers=ciphers)
    return [receipt(entry, english=english) for entry in entries]


def retry(*, now: dt.datetime, limit: int = 500) -> int:
    """Applies again what was held because of the server, and what a crash left unjudged.

    Returns how many operations were tried. Operations younger than a minute are left to the
    request that is still working on them.
    """
    entries = inbox.load(
        "ordinal IN (SELECT ordinal FROM sync_operation WHERE (outcome = 'held'"
        " AND code = 'server.retry') OR (outcome = 'received' AND received < %s)"
        " ORDER BY ordinal LIMIT %s)",
        [now - dt.timedelta(minutes=1), limit],
    )
    ciphers = dict(ports().keys({entry.file for entry in entries}))
    for entry in entries:
        # Its sender was let in when it came; asking again could only lose it.
        apply([entry], sender=None, now=now, ciphers=ciphers)
    return len(entries)


def receipt(entry: Entry, *, english: bool, again: bool = False) -> Receipt:
    """What the sender is told. A file out of scope looks like one that is not there yet."""
    assert entry.outcome
    hidden = {"outside", "stub"}
    language = 1 if english else 0
    return Receipt(
        op=entry.op, outcome=entry.outcome, code=entry.code, fields=entry.fields, again=again,
        flags=sorted({flag for flag in entry.flags if flag not in hidden}),
        message=entry.message[language] if entry.message else None,
        problems=[
            {
                "field": problem["field"],
                "code": problem["code"],
                "message": problem["en" if english else "zh"],
            }
            for problem in entry.problems
        ],
    )  # fmt: skip


def _stored_message(stored: Receipt, *, english: bool) -> str | None:
    phrase = {"line.unreadable": UNREADABLE_LINE, "op.taken": OP_TAKEN}.get(stored.code or "")
    return phrase[1 if english else 0] if phrase else None
