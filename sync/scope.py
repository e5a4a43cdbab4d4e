"""Which file an operation belongs to, and whether its sender may know of it."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db import connection

from . import phrases
from .entries import Entry
from .ports import Sender, ports
from .registry import Policy, registry

Place = tuple[UUID, UUID]


def admit(entries: Sequence[Entry], sender: Sender | None, ciphers: dict[UUID, Any]) -> set[UUID]:
    """Locks the files, opens new ones, and marks what comes from outside the sender's scope.

    Returns the files opened. An unknown file is opened by a record's first operation, or as a stub
    by evidence, which is never refused; other operations wait for it. The answer for a file out of
    scope is the same as for one that does not exist.
    """
    if not entries:
        return set()
    shards = _lock({entry.file for entry in entries})
    held = _held(entries, shards)
    wanted: dict[UUID, tuple[str, bool]] = {}
    for entry in entries:
        if entry.file in shards:
            _judge(entry, sender, held)
        else:
            _open(entry, sender, wanted)
    _missing_keys(entries, ciphers)
    shards |= _insert(wanted)
    _hold_what_it_opened(entries, wanted)
    for entry in entries:
        entry.shard = shards.get(entry.file, "")
    return set(wanted)


def _lock(files: set[UUID]) -> dict[UUID, str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, shard FROM sync_file WHERE id = ANY(%s) ORDER BY id FOR UPDATE",
            [sorted(files)],
        )
        return dict(cursor.fetchall())


def _held(entries: Sequence[Entry], shards: Mapping[UUID, str]) -> dict[Place, int | None]:
    """Where each device holds what it writes to: the generation that took it back, or None.

    By the device that made the operation, not the one that pushes now: a push may release what
    another phone sent before.
    """
    devices = {entry.device for entry in entries if entry.device}
    if not devices or not shards:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT device, file, exited FROM sync_holding WHERE device = ANY(%s) AND file = ANY(%s)",
            [list(devices), list(shards)],
        )
        return {(device, file): exited for device, file, exited in cursor.fetchall()}


def _judge(entry: Entry, sender: Sender | None, held: Mapping[Place, int | None]) -> None:
    if entry.device is None:
        return
    place = (entry.device, entry.file)
    record_type = registry.by_kind[entry.kind]
    exited = held.get(place)
    # What it knew decides, not a clock: before it heard of the exit the file was its own.
    knew = place in held and (exited is None or (entry.base or 0) < exited)
    if sender and sender.revoked and sender.device == entry.device:
        entry.flags.append("revoked")
        if record_type.policy is not Policy.APPEND:
            entry.hold("device.revoked", message=phrases.DEVICE_REVOKED)
    elif not knew:
        entry.flags.append("outside")
        if record_type.policy is not Policy.APPEND:
            entry.hold("target.unknown", "target", message=phrases.WAITING)


def _open(entry: Entry, sender: Sender | None, wanted: dict[UUID, tuple[str, bool]]) -> None:
    record_type = registry.by_kind[entry.kind]
    fallback = sender.shard if sender else ""
    if record_type.kinds[entry.kind] and record_type.shard is not None:
        wanted[entry.file] = (record_type.shard(entry) or fallback, False)
    elif entry.file in wanted:
        return
    elif record_type.policy is Policy.APPEND:
        entry.flags.append("stub")
        wanted[entry.file] = (fallback, True)
    else:
        entry.hold("target.unknown", "target", message=phrases.WAITING)


def _insert(wanted: Mapping[UUID, tuple[str, bool]]) -> dict[UUID, str]:
    """DO UPDATE, so that a file another transaction has just opened comes back locked."""
    if not wanted:
        return {}
    files = sorted(wanted)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO sync_file (id, shard, digest, stub)"
            " SELECT i, s, 0, b FROM unnest(%s::uuid[], %s::text[], %s::bool[]) AS u(i, s, b)"
            " ON CONFLICT (id) DO UPDATE SET stub = sync_file.stub AND excluded.stub"
            " RETURNING id, shard",
            [files, [wanted[f][0] for f in files], [wanted[f][1] for f in files]],
        )
        return dict(cursor.fetchall())


def _hold_what_it_opened(entries: Sequence[Entry], wanted: Mapping[UUID, tuple[str, bool]]) -> None:
    """A device holds the file it opened: the next edit may come before its first pull."""
    pairs = sorted(
        {
            (entry.device, entry.file)
            for entry in entries
            if entry.device and entry.file in wanted and not wanted[entry.file][1]
        }
    )
    if not pairs:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO sync_holding (device, file, wanted, confirmed)"
            " SELECT d, f, true, false FROM unnest(%s::uuid[], %s::uuid[]) AS u(d, f)"
            " ON CONFLICT (device, file) DO NOTHING",
            [[device for device, _ in pairs], [file for _, file in pairs]],
        )


def _missing_keys(entries: Sequence[Entry], ciphers: dict[UUID, Any]) -> None:
    absent = {entry.file for entry in entries} - ciphers.keys()
    if absent:
        ciphers |= ports().keys(absent, create=True)
    for entry in entries:
        if entry.file not in ciphers:
            entry.quarantine("file.erased", "file", message=phrases.FILE_ERASED)
