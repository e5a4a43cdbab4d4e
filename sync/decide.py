"""A person decides about an operation that is held, quarantined or waits for a review."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection

from . import oplog, phrases, review
from .entries import Draft
from .ports import ports
from .protocol import ids, messages
from .push import submit
from .registry import Refused, registry

# What a person may give anew. Who, when and whose file it was stays as it came.
REPAIRABLE = frozenset({"data", "kind", "target", "group", "form", "form_version"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """`members` are a repair's; `revision` is the one of the review that its author saw, 0 for none."""

    kind: str
    actor: UUID
    reason: str
    revision: int
    members: Mapping[str, Any] | None = None


def about_operation(op: UUID, decision: Decision, *, now: dt.datetime) -> messages.Receipt:
    """Returns what became of the operation. Raises `Refused`: nothing was decided.

    To approve one member of a group is to approve them all: they are applied whole or not at all.
    """
    file, shard = _place(op)
    drafts = [_draft(decision, op, file=file, shard=shard, now=now, revision=decision.revision)]
    if decision.kind == review.REPAIR:
        _check(op, decision.members or {})
    elif decision.kind == review.APPROVE:
        drafts += [
            _draft(decision, mate, file=file, shard=shard, now=now, revision=None)
            for mate, file, shard in _mates(op)
        ]
    _submit(drafts, now)
    (receipt,) = oplog.outcomes([op])
    return receipt


def about_line(
    subject: UUID, decision: Decision, *, device: UUID, shard: str, now: dt.datetime
) -> None:
    """Ends the matter of what is no operation: an unreadable line, a variant, two copies of a device."""
    revision = decision.revision
    _submit([_draft(decision, subject, file=device, shard=shard, now=now, revision=revision)], now)


def _submit(drafts: Sequence[Draft], now: dt.datetime) -> None:
    receipts = submit(drafts, now=now)
    if not receipts:
        raise _erased()
    told = receipts[0]
    if told.outcome == "applied":
        return
    zh, en = review.REFUSALS.get(told.code or "", phrases.SERVER_RETRY)
    raise Refused(told.code or told.outcome, fields=told.fields, zh=zh, en=en)


def _place(op: UUID) -> tuple[UUID, str]:
    """The file that seals the decision, of an erased one the device; and the shard."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT file, device, shard FROM sync_operation WHERE op = %s", [op])
        row = cursor.fetchone()
    if row is None:
        raise Refused("operation.unknown", fields=["op"], zh=_UNKNOWN[0], en=_UNKNOWN[1])
    file, device, shard = row
    return (file if ports().keys([file]) else device or file), shard


_UNKNOWN = review.REFUSALS["operation.unknown"]


def _mates(op: UUID) -> list[tuple[UUID, UUID, str]]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT m.op, m.file, m.shard FROM sync_operation o JOIN sync_operation m"
            ' ON m."group" = o."group" AND m.device = o.device AND m.op <> o.op'
            " WHERE o.op = %s AND o.outcome = 'held' AND m.outcome = 'held' ORDER BY m.ordinal",
            [op],
        )
        return list(cursor.fetchall())


def _draft(
    decision: Decision, subject: UUID, *, file: UUID, shard: str, now: dt.datetime,
    revision: int | None,
) -> Draft:  # fmt: skip
    data: dict[str, Any] = {"reason": decision.reason, "shard": shard}
    if revision is not None:
        data["revision"] = revision
    if decision.kind == review.REPAIR:
        data["members"] = dict(decision.members or {})
    return Draft(
        op=ids.uuid7(now), person=decision.actor, kind=decision.kind, target=subject, file=file,
        data=data, at=now,
    )  # fmt: skip


def _check(op: UUID, members: Mapping[str, Any]) -> None:
    """A repair that cannot be read is told to its author now, not found by the next reader."""
    wrong = sorted(members.keys() - REPAIRABLE)
    if wrong or not members:
        raise _unusable(wrong or ["members"])
    line = oplog.line(op)
    if line is None:
        raise _erased()
    try:
        operation = messages.read_operation(messages.write({**messages.members(line), **members}))
    except messages.Unreadable as error:
        raise _unusable(error.fields) from error
    if operation.kind not in registry.by_kind:
        raise _unusable(["kind"])


def _erased() -> Refused:
    return Refused(
        "file.erased", fields=["op"], zh="这份档案已依法删除,内容无法处理。",
        en="The file was erased by law; nothing can be done with its contents.",
    )  # fmt: skip


def _unusable(fields: Sequence[str]) -> Refused:
    return Refused(
        "repair.unusable", fields=[f"members.{field}" for field in fields],
        zh="修复内容无法使用,请对照标明的字段更正。",
        en="The repair cannot be used; correct the fields that are named.",
    )  # fmt: skip
