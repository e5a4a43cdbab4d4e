"""Record types: what another package tells sync about the records it keeps.

A record type is mostly two pure functions. `check` says which of an operation's contents cannot be
used; `project` says which columns its row has. The same `project` serves a push, an office edit, a
retry and `manage.py rebuild --check`, so none of them can disagree with another.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any
from uuid import UUID

from .merge.registers import Spec

if TYPE_CHECKING:
    from .entries import Entry
    from .models import Record


class Policy(Enum):
    """How several operations on one target become one record; see PROTOCOL.md, "Records"."""

    APPEND = "append"
    REGISTER = "register"
    SERIALISED = "serialised"


@dataclass(frozen=True, slots=True)
class Problem:
    """Something in the contents that cannot be used. It never stops an append-only record."""

    field: str
    code: str
    zh: str
    en: str


class Refused(Exception):
    """Raised by `advance`: the step is not possible from where the record is.

    The operation is kept, quarantined under `code`; the caller is told `zh` or `en`.
    """

    def __init__(self, code: str, *, fields: Sequence[str] = (), zh: str, en: str) -> None:
        super().__init__(code)
        self.code, self.fields, self.zh, self.en = code, list(fields), zh, en


Columns = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Reference:
    """A member of the contents (of a register: the register) that names a record of the type `to`.

    `many`: a list of them.
    """

    member: str
    to: str
    many: bool = False


@dataclass(frozen=True, slots=True)
class OneOpen:
    """At most one record of a file may be open at a time; a second one meets `refusal`."""

    is_open: Callable[[Columns], bool]
    refusal: Callable[[], Refused]


@dataclass(frozen=True, slots=True)
class LifeCycle:
    """The register that says whether a record has ended; `ended` is asked about its shown value."""

    register: str
    ended: Callable[[Any], bool]


def no_problems(entries: "Sequence[Entry]") -> list[list[Problem]]:
    return [[] for _ in entries]


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordType:
    """`model` is a subclass of `models.Record`. `kinds` maps an operation kind to whether it may be a record's first.

    APPEND and SERIALISED: `project`/`advance` get the entry (and the columns so far).
    REGISTER: `project_values` gets the shown values and the shard the file lives in.
    `check` may also quarantine an entry that its author is not entitled to; it is then left out.
    `sealed` names the column (a dict value) that is sealed under the file's key before it is stored.
    SERIALISED: `moves` says to which shard the whole file goes with a step, or None for most steps.
    SERIALISED: with `one_open`, a step that would leave two records of a file open is refused.
    REGISTER: with `life_cycle`, an edit of a record that has ended is applied and flagged `ended`.
    `render` turns rows into what a device receives; None when the record never leaves the server.
    `dated` names the column by which old records are left out of a file that enters a device;
    None for those that are always sent.
    `reaches` names the other files that what follows from entries will write to: they are locked with
    the entries' own, in the order of all, whoever applies them and however often.
    `fileless`: may be written before its file is there, and stands in no feed.
    `urgent`: it may say that somebody is in danger; the alarm about one the server fails on comes soon.
    `shard` gives the shard of the file that a first operation opens, or None when it opens none.
    `references` are all members that name other records, judged in `references`; `harmless` names
    every other column that holds an id, with the reason why it leads to no file.
    """

    name: str
    model: Any
    policy: Policy
    kinds: Mapping[str, bool]
    columns: Sequence[str]
    check: "Callable[[Sequence[Entry]], list[list[Problem]]]" = no_problems
    project: "Callable[[Entry], Columns] | None" = None
    project_values: "Callable[[Mapping[str, Any], str], Columns] | None" = None
    advance: "Callable[[Columns | None, Entry], Columns] | None" = None
    one_open: OneOpen | None = None
    moves: "Callable[[Entry, Columns], str | None] | None" = None
    life_cycle: LifeCycle | None = None
    reaches: "Callable[[Sequence[Entry]], Collection[UUID]] | None" = None
    specs: Mapping[str, Spec] = field(default_factory=dict)
    shard: "Callable[[Entry], str | None] | None" = None
    render: "Callable[[Sequence[Record], Mapping[Any, Any]], list[dict[str, Any]]] | None" = None
    dated: str | None = None
    references: Sequence[Reference] = ()
    harmless: Mapping[str, str] = field(default_factory=dict)
    server_only: bool = False
    fileless: bool = False
    urgent: bool = False

    @property
    def judged(self) -> bool:
        """Whether phones write it: what only the office writes is looked at by the service that writes it."""
        return self.policy is not Policy.SERIALISED and not self.server_only

    @property
    def leaves_the_server(self) -> bool:
        """Whether a device ever gets one; only such records count in a file's digest."""
        return self.render is not None and not self.server_only


class Registry:
    """Record types in the order in which they are applied: what others refer to comes first."""

    def __init__(self) -> None:
        self.types: dict[str, RecordType] = {}
        self.by_kind: dict[str, RecordType] = {}

    def register(self, record_type: RecordType) -> None:
        """Raises `ValueError` when a name or an operation kind is taken."""
        taken = [kind for kind in record_type.kinds if kind in self.by_kind]
        if record_type.name in self.types or taken:
            raise ValueError(f"record type {record_type.name} or kinds {taken} registered twice")
        self.types[record_type.name] = record_type
        self.by_kind |= dict.fromkeys(record_type.kinds, record_type)

    @property
    def urgent_kinds(self) -> list[str]:
        return [kind for kind, known in self.by_kind.items() if known.urgent]

    def clear(self) -> None:
        self.types.clear()
        self.by_kind.clear()


registry = Registry()
