"""What follows when a county takes a child over, in the transaction in which the file moves."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from backend.audit import services as audit
from backend.children import lookup
from backend.children import queries as children
from sync.entries import Applied, Draft
from sync.merge import registers
from sync.protocol import ids

from .models import Assignment
from .transfer_record import FOLLOW


def follow_transfers(applied: Sequence[Applied], now: datetime) -> list[Draft]:
    """The old caseload ends, the residence is the new one, and the household goes along when no other
    child of it stays behind. All of it is locked; see `transfers.transfer_accept`.
    """
    accepted = [item for item in applied if item.entry.kind == "transfer.accept"]
    if not accepted:
        return []
    moved = {item.entry.file for item in accepted}
    open_rows = {row.file: row for row in Assignment.objects.filter(file__in=moved, ends_on=None)}
    homes = _homes_left(accepted)
    states, houses = lookup.child_states(moved), lookup.household_states(homes.values())
    drafts = []
    for item in accepted:
        child = item.entry.file
        if child in open_rows:
            revision = {"revision": open_rows[child].revision}
            drafts.append(_draft(item, "caseload.end", open_rows[child].id, child, revision, now))
        if edit := _arrived(states.get(child, {}), item.columns):
            drafts.append(_draft(item, "child.edit", child, child, edit, now))
        home = homes.get(child)
        if home is not None and home in houses:
            drafts += _followed(item, home, houses[home], now)
    return drafts


def _homes_left(accepted: Sequence[Applied]) -> dict[UUID, UUID]:
    """The household of each child, where no other child that is here stays in the county it left.

    The rows of those that moved have their new county already.
    """
    homes = children.households_of({item.entry.file for item in accepted})
    rows = children.everybody().filter(household__in=homes.values())
    here = rows.exclude(status__in=children.LEFT).values_list("household", "shard")
    staying = set(here)
    left = {item.entry.file: item.columns["from_county"] for item in accepted}
    return {child: home for child, home in homes.items() if (home, left[child]) not in staying}


def _arrived(state: registers.State, transfer: dict[str, Any]) -> dict[str, Any]:
    """The child lives where it was taken over to; one that had moved away is registered again."""
    writes = dict(_residence(state, transfer["to_division"]))
    life_cycle = _shown(state, "life_cycle")
    if life_cycle.get("status") == "moved":
        writes["life_cycle"] = _write(state, "life_cycle", {"status": "registered"})
    return {"set": writes} if writes else {}


def _residence(state: registers.State, division: str) -> dict[str, Any]:
    """Nothing where the file says so already, as exactly or more so."""
    if str(_shown(state, "residence").get("division") or "").startswith(division):
        return {}
    return {"residence": _write(state, "residence", {"division": division})}


def _shown(state: registers.State, name: str) -> dict[str, Any]:
    value = registers.shown(state[name]) if name in state and state[name].live else None
    return value if isinstance(value, dict) else {}


def _write(state: registers.State, name: str, value: Any) -> dict[str, Any]:
    live = state[name].live if name in state else {}
    return {"v": value, "saw": sorted(live)}


def _followed(item: Applied, home: UUID, state: registers.State, now: datetime) -> list[Draft]:
    data = {
        "from": item.columns["from_county"], "division": item.columns["to_division"],
        "with": str(item.entry.file),
    }  # fmt: skip
    target = ids.derived(item.entry.op, "transfer", str(home))
    drafts = [_draft(item, FOLLOW, target, home, data, now)]
    if writes := _residence(state, item.columns["to_division"]):
        drafts.append(_draft(item, "household.edit", home, home, {"set": writes}, now))
    return drafts


def _draft(
    item: Applied, kind: str, target: UUID, file: UUID, data: dict[str, Any], now: datetime
) -> Draft:
    return Draft(
        op=ids.derived(item.entry.op, kind, str(target)), person=item.entry.person, kind=kind,
        target=target, file=file, data={**data, "transfer": str(item.entry.target)}, at=now,
    )  # fmt: skip


def audit_transfers(applied: Sequence[Applied], now: datetime) -> None:
    """A line in the log of each of the two counties beside the step that was taken."""
    steps = [item for item in applied if item.type == "transfer" and item.entry.kind != FOLLOW]
    for kind in sorted({item.entry.kind for item in steps}):
        audit.record_each(
            [
                audit.Line(
                    actor=item.entry.person, subject=item.entry.target,
                    county=item.columns[side], detail={"child": str(item.entry.file)},
                )
                for item in steps
                if item.entry.kind == kind
                for side in ("from_county", "to_county")
            ],
            action=kind, subject_type="transfer", now=now,
        )  # fmt: skip
