"""What follows in the caseload from operations applied."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from backend.accounts import queries as accounts
from sync import holdings
from sync.entries import Applied, Draft
from sync.protocol import ids

from . import queries


def assign_registered(applied: Sequence[Applied], now: datetime) -> list[Draft]:
    """A child that a supervisor registers on her phone is hers to visit."""
    return [
        Draft(
            op=ids.derived(item.entry.op, "caseload.assign"),
            person=item.entry.person,
            kind="caseload.assign",
            target=ids.derived(item.entry.op, "assignment"),
            file=item.entry.file,
            data={"person": str(item.entry.person)},
            at=item.entry.observed,
        )
        for item in applied
        if item.type == "child" and item.created and item.entry.device
    ]


def move_files(applied: Sequence[Applied]) -> None:
    """Whoever gains or loses a child gains or loses its file; a new household follows its child."""
    people: set[UUID] = {item.columns["person"] for item in applied if item.type == "assignment"}
    moved = {
        item.entry.file
        for item in applied
        if item.type == "child" and "household" in item.entry.data.get("set", {})
    }
    if moved:
        people |= queries.supervisors_of(moved)
    if people:
        holdings.reconcile(accounts.devices_of(people))
