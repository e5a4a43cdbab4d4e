"""What an operation's contents name: a reference is taken only where its author may know of the file.

A phone may name a record that it wrote itself, or one in a file that the server gave it; the office
one in a file that lies in its author's area. What is there and is somebody else's is answered like
what is not there: an edit waits, evidence is applied without the reference. Whether one was taken
stands beside the operation, so that whoever opens it later finds it without what was not.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db import connection

from . import phrases
from .entries import Entry
from .ports import ports
from .registry import Policy, RecordType, Reference, registry

CODE = "reference.unknown"
Place = tuple[UUID, UUID]
Held = Mapping[Place, int | None]


@dataclass(frozen=True, slots=True)
class Named:
    """That `entry` names the record `id` of `to` in `member` of its data."""

    entry: Entry
    member: str
    to: str
    id: UUID


def named_in(entries: Iterable[Entry]) -> list[Named]:
    """Every record that the entries' contents name and phones may name; see `RecordType.references`."""
    return [
        Named(entry, reference.member, reference.to, id_)
        for entry in entries
        if (record_type := registry.by_kind.get(entry.kind)) and record_type.judged
        for reference in record_type.references
        for id_ in read(record_type, reference, entry.data)
    ]


def read(record_type: RecordType, reference: Reference, data: Mapping[str, Any]) -> list[UUID]:
    """The ids in a member; what cannot be read as one names nothing."""
    if record_type.policy is Policy.REGISTER:
        value = _part(_part(data, "set"), reference.member).get("v")
    else:
        value = data.get(reference.member)
    given = value if reference.many and isinstance(value, list) else [value]
    return [id_ for one in given if (id_ := uuid(one))]


def uuid(value: object) -> UUID | None:
    """As generous as any reader of a member may be: what one of them follows must be judged here."""
    try:
        return UUID(str(value))
    except ValueError:
        return None


def _part(values: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = values.get(name)
    return value if isinstance(value, Mapping) else {}


@dataclass(slots=True)
class Look:
    """Where the named records lie, and who wrote them; `written` and `opened` come with this batch.

    `written` are records by type and id with the device, `opened` files with theirs.
    """

    named: Mapping[UUID, Sequence[Named]]
    places: Mapping[tuple[str, UUID], UUID] = field(default_factory=dict)
    authors: Mapping[tuple[str, UUID], UUID | None] = field(default_factory=dict)
    written: Mapping[tuple[str, UUID], UUID | None] = field(default_factory=dict)
    opened: dict[UUID, UUID | None] = field(default_factory=dict)
    held: Held = field(default_factory=dict)
    covered: Collection[tuple[UUID, UUID]] = frozenset()
    reviewers: Mapping[UUID, UUID] = field(default_factory=dict)

    @property
    def files(self) -> set[UUID]:
        return set(self.places.values())

    def settle(self, entry: Entry) -> list[Named]:
        """Lets the entry keep what it may name; returns what it named and the server does not know.

        An edit that names anything else waits for it, whole; evidence loses the reference.
        """
        refused = [one for one in self.named.get(entry.op, ()) if not self._may_name(one)]
        if not refused:
            return []
        if registry.by_kind[entry.kind].policy is Policy.APPEND:
            drop(entry, refused)
        else:
            entry.await_target()
        unknown = [one for one in refused if not self._files(one)]
        if len(unknown) < len(refused):
            entry.flags.append("outside")
        return unknown

    def _files(self, one: Named) -> set[UUID]:
        """The file that the id is, and the file of the record that has it."""
        return {self.places[key] for key in (("", one.id), (one.to, one.id)) if key in self.places}

    def _may_name(self, one: Named) -> bool:
        entry, key = one.entry, (one.to, one.id)
        if registry.types[one.to].shard is not None:
            # What opens files is followed as a file too: it must be one, and so must be its record's.
            if one.id in self.opened and self.opened[one.id] == entry.device:
                return all(self._knows(entry, file) for file in self._files(one) - {one.id})
            return ("", one.id) in self.places and all(
                self._knows(entry, file) for file in self._files(one)
            )
        if key in self.places:
            own = entry.device is not None and self.authors.get(key) == entry.device
            return own or self._knows(entry, self.places[key])
        return key in self.written and self.written[key] == entry.device

    def _knows(self, entry: Entry, file: UUID) -> bool:
        # Also what lies beside it, unless the file itself is not its device's to know.
        if file == entry.file and "outside" not in entry.flags:
            return True
        if (self.reviewers.get(entry.op), file) in self.covered:
            return True
        if _speaks_for_herself(entry) and (entry.person, file) in self.covered:
            return True
        return entry.device is not None and knew(entry, file, self.held)

    def ask_of_areas(self, entries: Iterable[Entry]) -> None:
        """What a device does not hold may still lie in its author's area; statements only where it does not."""
        pairs = {
            (entry.person, file)
            for entry in entries
            if entry.device and _speaks_for_herself(entry)
            for one in self.named.get(entry.op, ())
            for file in self._files(one)
            if not knew(entry, file, self.held)
        }
        if pairs:
            self.covered = {*self.covered, *ports().oversees(pairs)}


def _speaks_for_herself(entry: Entry) -> bool:
    """Whether the person an operation names is one whom its device, or the office, answers for."""
    return not {"person", "revoked"}.intersection(entry.flags)


def held(entries: Iterable[Entry], files: Collection[UUID]) -> dict[Place, int | None]:
    """Where each device holds files: the generation that took them back, or None. Only what the server
    entered counts, never what a phone says that it has.

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


def knew(entry: Entry, file: UUID, held: Held) -> bool:
    """What it knew decides, not a clock: before it heard of the exit the file was its own."""
    exited = held.get((entry.device, file)) if entry.device else None
    return (entry.device, file) in held and (exited is None or (entry.base or 0) < exited)


def look(entries: Sequence[Entry], *, beside: Sequence[Entry] = ()) -> Look:
    """One statement, or none where nothing is named; two more where the office has a part in it, and
    one for each type named that stays on the server.

    `beside` is what came with them.
    """
    found: dict[UUID, list[Named]] = {}
    for one in named_in(entries):
        found.setdefault(one.entry.op, []).append(one)
    if not found:
        return Look(found)
    places: dict[tuple[str, UUID], UUID] = {}
    authors: dict[tuple[str, UUID], UUID | None] = {}
    named = [one for own in found.values() for one in own]
    on_server = [one for one in named if registry.types[one.to].server_only]
    places |= _on_server(on_server)
    authors |= dict.fromkeys(places)
    with connection.cursor() as cursor:
        cursor.execute(*_query(named, [one for one in named if one not in on_server]))
        # Last the records themselves: before them comes what is kept of an erased file.
        for _, name, id_, file, device in sorted(cursor.fetchall(), key=lambda row: row[0]):
            places[name, id_], authors[name, id_] = file, device
    written = {
        (registry.by_kind[entry.kind].name, entry.target): entry.device
        for entry in (*entries, *beside)
        if entry.outcome is None and entry.kind in registry.by_kind
    }
    seen = Look(found, places, authors, written)
    _ask_the_office([entry for entry in entries if entry.op in found], seen)
    return seen


def _on_server(named: Sequence[Named]) -> dict[tuple[str, UUID], UUID]:
    """The files of records that no device writes. Their ids may stand in the table in another form, so
    the model is asked.
    """
    by_type: dict[str, list[UUID]] = {}
    for one in named:
        by_type.setdefault(one.to, []).append(one.id)
    return {
        (name, id_): file
        for name, ids in by_type.items()
        for id_, file in registry.types[name]
        .model.objects.filter(id__in=ids)
        .values_list("id", "file")
    }


def _query(named: Sequence[Named], elsewhere: Sequence[Named]) -> tuple[str, list[list[UUID]]]:
    """Files and records by their ids; and evidence that its device told of an erased file, which to the
    device must look like evidence on a file that nobody knows.
    """
    by_type: dict[str, list[UUID]] = {}
    for one in elsewhere:
        by_type.setdefault(one.to, []).append(one.id)
    # A stub is not there yet: what names it waits for its registration.
    parts = ["SELECT 1, '', id, id, NULL::uuid FROM sync_file WHERE id = ANY(%s) AND NOT stub"]
    given = [[one.id for one in named]]
    for name, ids in by_type.items():
        table = registry.types[name].model._meta.db_table
        if registry.types[name].policy is not Policy.APPEND:
            parts.append(f"SELECT 1, '{name}', id, file, NULL FROM {table} WHERE id = ANY(%s)")
            given.append(ids)
            continue
        parts += [
            f"SELECT 1, '{name}', t.id, t.file, o.device FROM {table} t"
            " JOIN sync_operation o ON o.op = t.op WHERE t.id = ANY(%s)",
            f"SELECT 0, '{name}', target, file, device FROM sync_operation"
            " WHERE target = ANY(%s) AND outcome = 'quarantined' AND code = 'file.erased'"
            " AND device IS NOT NULL",
        ]
        given += [ids, ids]
    return " UNION ALL ".join(parts), given


def _ask_the_office(entries: Sequence[Entry], seen: Look) -> None:
    """Whether the author's area, or that of the person who let the operation in, covers a file."""
    people = {entry.op: entry.person for entry in entries if entry.device is None}
    reviewed = [entry.op for entry in entries if entry.device and "reviewed" in entry.flags]
    if reviewed:
        with connection.cursor() as cursor:
            cursor.execute("SELECT id, by FROM sync_review WHERE id = ANY(%s)", [reviewed])
            seen.reviewers = dict(cursor.fetchall())
    people |= seen.reviewers
    pairs = {
        (people[op], file)
        for op in people
        for one in seen.named[op]
        for file in seen._files(one)
        if file != one.entry.file or one.entry.device
    }
    if pairs:
        seen.covered = ports().covers(pairs)


def drop(entry: Entry, refused: Sequence[Named]) -> None:
    """Takes references out of the contents; what was said stays in the operation's line."""
    lost: dict[str, set[UUID]] = {}
    for one in refused:
        lost.setdefault(one.member, set()).add(one.id)
    entry.said = entry.said or entry.data
    entry.data = without(entry.data, lost)
    zh, en = phrases.REFERENCE_UNKNOWN
    entry.flags.append("problems")
    entry.problems += [
        {"field": member, "code": CODE, "zh": zh, "en": en, "named": sorted(map(str, ids))}
        for member, ids in sorted(lost.items())
    ]


def lost_in(problems: Iterable[Mapping[str, Any]]) -> dict[str, set[UUID]]:
    """The references that were not taken, by member."""
    return {
        problem["field"]: {UUID(id_) for id_ in problem["named"]}
        for problem in problems
        if problem["code"] == CODE
    }


def without(data: Mapping[str, Any], lost: Mapping[str, Collection[UUID]]) -> dict[str, Any]:
    """The contents without these references."""
    left = dict(data)
    for member, ids in lost.items():
        value = left.pop(member, None)
        if isinstance(value, list):
            left[member] = [one for one in value if uuid(one) not in ids]
    return left
