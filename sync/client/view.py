"""What the user of the phone sees: the server's copy, with her own unsent work folded in."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sync.merge import registers
from sync.merge.edits import Malformed, edits
from sync.merge.registers import Spec
from sync.protocol import messages

from . import copy, log
from .store import Store


@dataclass(frozen=True, slots=True)
class Seen:
    """One record. `values` are what to show, `state` what an edit has to name; `rev` None: not sent.

    `pending` counts own operations that the server's copy does not contain yet. `body` is what the
    server's record says besides (an append-only record has no values).
    """

    id: str
    type: str
    file: str
    rev: int | None
    values: dict[str, Any]
    conflicts: list[str]
    pending: int
    body: dict[str, Any] = field(default_factory=dict)
    state: registers.State = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The server's record types, from `config.records`; empty before the first sync."""

    records: Mapping[str, Any]

    def specs(self, type_: str) -> dict[str, Spec]:
        fields = self.records.get(type_, {}).get("fields", {})
        return {
            name: Spec(said.get("kind", "plain"), tuple(said.get("order", ())))
            for name, said in fields.items()
        }

    def type_of(self, kind: str) -> str:
        """The record type a kind belongs to; before the first sync the part before its dot."""
        for name, said in self.records.items():
            if kind in said.get("kinds", {}):
                return name
        return kind.partition(".")[0]

    def is_evidence(self, kind: str) -> bool:
        return bool(self.records.get(self.type_of(kind), {}).get("policy") == "append")

    def is_register(self, type_: str, operation: messages.Operation) -> bool:
        """Whether operations on this type are folded; before the first sync their data tell."""
        if type_ in self.records:
            return bool(self.records[type_].get("policy") == "register")
        return bool(operation.data) and operation.data.keys() <= {"set", "add", "remove"}

    def edit_kind(self, type_: str) -> str | None:
        """The one kind that changes an existing record, or None if there is none or a choice."""
        kinds = self.records.get(type_, {}).get("kinds", {})
        later = [kind for kind, first in kinds.items() if not first]
        return later[0] if len(later) == 1 else None


# Older history that was named but not sent has no body and is not shown.
_ROWS = "SELECT id, type, file, rev, body FROM record WHERE body IS NOT NULL"


def one(store: Store, record: str) -> Seen | None:
    """The record with this id, or None."""
    row = store.db.execute(f"{_ROWS} AND id = ?", [record]).fetchone()
    own = [_read(line, outcome) for line, outcome in log.lines_of(store, record)]
    return _seen(_opened(store, row), own, catalogue(store), store.get("clock_offset", 0))


def every(store: Store, *, type_: str | None = None, file: str | None = None) -> list[Seen]:
    """All records, by id; those of a type or a file if given."""
    rows = {row[0]: _opened(store, row) for row in store.db.execute(_ROWS)}
    own: dict[str, list[Own]] = {}
    for line, outcome in log.lines_of(store):
        made = _read(line, outcome)
        own.setdefault(str(made.operation.target), []).append(made)
    types, offset = catalogue(store), store.get("clock_offset", 0)
    seen = [
        _seen(rows.get(id_), own.get(id_, []), types, offset)
        for id_ in sorted(rows.keys() | own.keys())
    ]
    return [
        record
        for record in seen
        if record and type_ in (None, record.type) and file in (None, record.file)
    ]


# A record's id, type, file, revision and body.
Row = tuple[str, str, str, int, dict[str, Any]]


def _opened(store: Store, row: tuple[str, str, str, int, bytes] | None) -> Row | None:
    return None if row is None else (*row[:4], copy.body(store, row[0], row[4]))


@dataclass(frozen=True, slots=True)
class Own:
    """An operation of this phone and what became of it."""

    operation: messages.Operation
    outcome: str | None


def _read(line: bytes, outcome: str | None) -> Own:
    return Own(messages.read_operation(line), outcome)


def catalogue(store: Store) -> Catalogue:
    return Catalogue(store.get("config", {}).get("records", {}).get("value", {}))


def _seen(
    row: Row | None,
    own: Iterable[Own],
    catalogue: Catalogue,
    offset: int,
) -> Seen | None:
    # What was quarantined is the server's to repair; showing it as done would be a lie.
    own = [made for made in own if made.outcome != "quarantined"]
    if row is None and not own:
        return None
    if row is not None:
        id_, type_, file, rev, body = row
    else:
        first = own[0].operation
        id_, file, rev = str(first.target), str(first.file or first.target), None
        type_, body = catalogue.type_of(first.kind), {}
    stored = body.pop("registers", None)
    if stored is None and not (own and catalogue.is_register(type_, own[0].operation)):
        return _append_only(id_, type_, file, rev, body, own)
    state, pending = _fold(registers.load(stored or {}), own, offset)
    return Seen(
        id=id_, type=type_, file=file, rev=rev, pending=pending, body=body, state=state,
        values=registers.values(state, catalogue.specs(type_)),
        conflicts=registers.conflicts(state),
    )  # fmt: skip


def _append_only(
    id_: str, type_: str, file: str, rev: int | None, body: dict[str, Any], own: Sequence[Own]
) -> Seen:
    if rev is None:
        first = own[0].operation
        body = {
            "person": str(first.person), "observed": first.wall.isoformat(), "data": first.data,
        }  # fmt: skip
    unsent = sum(made.outcome is None for made in own)
    return Seen(
        id=id_, type=type_, file=file, rev=rev, pending=unsent, body=body, values={}, conflicts=[]
    )


def _fold(state: registers.State, own: Iterable[Own], offset: int) -> tuple[registers.State, int]:
    """The state with own edits that it does not contain, and how many operations those were."""
    pending = 0
    for made in own:
        at = int(made.operation.wall.timestamp() * 1000) + offset
        try:
            written = edits(str(made.operation.op), at, made.operation.data)
        except Malformed:
            continue
        new = [edit for edit in written if not _contains(state, edit)]
        state = registers.fold(state, new)
        pending += bool(new)
    return state, pending


def _contains(state: registers.State, edit: registers.Edit) -> bool:
    """Whether folding it would add nothing (but this phone's idea of the time)."""
    register = state.get(edit.key, registers.Register())
    written = edit.op in register.live or edit.op in register.gone
    seen = register.gone.issuperset(set(edit.saw) - {edit.op})
    return seen and (written or edit.value is registers.REMOVED)
