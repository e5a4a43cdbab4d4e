"""The record type of an assignment."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sync.entries import Entry
from sync.registry import Columns, OneOpen, Policy, RecordType, Refused

from .danger_record import OPEN_DANGER
from .models import Assignment
from .transfer_record import TRANSFER

_CHINA = ZoneInfo("Asia/Shanghai")


def advance(columns: Columns | None, entry: Entry) -> Columns:
    """`caseload.assign` opens, `caseload.end` closes with the revision its author saw."""
    day = entry.observed.astimezone(_CHINA).date()
    if entry.kind == "caseload.assign":
        if columns is not None:
            raise Refused(
                "assignment.exists",
                fields=["target"],
                zh="此分配已存在,请新建一条。",
                en="This assignment exists already; make a new one.",
            )
        return {"person": _person(entry), "starts_on": day, "ends_on": None}
    if columns is None or columns["ends_on"] is not None:
        raise Refused(
            "assignment.closed",
            fields=["target"],
            zh="此分配不存在或已结束。",
            en="This assignment does not exist or has ended.",
        )
    if entry.data.get("revision") != columns["revision"]:
        raise Refused(
            "stale",
            fields=["revision"],
            zh="此分配已被他人更改,请刷新后再试。",
            en="Somebody changed this assignment; reload it and try again.",
        )
    return {**columns, "ends_on": day}


def _person(entry: Entry) -> UUID:
    try:
        return UUID(str(entry.data.get("person")))
    except ValueError:
        raise Refused(
            "assignment.person",
            fields=["person"],
            zh="没有写明分配给谁,请选择一位儿童主任。",
            en="It is not said to whom; choose a supervisor.",
        ) from None


def already_assigned() -> Refused:
    return Refused(
        "assignment.open",
        fields=["file"],
        zh="这个孩子已由他人负责,请先结束原分配,或使用移交。",
        en="This child is assigned to somebody already; end that first, or hand over.",
    )


def render(rows: Sequence[Any], opened: Mapping[Any, Any]) -> list[dict[str, Any]]:
    return [
        {
            "person": str(row.person),
            "starts_on": row.starts_on.isoformat(),
            "ends_on": row.ends_on.isoformat() if row.ends_on else None,
            "revision": row.revision,
        }
        for row in rows
    ]


ASSIGNMENT = RecordType(
    name="assignment",
    model=Assignment,
    policy=Policy.SERIALISED,
    kinds={"caseload.assign": True, "caseload.end": False},
    columns=["person", "starts_on", "ends_on"],
    advance=advance,
    one_open=OneOpen(lambda columns: columns["ends_on"] is None, already_assigned),
    render=render,
    harmless={"person": "who covers the child"},
)
RECORD_TYPES = [ASSIGNMENT, TRANSFER, OPEN_DANGER]
