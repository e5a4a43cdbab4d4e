"""Opens what waits for a person. Whoever calls this writes down who asked, and why."""

import datetime as dt
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from . import oplog, review
from .ports import ports
from .protocol import messages
from .waiting import CLONE, LINES, OPERATION, VARIANT, Item, keyed


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """One decision with its reason; `members` are a repair's."""

    kind: str
    by: UUID
    at: dt.datetime
    reason: str
    members: dict[str, Any] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """`text` is what came, as far as it is text, `line` the same as JSON, if it is.

    Both are None of a clone, which has no contents, and of an erased file.
    """

    text: str | None
    line: dict[str, Any] | None
    decisions: list[Decided]


def contents(item: Item) -> Contents:
    raw = _opened(item)
    return Contents(
        text=None if raw is None else raw.decode("utf-8", "replace"), line=_line(raw),
        decisions=_decisions(item.id),
    )  # fmt: skip


def _line(raw: bytes | None) -> dict[str, Any] | None:
    try:
        return messages.members(raw or b"")
    except ValueError:
        return None


def _opened(item: Item) -> bytes | None:
    if item.what == OPERATION:
        return oplog.line(item.id)
    if item.what == CLONE or item.device is None:
        return None
    row = keyed(LINES[item.what]().filter(device=item.device)).filter(key=item.id).first()
    cipher = ports().keys([item.device]).get(item.device)
    if row is None or cipher is None:
        return None
    opened: bytes = cipher.open(row.body, row.op.bytes if item.what == VARIANT else b"")
    return opened


def _decisions(key: UUID) -> list[Decided]:
    steps = oplog.load(
        "target = %s AND outcome = 'applied' AND kind = ANY(%s)", [key, list(review.STATUS)],
        order="decision",
    )  # fmt: skip
    return [
        Decided(
            kind=step.kind, by=step.person, at=step.received,
            reason=str(step.data.get("reason", "")), members=step.data.get("members"),
        )
        for step in steps
    ]  # fmt: skip
