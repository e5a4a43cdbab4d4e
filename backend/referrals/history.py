"""What is on record of one referral or missing child: its operations with their words."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from backend.accounts import queries as accounts
from sync import oplog

# What the server needs of a step and nobody reads.
_INNER = {"revision", "division", "auto", "sealed", "cause", "escalation", "finding"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    op: UUID
    step: str
    observed: datetime
    received: datetime
    person: UUID
    name: str
    said: dict[str, Any]


def of(target: UUID, kinds: Collection[str]) -> list[Step]:
    """In the order in which they were decided."""
    entries = oplog.load(
        "target = ANY(%s) AND outcome = 'applied' AND kind = ANY(%s)", [[target], list(kinds)],
        order="decision",
    )  # fmt: skip
    names = accounts.names({entry.person for entry in entries})
    return [
        Step(
            op=entry.op, step=entry.kind.split(".")[1], observed=entry.observed,
            received=entry.received, person=entry.person, name=names.get(entry.person, ""),
            said=_said(entry.data),
        )
        for entry in entries
    ]  # fmt: skip


def _said(data: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in data.items() if name not in _INNER}
