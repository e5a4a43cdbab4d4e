"""The record type of what is open about a child: made by the server, had by every phone that has the file."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sync.entries import Entry
from sync.protocol import ids
from sync.registry import Columns, Policy, RecordType

from .models import OpenDanger

SHOW = "open_danger.show"


def advance(columns: Columns | None, entry: Entry) -> Columns:
    """What is open now; what was before stays in its operation."""
    return {"level": entry.data["level"], "because": entry.data["because"]}


def render(rows: Sequence[Any], opened: Mapping[Any, Any]) -> list[dict[str, Any]]:
    return [{"level": row.level, "because": row.because} for row in rows]


def record_of(child: UUID) -> UUID:
    """The id of a child's one record."""
    return ids.derived(child, "open_danger")


OPEN_DANGER = RecordType(
    name="open_danger", model=OpenDanger, policy=Policy.SERIALISED, kinds={SHOW: True},
    columns=["level", "because"], advance=advance, render=render,
)  # fmt: skip
