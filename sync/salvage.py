"""What can still be read of lines that are kept apart: a danger in them must reach a person."""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from .entries import Entry
from .inbox import Line
from .ports import Sender
from .protocol import messages


def readable(lines: Iterable[Line], *, sender: Sender, now: dt.datetime) -> Sequence[Entry]:
    """Variants of operations, and lines whose envelope is broken but whose data and record are not.

    An entry's `op` is the line's own id: the operation's belongs to other bytes, or to none.
    """
    found = []
    for line in lines:
        if line.receipt is None:
            continue
        if line.receipt.code == "op.taken" and line.entry is not None:
            found.append(replace(line.entry, op=line_id(line.hash)))
        elif line.receipt.code == "line.unreadable" and (entry := _entry(line, sender, now)):
            found.append(entry)
    return found


def line_id(hash_: bytes) -> UUID:
    """The id by which a line that is no operation is spoken of."""
    return UUID(bytes=hash_[:16])


def _entry(line: Line, sender: Sender, now: dt.datetime) -> Entry | None:
    try:
        said = messages.parse(line.raw)
    except ValueError:
        return None
    data, target = (said.get("data"), _id(said, "target")) if isinstance(said, dict) else (0, None)
    file = _id(said, "file") or target if isinstance(said, dict) else None
    if not isinstance(data, dict) or file is None:
        return None
    return Entry(
        op=line_id(line.hash), person=_id(said, "person") or min(sender.people, default=UUID(int=0)),
        kind=str(said.get("kind", "")), target=target or file, file=file, data=data, wall=now,
        at=int(now.timestamp() * 1000), uncertainty=0, received=now, device=sender.device,
        sent_from=sender.shard, form=_text(said, "form"), form_version=_text(said, "form_version"),
        ruleset=_text(said, "ruleset"),
    )  # fmt: skip


def _id(said: dict[str, Any], name: str) -> UUID | None:
    try:
        return UUID(str(said.get(name)))
    except ValueError:
        return None


def _text(said: dict[str, Any], name: str) -> str | None:
    value = said.get(name)
    return value if isinstance(value, str) else None
