"""Decisions about operations, by the server or a person: each is an operation itself, and is replayed.

`operation.force` ends a wait, `operation.approve` lets in what waits for a review, `operation.repair`
gives other contents, `operation.replay` tries again as it is, `operation.set_aside` ends the matter,
`operation.alarm` says that the server has failed for too long. The record's id is the operation's.
"""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db import connection

from . import names, oplog, phrases
from .entries import Applied, Entry
from .models import Review
from .registry import Columns, Policy, RecordType, Refused

FORCE, APPROVE, REPAIR = "operation.force", "operation.approve", "operation.repair"
REPLAY, SET_ASIDE, ALARM = "operation.replay", "operation.set_aside", "operation.alarm"
STATUS: Mapping[str, str] = {
    FORCE: "forced", APPROVE: "approved", REPAIR: "repaired", REPLAY: "replayed",
    SET_ASIDE: "set_aside", ALARM: "alarm",
}  # fmt: skip
# The code of what a person has set aside.
CODE = SET_ASIDE
# What each leaves on the operation, for whoever judges it from then on.
_MARKS = {FORCE: "forced", APPROVE: "reviewed", REPAIR: "repaired"}
# In SQL: an operation `o` that came from a revoked device and that nobody has approved.
DOUBTED = "('revoked' = ANY(o.flags) AND NOT 'reviewed' = ANY(o.flags))"
# Why a decision is not taken.
REFUSALS: Mapping[str, phrases.Phrase] = {
    "stale": (
        "已有人处理过这条操作,请刷新后再试。",
        "Somebody has decided about this operation; reload it and try again.",
    ),
    "operation.settled": (
        "这条操作已经生效,无需再处理。",
        "This operation is applied already; there is nothing to decide.",
    ),
    "operation.unknown": ("没有这条操作。", "There is no such operation."),
}


def advance(columns: Columns | None, entry: Entry) -> Columns:
    """A person names the revision she saw; the server decides without."""
    seen, now = entry.data.get("revision"), columns["revision"] if columns else 0
    if seen is not None and seen != now:
        zh, en = REFUSALS["stale"]
        raise Refused("stale", fields=["revision"], zh=zh, en=en)
    before = columns["repair"] if columns else None
    return {
        "status": STATUS[entry.kind], "by": entry.person, "at": entry.received,
        "repair": entry.op if entry.kind == REPAIR else before,
    }  # fmt: skip


REVIEW = RecordType(
    name="review", model=Review, policy=Policy.SERIALISED, kinds=dict.fromkeys(STATUS, True),
    columns=["status", "by", "at", "repair"], advance=advance, server_only=True, fileless=True,
    harmless={"by": "a person", "repair": "its own step"},
)  # fmt: skip


def admit(batch: Sequence[Entry]) -> None:
    """Locks the operations that are decided about; what is applied already is only approved."""
    decisions = [e for e in batch if e.kind in STATUS and e.outcome is None]
    if not decisions:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT op, outcome FROM sync_operation WHERE op = ANY(%s) ORDER BY op FOR UPDATE",
            [[entry.target for entry in decisions]],
        )
        outcomes = dict(cursor.fetchall())
    for entry in decisions:
        outcome = outcomes.get(entry.target)
        if outcome is None and entry.kind != SET_ASIDE:
            _refuse(entry, "operation.unknown")
        elif outcome == "applied" and entry.kind != APPROVE:
            _refuse(entry, "operation.settled")


def _refuse(entry: Entry, code: str) -> None:
    entry.quarantine(code, "target", message=REFUSALS[code])


def follow(applied: Sequence[Applied], ciphers: Mapping[UUID, Any]) -> list[Entry]:
    """The operations that were decided about, to be judged again or with their new outcome."""
    steps = {item.entry.target: item.entry for item in applied if item.type == REVIEW.name}
    if not steps:
        return []
    _amend({op: step for op, step in steps.items() if step.kind == REPAIR})
    _mark([op for op, step in steps.items() if step.kind == APPROVE])
    again = [op for op, step in steps.items() if step.kind != ALARM]
    entries = oplog.load("op = ANY(%s) AND outcome <> 'applied'", [again], ciphers=ciphers)
    for entry in entries:
        kind = steps[entry.op].kind
        if kind == SET_ASIDE:
            entry.quarantine(CODE, message=phrases.SET_ASIDE)
        elif kind in _MARKS:
            entry.flags = sorted({*entry.flags, _MARKS[kind]})
    _set_aside({op for op in again if steps[op].kind == SET_ASIDE} - {e.op for e in entries})
    return entries


def alarmed(applied: Sequence[Applied], ciphers: Mapping[UUID, Any]) -> list[Entry]:
    """The operations that the server has failed on for too long."""
    ops = [i.entry.target for i in applied if i.type == REVIEW.name and i.entry.kind == ALARM]
    return oplog.load("op = ANY(%s)", [ops], ciphers=ciphers) if ops else []


def _amend(repairs: Mapping[UUID, Entry]) -> None:
    """`oplog.load` reads such an operation with the members that its repair gives."""
    if not repairs:
        return
    rows = [(op, step.op, step.data["members"]) for op, step in repairs.items()]
    kinds = [members.get("kind") for _, _, members in rows]
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE sync_operation o SET amended = r.repair, kind = coalesce(r.kind, o.kind),"
            " target = coalesce(r.target, o.target)"
            " FROM unnest(%s::uuid[], %s::uuid[], %s::text[], %s::uuid[])"
            " AS r(op, repair, kind, target) WHERE o.op = r.op",
            [
                [op for op, _, _ in rows], [repair for _, repair, _ in rows],
                [kind and names.kind_column(kind) for kind in kinds],
                [members.get("target") for _, _, members in rows],
            ],
        )  # fmt: skip


def _mark(approved: Sequence[UUID]) -> None:
    """Evidence that came from a revoked phone is applied; a person has now looked at it."""
    if approved:
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE sync_operation SET flags = array_append(flags, 'reviewed')"
                " WHERE op = ANY(%s) AND outcome = 'applied' AND NOT 'reviewed' = ANY(flags)",
                [list(approved)],
            )


def _set_aside(closed: set[UUID]) -> None:
    """Operations of erased files: nobody can open them, but the matter can be ended."""
    if closed:
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE sync_operation SET code = 'operation.set_aside', fields = '{}',"
                " news = CASE WHEN device IS NULL THEN NULL ELSE 0 END"
                " WHERE op = ANY(%s) AND outcome <> 'applied'",
                [list(closed)],
            )
