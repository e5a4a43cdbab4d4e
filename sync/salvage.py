"""What can still be read of lines that are kept apart: a danger in them must reach a person."""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from .entries import Entry
from .inbox import Line
from .ports import Sender
from .protocol import ids, lenient, messages

# What somebody wrote where not even an object can be read.
WORDS = "text"
# Of a body that is no push, as many as a push has.
BODY_LINES = 500


def readable(lines: Iterable[Line], *, sender: Sender, now: dt.datetime) -> Sequence[Entry]:
    """Variants of operations, and lines that cannot be read, as far as they can.

    An entry's `op` is the line's own id: the operation's belongs to other bytes, or to none.
    """
    found: list[Entry] = []
    for line in lines:
        if line.receipt is None:
            continue
        if line.receipt.code == "op.taken" and line.entry is not None:
            found.append(replace(line.entry, op=line_id(line.hash)))
        elif line.receipt.code == "line.unreadable":
            found += unreadable(line.raw, sender=sender, now=now)
    return found


def unreadable(raw: bytes, *, sender: Sender, now: dt.datetime) -> list[Entry]:
    """One entry for each way in which the bytes can be read; see `lenient`."""
    own = line_id(messages.line_hash(raw))
    return [
        _entry(ids.derived(own, "reading", str(number)) if number else own, said, raw, sender, now)
        for number, said in enumerate(lenient.readings(raw))
    ]


def of_body(body: bytes, *, sender: Sender, now: dt.datetime) -> list[Entry]:
    """The same of the lines of a body that cannot be taken; its first was meant to be the header."""
    lines = [line for line in body.split(b"\n")[1:] if line][:BODY_LINES]
    return [entry for line in lines for entry in _of_line(line, sender, now)]


def _of_line(line: bytes, sender: Sender, now: dt.datetime) -> list[Entry]:
    """A whole operation is spoken of by its own id: it will come again, and is not to be found twice."""
    entries = unreadable(line, sender=sender, now=now)
    try:
        operation = messages.read_operation(line)
    except messages.Unreadable:
        return entries
    return [replace(entries[0], op=operation.op, data=operation.data)]


def line_id(hash_: bytes) -> UUID:
    """The id by which a line that is no operation is spoken of."""
    found = UUID(bytes=hash_[:16])
    return found if ids.is_ours(found) else UUID(int=found.int & ~(1 << 62))


def _entry(op: UUID, said: dict[str, Any], raw: bytes, sender: Sender, now: dt.datetime) -> Entry:
    """Where no file can be read it is about one of its own: a stub where the sender works."""
    data = said.get("data")
    target = _id(said, "target")
    file = _id(said, "file") or target or line_id(messages.line_hash(raw))
    return Entry(
        op=op, person=_id(said, "person") or min(sender.people, default=UUID(int=0)),
        kind=_text(said, "kind") or "", target=target or file, file=file,
        data=data if isinstance(data, dict) else {WORDS: lenient.text(raw)}, wall=now,
        at=int(now.timestamp() * 1000), uncertainty=0, received=now, device=sender.device,
        sent_from=sender.shard, form=_text(said, "form"), form_version=_text(said, "form_version"),
        ruleset=_text(said, "ruleset"),
    )  # fmt: skip


def _id(said: dict[str, Any], name: str) -> UUID | None:
    try:
        found = UUID(str(said.get(name)))
    except ValueError:
        return None
    return found if ids.is_ours(found) else None


def _text(said: dict[str, Any], name: str) -> str | None:
    value = said.get(name)
    return value if isinstance(value, str) else None
