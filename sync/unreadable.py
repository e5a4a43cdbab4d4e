"""Bytes that are no operation of a log, each kept once by its hash under the device's key."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from .ports import Sender, ports
from .protocol import messages

BODY, RECORD = "body.unreadable", "record.unreadable"


@dataclass(frozen=True, slots=True)
class Unread:
    """`code` is the receipt's; `detail` says where it could not be read, without its contents."""

    raw: bytes
    code: str
    detail: str
    # Of a sealed line the id of the key it is sealed to, where that is all that is wanting.
    sealed_to: bytes | None = None


@dataclass(frozen=True, slots=True)
class Variant:
    """Other bytes under an operation id that was taken."""

    op: UUID
    raw: bytes


def keep(
    found: Sequence[Unread], *, device: UUID, cipher: Any, now: dt.datetime,
    offset: int | None = None,
) -> None:  # fmt: skip
    """One statement, in the caller's transaction. `offset` is the phone's clock's at this sync: what
    can be opened later is then dated as if it could be opened now.
    """
    if not found:
        return
    rows = {
        messages.line_hash(one.raw): (cipher.seal(one.raw), one.code, one.detail, one.sealed_to)
        for one in found
    }
    bodies, codes, details, keys = (list(column) for column in zip(*rows.values(), strict=True))
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO sync_unreadableline"
            " (hash, device, body, code, detail, received, sealed_to, clock_offset)"
            " SELECT h, %s, b, c, d, %s, k, %s"
            " FROM unnest(%s::bytea[], %s::bytea[], %s::text[], %s::text[], %s::bytea[])"
            " AS u(h, b, c, d, k) ON CONFLICT (hash) DO NOTHING",
            [device, now, offset, list(rows), bodies, codes, details, keys],
        )


def keep_body(body: bytes, detail: str, *, sender: Sender, now: dt.datetime) -> None:
    """A whole body, as it came, in a transaction of its own; nothing if there is none."""
    if body:
        _keep_beside([Unread(body, BODY, detail)], sender, now)


def keep_records(raws: Sequence[bytes], *, sender: Sender, now: dt.datetime) -> None:
    """What was offered as a record and is none, likewise."""
    if raws:
        _keep_beside([Unread(raw, RECORD, "record") for raw in raws], sender, now)


def _keep_beside(found: Sequence[Unread], sender: Sender, now: dt.datetime) -> None:
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO sync_devicelog (device, have, generation, shard)"
                " VALUES (%s, '[]', 0, %s) ON CONFLICT (device) DO NOTHING",
                [sender.device, sender.shard],
            )
        cipher = ports().keys([sender.device], create=True)[sender.device]
        keep(found, device=sender.device, cipher=cipher, now=now)


def keep_variants(
    found: Sequence[Variant], *, device: UUID, ciphers: Mapping[UUID, Any], now: dt.datetime
) -> None:
    """One statement, in the caller's transaction."""
    if not found:
        return
    rows = {
        messages.line_hash(one.raw): (one.op, ciphers[device].seal(one.raw, one.op.bytes))
        for one in found
    }
    ops, bodies = (list(column) for column in zip(*rows.values(), strict=True))
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO sync_variantline (hash, op, device, body, received)"
            " SELECT h, o, %s, b, %s FROM unnest(%s::bytea[], %s::uuid[], %s::bytea[])"
            " AS u(h, o, b) ON CONFLICT (hash) DO NOTHING",
            [device, now, list(rows), ops, bodies],
        )
