"""The record type of a transfer: one county offers a child, another takes it over or does not.

Until it is accepted the county that offers stays responsible. With the acceptance the file moves.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from backend.children import queries as children
from sync.entries import Entry
from sync.registry import Columns, OneOpen, Policy, Problem, RecordType, Reference, Refused

from .models import Transfer

ENDS = {
    "transfer.accept": "accepted", "transfer.refuse": "refused", "transfer.withdraw": "withdrawn",
}  # fmt: skip
# With the child, when no other child of the household stays behind.
FOLLOW = "transfer.follow"


def advance(columns: Columns | None, entry: Entry) -> Columns:
    """`offer` opens; the three ends name the revision their author saw. `follow` is the server's."""
    if entry.kind not in ENDS:
        return _opened(columns, entry)
    if columns is None or columns["status"] != "offered":
        raise Refused(
            "transfer.closed",
            fields=["transfer"],
            zh="此转移已被接收、拒绝或撤回。请刷新。",
            en="This offer was accepted, refused or withdrawn already. Reload the list.",
        )
    if entry.data.get("revision") != columns["revision"]:
        raise Refused(
            "stale",
            fields=["revision"],
            zh="此转移已被他人更改,请刷新后再试。",
            en="Somebody changed this offer; reload it and try again.",
        )
    return {
        **{name: value for name, value in columns.items() if name != "revision"},
        "status": ENDS[entry.kind],
        "to_division": entry.data.get("division") or columns["to_division"],
        "decided_op": entry.op, "decided_at": entry.received, "decided_by": entry.person,
    }  # fmt: skip


def _opened(columns: Columns | None, entry: Entry) -> Columns:
    if columns is not None:
        raise Refused(
            "target.taken", fields=["target"], zh="此编号已被使用。", en="This id is already taken."
        )
    division = str(entry.data["division"])
    return {
        "status": "followed" if entry.kind == FOLLOW else "offered",
        "from_county": entry.data["from"], "to_county": division[:6], "to_division": division,
        "offer_op": entry.op, "offered_at": entry.received, "offered_by": entry.person,
        "decided_op": None, "decided_at": None, "decided_by": None,
    }  # fmt: skip


def check(entries: Sequence[Entry]) -> list[list[Problem]]:
    """Under the file's lock: only the county that has the file can offer it."""
    for entry in entries:
        if entry.kind == "transfer.offer" and entry.data.get("from") != entry.shard:
            entry.quarantine(
                "transfer.elsewhere", "from",
                message=("档案已不在发出的县。", "The file is no longer in the county that offers."),
            )  # fmt: skip
    return [[] for _ in entries]


def moves(entry: Entry, columns: Columns) -> str | None:
    """The county that the file goes to with this step."""
    moving = entry.kind in ("transfer.accept", FOLLOW)
    return str(columns["to_county"]) if moving else None


def reaches(entries: Sequence[Entry]) -> set[UUID]:
    """The households of children that are accepted: they go along, or are told of it."""
    accepted = [entry.file for entry in entries if entry.kind == "transfer.accept"]
    return set(children.households_of(accepted).values()) if accepted else set()


def already_offered() -> Refused:
    return Refused(
        "transfer.open",
        fields=["child"],
        zh="这个孩子已有一个待接收的转移,请先撤回。",
        en="This child is offered already; withdraw that offer first.",
    )


def is_open(columns: Columns) -> Any:
    return columns["status"] == "offered"


TRANSFER = RecordType(
    name="transfer", model=Transfer, policy=Policy.SERIALISED, server_only=True,
    kinds={"transfer.offer": True, **dict.fromkeys(ENDS, False), FOLLOW: True},
    columns=[
        "status", "from_county", "to_county", "to_division", "offer_op", "offered_at",
        "offered_by", "decided_op", "decided_at", "decided_by",
    ],
    check=check, advance=advance, moves=moves, reaches=reaches, one_open=OneOpen(is_open, already_offered),
    references=[Reference("with", "child")],
    harmless={
        "offer_op": "its own step", "decided_op": "its own step", "offered_by": "a person",
        "decided_by": "a person",
    },
)  # fmt: skip
