"""Which file an operation belongs to, and whether its sender may know of it."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection

from . import awaited, phrases, references
from .entries import Entry
from .files import Known, lock
from .ports import ports
from .registry import Policy, registry


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
    # A decision about an operation opens no file: the operation's may not be there yet.
    undecided = [
        entry
        for entry in entries
        if entry.outcome is None and not registry.by_kind[entry.kind].fileless
    ]
    names = references.look(undecided)
    names.held = held = references.held(entries, {*files, *names.files})
    names.ask_of_areas(undecided)
    for entry in entries:
        if entry.code == "file.erased" and (entry.device, entry.file) not in held:
            entry.flags += ["outside"] if entry.device and "outside" not in entry.flags else []
    wanted: dict[UUID, tuple[str, bool]] = {}
    awaited_now: list[references.Named] = []
    openers = _openers(undecided, files)
    for entry in _what_others_name_first(undecided, names):
        known = files.get(entry.file)
        new = known is None or entry.file in wanted or _may_open(entry, known, openers)
        # What somebody else opens here and now is not there for this one either.
        if not new or names.opened.get(entry.file, entry.device) != entry.device:
            _judge(entry, held)
            new = False
        if entry.outcome is None:
            awaited_now += names.settle(entry)
        if new and entry.outcome is None:
            _open(entry, wanted, names.opened)
    awaited.note(awaited_now)
    _missing_keys(undecided, ciphers)
    files |= _insert(wanted, files, undecided)
    shards = {file: known.shard for file, known in files.items() if not known.erased}
    moved = {
        file: shard
        for file, (shard, stub) in wanted.items()
        if files[file].stub and not stub and files[file].shard != shard
    }
    shards |= moved
    _hold_what_it_opened(names.opened)
    for entry in entries:
        entry.shard = shards.get(entry.file) or str(
            (entry.trusted and entry.data.get("shard")) or ""
        )
    return Opened(set(wanted), moved)


def _opens(entry: Entry) -> bool:
    record_type = registry.by_kind[entry.kind]
    return record_type.kinds[entry.kind] and record_type.shard is not None


def mark_outside(entries: Sequence[Entry]) -> None:
    """Marks operations on files that their devices do not hold."""
    held = references.held(entries, {entry.file for entry in entries})
    for entry in entries:
        if entry.device and (entry.device, entry.file) not in held:
            entry.flags.append("outside")


class OpenedMeanwhile(RuntimeError):
    """Another transaction has opened the file: everything is judged again, with it in sight."""


def _what_others_name_first(entries: Sequence[Entry], names: references.Look) -> list[Entry]:
    """What opens a file goes first: a line may come before the one that it follows from."""
    order = {name: place for place, name in enumerate(registry.types)}

    def place(entry: Entry) -> tuple[int, bool]:
        if not _opens(entry):
            return len(order), False
        return order[registry.by_kind[entry.kind].name], entry.op in names.named

    return sorted(entries, key=place)


def _openers(entries: Sequence[Entry], files: Mapping[UUID, Known]) -> dict[UUID, set[UUID]]:
    """Whose the stubs are that entries would open: the device that first sent something about each, and
    its colleagues among the entries' own.
    """
    stubs: dict[UUID, set[UUID]] = {}
    for entry in entries:
        if entry.device and _opens(entry) and entry.file in files and files[entry.file].stub:
            stubs.setdefault(entry.file, set()).add(entry.device)
    if not stubs:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT ON (file) file, device FROM sync_operation"
            " WHERE file = ANY(%s) AND device IS NOT NULL ORDER BY file, ordinal",
            [sorted(stubs)],
        )
        first = dict(cursor.fetchall())
    pairs = {(first[file], device) for file in first for device in stubs[file] - {first[file]}}
    near = ports().colleagues(pairs) if pairs else ()
    return {
        file: {device, *(other for one, other in near if one == device)}
        for file, device in first.items()
    }


def _may_open(entry: Entry, known: Known, openers: Mapping[UUID, Collection[UUID]]) -> bool:
    """A stub holds what others have said: a phone opens its own and its colleagues', the office and a
    reviewer any.
    """
    if not known.stub or not _opens(entry):
        return False
    if entry.device is None or "reviewed" in entry.flags or entry.file not in openers:
        return True
    return entry.device in openers[entry.file]


def _judge(entry: Entry, held: references.Held) -> None:
    if entry.device is None:
        return
    record_type = registry.by_kind[entry.kind]
    if not references.knew(entry, entry.file, held):
        entry.flags.append("outside")
        if record_type.policy is not Policy.APPEND and "reviewed" not in entry.flags:
            entry.await_target()


def _open(
    entry: Entry, wanted: dict[UUID, tuple[str, bool]], opened: dict[UUID, UUID | None]
) -> None:
    record_type = registry.by_kind[entry.kind]
    if _opens(entry):
        assert record_type.shard
        wanted[entry.file] = (record_type.shard(entry) or entry.sent_from, False)
        opened[entry.file] = entry.device
    elif entry.file in wanted:
        return
    elif record_type.policy is Policy.APPEND:
        entry.flags.append("stub")
        wanted[entry.file] = (entry.sent_from, True)
    else:
        entry.await_target()


def _insert(
    wanted: Mapping[UUID, tuple[str, bool]], known: Mapping[UUID, Known], entries: Sequence[Entry]
) -> dict[UUID, Known]:
    """The files as they were before a record opened them; new ones as they are wanted.

    One that another transaction has just opened comes back locked, as that one left it. Raises
    `OpenedMeanwhile` when that leaves an entry nothing to open.
    """
    new = sorted(file for file in wanted if file not in known)
    found = {file: Known(*wanted[file]) for file in new}
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
                _yield_to_others([entry for entry in entries if entry.file in late], found)
        before = {**known, **found}
        opened = [file for file, (_, stub) in wanted.items() if before[file].stub and not stub]
        if opened:
            cursor.execute("UPDATE sync_file SET stub = false WHERE id = ANY(%s)", [opened])
    return found


def _yield_to_others(entries: Sequence[Entry], found: Mapping[UUID, Known]) -> None:
    opening = [e for e in entries if e.device and e.outcome is None and _opens(e)]
    if not opening:
        return
    openers, held = _openers(opening, found), references.held(opening, found)
    for entry in opening:
        if not _may_open(entry, found[entry.file], openers) and (
            (entry.device, entry.file) not in held
        ):
            raise OpenedMeanwhile(entry.file)


def _hold_what_it_opened(opened: Mapping[UUID, UUID | None]) -> None:
    """A device holds the file it opened: the next edit may come before its first pull."""
    pairs = sorted((device, file) for file, device in opened.items() if device)
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
