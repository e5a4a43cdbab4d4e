"""Lines in, one receipt for each out, after commit."""

import datetime as dt
from collections.abc import Sequence
from uuid import UUID

from django.db import transaction

from . import due, inbox, neutral, oplog, phrases, reopen, times
from .apply import apply, apply_stored
from .entries import Draft, Entry
from .ports import Sender, ports
from .protocol.messages import Receipt


def push(
    raw_lines: Sequence[bytes],
    *,
    sender: Sender,
    wall: dt.datetime | None,
    now: dt.datetime,
    english: bool = False,
    session: str | None = None,
    elapsed: int | None = None,
    last: tuple[int, str] | None = None,
) -> tuple[list[Receipt], inbox.Stored]:
    """Stores a device's lines, applies what is new, and tells what became of each line, in order.

    `wall`, `session` and `elapsed` are the phone's clocks at this moment, `last` the last line that it
    takes for received, all from the header. Without `wall` all it brings is doubted. Must not run inside a transaction:
    what is stored has to be committed before it is judged.
    """
    clock = times.reading(wall, session, elapsed) if wall else None
    stored = inbox.store(raw_lines, sender=sender, clock=clock, now=now, last=last)
    fresh = apply_stored(stored, sender=sender, now=now)
    if stored.unopened:
        reopen.lines_of(sender, now=now)
    receipts = []
    for line in stored.lines:
        if line.receipt is not None:
            told = neutral.told(line.receipt, line.entry.kind) if line.entry else line.receipt
            receipts.append(worded(told, english=english))
        elif line.entry is not None:
            first = fresh[line.entry.op]
            receipts.append(receipt(first, english=english, again=first is not line.entry))
    return receipts, stored


def submit(
    drafts: Sequence[Draft],
    *,
    now: dt.datetime,
    english: bool = False,
) -> list[Receipt]:
    """The office's door: the same storing and applying, without a log. One receipt per new draft."""
    with transaction.atomic():
        ciphers = dict(ports().keys({draft.file for draft in drafts}, create=True))
        entries = inbox.store_drafts(drafts, received=now, ciphers=ciphers, by_people=True)
    apply(entries, now=now, ciphers=ciphers)
    return [receipt(entry, english=english) for entry in entries]


def retry(*, now: dt.datetime, limit: int = 500, grace: dt.timedelta = due.GRACE) -> int:
    """Applies again what was held because of the server, and what a crash left unjudged.

    Younger ones than `grace` are left to their request. Returns how many operations were tried.
    Each failure puts the next try off (`settle`).
    """
    claimed = due.claim(now=now, limit=limit, grace=grace)
    entries = oplog.load("op = ANY(%s)", [claimed])
    if lost := list(set(claimed) - {entry.op for entry in entries}):
        due.erased(lost, now=now)
    units: dict[UUID, list[Entry]] = {}
    for entry in entries:
        units.setdefault(entry.group or entry.op, []).append(entry)
    ciphers = dict(ports().keys({entry.file for entry in entries}))
    for unit in units.values():
        apply(unit, now=now, ciphers=ciphers)
    return len(claimed)


def finish(*, now: dt.datetime) -> int:
    """Judges everything that is due at once: for when no request can be at work on any of it.

    Returns how many operations were tried. What fails again waits for its time.
    """
    tried = 0
    while count := retry(now=now, grace=dt.timedelta(0)):
        tried += count
    return tried


# What the office may know and the sender may not: a file out of scope looks like one not there yet.
_HIDDEN = {"outside", "stub", "danger", "apart"}


def receipt(entry: Entry, *, english: bool, again: bool = False) -> Receipt:
    """What the sender is told."""
    assert entry.outcome
    said = Receipt(
        op=entry.op, outcome=entry.outcome, code=entry.code, fields=entry.fields, again=again,
        flags=entry.flags, problems=entry.problems,
    )  # fmt: skip
    decided = said.code
    worded(neutral.told(said, entry.kind), english=english)
    if entry.message and said.code == decided:
        said.message = entry.message[1 if english else 0]
    return said


def worded(stored: Receipt, *, english: bool) -> Receipt:
    """A receipt as it was decided, in the sender's language and without what is not hers to know."""
    stored.flags = sorted(set(stored.flags) - _HIDDEN)
    stored.problems = [
        {
            "field": problem["field"],
            "code": problem["code"],
            "message": problem["en" if english else "zh"],
        }
        for problem in stored.problems
    ]
    phrase = phrases.BY_CODE.get(stored.code or "")
    stored.message = phrase[1 if english else 0] if phrase else None
    return stored
