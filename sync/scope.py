"""Which file an operation belongs to, and whether its sender may know of it."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection

from . import phrases
from .entries import Entry
from .ports import ports
from .registry import Policy, registry

Place = tuple[UUID, UUID]


class Opened(NamedTuple):
    """`moved` are stubs whose record belongs to another shard than the evidence that came first."""

    files: set[UUID]
    moved: dict[UUID, str]


def admit(entries: Sequence[Entry], ciphers: dict[UUID, Any]) -> Opened:
    """Locks the files, opens new ones, and marks what comes from outside its sender's scope.

    Of entries that already have an outcome only the files are locked. An unknown file or a stub is
    opened by a record's first operation, an unknown file as a stub by evidence, which is never
    refused; other operations wait for it. The answer for a file out of scope is the same as for one
    that does not exist.
    """
    if not entries:
        return Opened(set(), {})
    files = lock({entry.file for entry in entries})
    for entry in entries:
        known = files.get(entry.file)
        if known is not None and known.erased and entry.outcome is None:
            entry.quarantine("file.erased", "file", message=phrases.FILE_ERASED)
    held = _held(entries, files)
    for entry in entries:
        if entry.code == "file.erased" and (entry.device, entry.file) not in held:
            entry.flags += ["outside"] if entry.device and "outside" not in entry.flags else []
    wanted: dict[UUID, tuple[str, bool]] = {}
    # A decision about an operation opens no file: the operation's may not be there yet.
    undecided = [
        entry
        for entry in entries
        if entry.outcome is None and not registry.by_kind[entry.kind].fileless
    ]
    # What opens a file goes first: a line may come before the one that it follows from.
    for entry in sorted(undecided, key=lambda entry: not _opens(entry)):
        known = files.get(entry.file)
        if entry.file in wanted or known is None or (known.stub and _opens(entry)):
            _open(entry, wanted)
        else:
            _judge(entry, held)
    _missing_keys(undecided, ciphers)
    files |= _insert(wanted, files)
    shards = {file: known.shard for file, known in files.items() if not known.erased}
    moved = {
        file: shard
        for file, (shard, stub) in wanted.items()
        if files[file].stub and not stub and files[file].shard != shard
    }
    shards |= moved
    _hold_what_it_opened(undecided, wanted)
    for entry in entries:
        entry.shard = shards.get(entry.file) or str(
            (entry.trusted and entry.data.get("shard")) or ""
        )
    return Opened(set(wanted), moved)


class _File(NamedTuple):
    """Whether it is `erased` is certain only under the lock."""

    shard: str
    stub: bool
    erased: bool = False


def lock(files: set[UUID]) -> dict[UUID, _File]:
    """Locks files in the order of their ids: whoever locks several does so here, once."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, shard, stub, erased_at IS NOT NULL FROM sync_file WHERE id = ANY(%s)"
            " ORDER BY id FOR UPDATE",
            [sorted(files)],
        )
        return {file: _File(*known) for file, *known in cursor.fetchall()}


def _opens(entry: Entry) -> bool:
    record_type = registry.by_kind[entry.kind]
    return record_type.kinds[entry.kind] and record_type.shard is not None


def _held(entries: Sequence[Entry], files: Collection[UUID]) -> dict[Place, int | None]:
    """Where each device holds what it writes to: the generation that took it back, or None.

    By the device that made the operation, not the one that pushes now: a push may release what
    another phone sent before.
    """
    devices = {entry.device for entry in entries if entry.device}
    if not devices or not files:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT device, file, exited FROM sync_holding WHERE device = ANY(%s) AND file = ANY(%s)",
            [list(devices), list(files)],
        )
        return {(device, file): exited for device, file, exited in cursor.fetchall()}


def mark_outside(entries: Sequence[Entry]) -> None:
    """Marks operations on files that their devices do not hold."""
    held = _held(entries, {entry.file for entry in entries})
    for entry in entries:
        if entry.device and (entry.device, entry.file) not in held:
            entry.flags.append("outside")


def _judge(entry: Entry, held: Mapping[Place, int | None]) -> None:
    if entry.device is None:
        return
    place = (entry.device, entry.file)
    record_type = registry.by_kind[entry.kind]
    exited = held.get(place)
    # What it knew decides, not a clock: before it heard of the exit the file was its own.
    knew = place in held and (exited is None or (entry.base or 0) < exited)
    if not knew:
        entry.flags.append("outside")
        if record_type.policy is not Policy.APPEND and "reviewed" not in entry.flags:
            entry.await_target()


def _open(entry: Entry, wanted: dict[UUID, tuple[str, bool]]) -> None:
    record_type = registry.by_kind[entry.kind]
    if _opens(entry):
        assert record_type.shard
        wanted[entry.file] = (record_type.shard(entry) or entry.sent_from, False)
    elif entry.file in wanted:
        return
    elif record_type.policy is Policy.APPEND:
        entry.flags.append("stub")
        wanted[entry.file] = (entry.sent_from, True)
    else:
        entry.await_target()


def _insert(
    wanted: Mapping[UUID, tuple[str, bool]], known: Mapping[UUID, _File]
) -> dict[UUID, _File]:
    """The files as they were before a record opened them; new ones as they are wanted.

    One that another transaction has just opened comes back locked, as that one left it.
    """
    new = sorted(file for file in wanted if file not in known)
    found = {file: _File(*wanted[file]) for file in new}
    with connection.cursor() as cursor:
        if new:
            cursor.execute(
                "INSERT INTO sync_file (id, shard, digest, stub)"
                " SELECT i, s, 0, b FROM unnest(%s::uuid[], %s::text[], %s::bool[]) AS u(i, s, b)"
                " ON CONFLICT (id) DO NOTHING RETURNING id",
                [new, [wanted[file][0] for file in new], [wanted[file][1] for file in new]],
            )
            if late := set(new) - {file for (file,) in cursor.fetchall()}:
                found |= lock(late)
        before = {**known, **found}
        opened = [file for file, (_, stub) in wanted.items() if before[file].stub and not stub]
        if opened:
            cursor.execute("UPDATE sync_file SET stub = false WHERE id = ANY(%s)", [opened])
    return found


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
