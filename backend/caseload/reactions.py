"""What follows in the caseload from operations applied."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from uuid import UUID

from django.utils import timezone

from backend.accounts import queries as accounts
from backend.audit import services as audit
from backend.children import queries as children
from backend.regions import codes
from sync import holdings
from sync.entries import Applied, Draft
from sync.protocol import ids

from . import due, plan, queries, scope

# What of a child's registers decides whose township it is in, and how urgent it is there.
_PLACED_BY = frozenset({"residence", "life_cycle", "risk_level"})


def assign_registered(applied: Sequence[Applied], now: datetime) -> list[Draft]:
    """A child that a supervisor registers on her phone is hers to visit, if she works in its village.

    Otherwise nobody covers it yet, and it is listed as unassigned. By the roles of today, not of
    the phone's date, which may be wrong.
    """
    registered = [i for i in applied if i.type == "child" and i.created and i.entry.device]
    if not registered:
        return []
    areas = accounts.areas(
        {item.entry.person for item in registered},
        on=timezone.localdate(now), roles=["village_supervisor"],
    )  # fmt: skip
    taken = queries.assigned({item.entry.file for item in registered})
    return [
        _assignment(item)
        for item in registered
        if item.entry.file not in taken
        and codes.covers(areas[item.entry.person], item.columns["division"])
    ]


def _assignment(item: Applied) -> Draft:
    return Draft(
        op=ids.derived(item.entry.op, "caseload.assign"),
        person=item.entry.person,
        kind="caseload.assign",
        target=ids.derived(item.entry.op, "assignment"),
        file=item.entry.file,
        data={"person": str(item.entry.person)},
        at=item.entry.observed,
    )


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


def look_at_townships(applied: Sequence[Applied], now: datetime) -> None:
    """Children whom somebody begins or ceases to cover, who move, or whose escalation takes a step come
    to the phones of their township's supervisors, or leave them, with the next sync of each.

    Five statements, whatever their number. No phone's log is locked here: what a village sends must
    not wait for the township. Roles that begin or end on a day are in the cursor's hash of the scope.
    """
    concerning = [item for item in applied if _concerns_townships(item)]
    if not concerning:
        return
    changed = {item.entry.file for item in concerning}
    places = {item.columns["division"] for item in concerning if item.type != "assignment"}
    if covered := {item.entry.file for item in concerning if item.type == "assignment"}:
        places |= set(children.divisions_of(covered).values())
    today = timezone.localdate(now)
    there = accounts.holding(places, roles=scope.TOWNSHIP, on=today)
    devices = {*accounts.devices_of({holder.person for holder in there})}
    # The child may come from another township, whose phone has the file.
    devices |= accounts.with_role(holdings.holders(changed), roles=scope.TOWNSHIP, on=today)
    if devices:
        holdings.look_again(devices)


def _concerns_townships(item: Applied) -> bool:
    """Sealed escalations change nothing on any phone."""
    if item.type == "child":
        return item.created or not _PLACED_BY.isdisjoint(item.entry.data.get("set", {}))
    return item.type == "assignment" or (item.type == "escalation" and not item.columns["sealed"])


def audit_covers(applied: Sequence[Applied], now: datetime) -> None:
    """Who gave a child to whom, or took it back, stands beside the change."""
    changes = [item for item in applied if item.type == "assignment"]
    for kind in sorted({item.entry.kind for item in changes}):
        audit.record_each(
            [_line(item) for item in changes if item.entry.kind == kind],
            action=kind, subject_type="child", now=now,
        )  # fmt: skip


def _line(item: Applied) -> audit.Line:
    detail = {"assignment": str(item.entry.target), "person": str(item.columns["person"])}
    if "order" in item.entry.data:
        detail["order"] = str(item.entry.data["order"])
    return audit.Line(
        actor=item.entry.person, subject=item.entry.file, county=item.entry.shard,
        device=item.entry.device, detail=detail,
    )  # fmt: skip


def keep_visit_plan(
    applied: Sequence[Applied],
    now: datetime,
    *,
    visited: Collection[UUID],
    last_seen: due.LastSeen,
    critical: Mapping[UUID, datetime | None],
    monitored: Mapping[UUID, tuple[int, datetime, date] | None],
) -> None:
    """The next visit follows from the last one, the child's own record, the dangers that are open and
    the visits that a case orders. `critical`: the children whose dangers have changed, with the last
    critical one that everybody may know of; `monitored` are (every so many days, from when, last day)
    or None."""
    registers = [item for item in applied if item.type == "child"]
    shown = {item.entry.file for item in applied if item.type == "open_danger"}
    due.replan(
        {*visited, *critical, *shown, *monitored, *(item.entry.file for item in registers)},
        registered={item.entry.file: item.entry.observed for item in registers if item.created},
        critical=critical,
        monitored={child: _monitoring(ordered) for child, ordered in monitored.items()},
        last_seen=last_seen,
        now=now,
    )


def _monitoring(ordered: tuple[int, datetime, date] | None) -> plan.Monitoring | None:
    return plan.Monitoring(days=ordered[0], since=ordered[1], until=ordered[2]) if ordered else None
