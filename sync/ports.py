"""What sync needs from whoever uses it, set once at start by `install`."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol
from uuid import UUID

if TYPE_CHECKING:
    from .entries import Applied, Draft, Entry
    from .models import Attachment


class Cipher(Protocol):
    def seal(self, plain: bytes, about: bytes = b"") -> bytes: ...
    def open(self, sealed: bytes | memoryview, about: bytes = b"") -> bytes: ...


class Keys(Protocol):
    """Ciphers by owner, in a fixed number of statements; an erased owner is left out."""

    def __call__(self, owners: Iterable[UUID], *, create: bool = False) -> Mapping[UUID, Any]: ...


@dataclass(frozen=True, slots=True)
class Order:
    """What the device is told to do: "lock", "unlock" or "wipe"."""

    id: UUID
    do: str


@dataclass(frozen=True, slots=True)
class Sender:
    """Who pushes: the device, the people enrolled on it, and the shard of a file it opens unasked.

    `orders` are those it has not confirmed, the oldest first. `areas` is what its people look after, for
    `Ports.config`; sync does not look into it.
    """

    device: UUID
    people: frozenset[UUID]
    shard: str
    revoked: bool
    scope_hash: str
    orders: tuple[Order, ...] = ()
    areas: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Personal:
    """A part of the configuration that speaks of people: a device closes it with its files."""

    value: Any


class OutboxKeys(Protocol):
    """The server's key pairs for sealed entries; each call is one statement."""

    def public(self) -> bytes | None:
        """The point that phones seal to now, 65 bytes; None when nobody may seal."""

    def private(self, ids: Iterable[bytes]) -> Mapping[bytes, bytes]:
        """The secret numbers of the keys that are known, old ones too, by key id."""


class NoOutboxKeys:
    """For users without a sealed outbox: what comes sealed is kept and not opened."""

    def public(self) -> bytes | None:
        return None

    def private(self, ids: Iterable[bytes]) -> Mapping[bytes, bytes]:
        return {}


Reactions = Callable[[Sequence["Applied"], datetime], Sequence["Draft"]]
Kept = Callable[[Sequence["Entry"], datetime], Mapping[UUID, Sequence["Draft"]]]
FilesOf = Callable[[Sequence[UUID]], Mapping[UUID, Mapping[UUID, str]]]
SenderOf = Callable[[Any], Sender]
SenderOfDevice = Callable[[UUID], Sender | None]


Config = Callable[[Sender], Mapping[str, Any]]
OnSent = Callable[[UUID, Mapping[UUID, str], datetime], None]
OnDone = Callable[[UUID, Sequence[UUID], datetime], None]
DestroyKeys = Callable[[Sequence[UUID], datetime], None]
Covers = Callable[[Collection[tuple[UUID, UUID]]], Collection[tuple[UUID, UUID]]]
Blind = Callable[[str], str]
Witness = Callable[[UUID, str, datetime], None]


Sealed = Callable[["Entry"], bool]
OnFetched = Callable[[UUID, "Attachment", str, datetime], None]


def all_alike(name: str) -> str:
    """For users without a key to tell names apart that they do not know: people find them again."""
    return ""


def nobody(device: UUID) -> Sender | None:
    """For users without a sealed outbox: nothing is opened later, when no phone is asking."""
    return None


def no_config(sender: Sender) -> Mapping[str, Any]:
    return {}


def nothing(entries: Sequence["Entry"], now: datetime) -> Mapping[UUID, Sequence["Draft"]]:
    """For users to whom what is not applied says nothing."""
    return {}


def unrecorded(device: UUID, files: Mapping[UUID, str], now: datetime) -> None:
    """For users who keep no record of what left the server."""


def unheard(device: UUID, orders: Sequence[UUID], now: datetime) -> None:
    """For users who give no orders."""


def no_erasure(owners: Sequence[UUID], now: datetime) -> None:
    """For users who erase nothing: an erasure that leaves the keys is none."""
    raise RuntimeError("sync has no way to destroy keys: give Ports.destroy_keys")


def unwitnessed(incarnation: UUID, reason: str, now: datetime) -> None:
    """For users without a ledger."""


def covers_nothing(pairs: Collection[tuple[UUID, UUID]]) -> Collection[tuple[UUID, UUID]]:
    """For users without an office."""
    return frozenset()


def open_to_holders(entry: "Entry") -> bool:
    """For users all of whose operations may go back to devices."""
    return False


def fetched_unrecorded(device: UUID, attachment: "Attachment", what: str, now: datetime) -> None:
    """The same for attachments."""


@dataclass(slots=True)
class Ports:
    """`react` gives the operations that follow; `kept` those that follow, by operation, from what is
    held, quarantined or unreadable, as far as it can be read; `unjudged` those that follow from evidence
    whose words `react` cannot take. `files_of` the files (and shards) in a device's scope.

    `config` is what a device has to know besides, by name of the part; `on_sent` hears which files are
    about to leave for a device, in the transaction that decides it. `on_done` hears which orders a device
    has carried out. `destroy_keys` destroys the keys of owners for ever; `witness` hears of a new
    incarnation, before the commit. `sealed` says of an operation of a type that leaves the server
    whether its attachments may not all the same; `on_fetched` hears which attachment a device is
    given, and as what (`view`, `thumbnail`). `sender_of_device` is the sender as of now of what a
    device has left here, None for one that is not known. `covers` gives those pairs of a person and a
    file where the file lies in the area of the person's office, `oversees` those where the person may
    know of everything there from a device too. `blind` gives a keyed hash, at most 40 letters and digits, of a name that is not
    known and must not stand in clear. `colleagues` gives those pairs of devices whose people
    work in one area, so that the second may register what the first has spoken of.
    """

    keys: Keys
    react: Reactions
    files_of: FilesOf
    sender_of: SenderOf
    kept: Kept = nothing
    unjudged: Kept = nothing
    config: Config = no_config
    on_sent: OnSent = unrecorded
    outbox: OutboxKeys = field(default_factory=NoOutboxKeys)
    on_done: OnDone = unheard
    destroy_keys: DestroyKeys = no_erasure
    witness: Witness = unwitnessed
    sealed: Sealed = open_to_holders
    on_fetched: OnFetched = fetched_unrecorded
    sender_of_device: SenderOfDevice = nobody
    covers: Covers = covers_nothing
    oversees: Covers = covers_nothing
    colleagues: Covers = covers_nothing
    blind: Blind = all_alike


_installed: list[Ports] = []


def install(ports: Ports) -> None:
    _installed[:] = [ports]


def ports() -> Ports:
    """Raises `RuntimeError` before `install`: a start without wiring must not look like it works."""
    if not _installed:
        raise RuntimeError("sync has no ports: call sync.ports.install() at start")
    return _installed[0]
