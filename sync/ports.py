"""What sync needs from whoever uses it, set once at start by `install`."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol
from uuid import UUID

if TYPE_CHECKING:
    from .entries import Applied, Draft


class Cipher(Protocol):
    def seal(self, plain: bytes, about: bytes = b"") -> bytes: ...
    def open(self, sealed: bytes | memoryview, about: bytes = b"") -> bytes: ...


class Keys(Protocol):
    """Ciphers by owner, in a fixed number of statements; an erased owner is left out."""

    def __call__(self, owners: Iterable[UUID], *, create: bool = False) -> Mapping[UUID, Any]: ...


@dataclass(frozen=True, slots=True)
class Sender:
    """Who pushes: the device, the people enrolled on it, and the shard of a file it opens unasked."""

    device: UUID
    people: frozenset[UUID]
    shard: str
    revoked: bool
    scope_hash: str


Reactions = Callable[[Sequence["Applied"], datetime], Sequence["Draft"]]
FilesOf = Callable[[Sequence[UUID]], Mapping[UUID, Mapping[UUID, str]]]
SenderOf = Callable[[Any], Sender]


@dataclass(slots=True)
class Ports:
    """`react` gives the operations that follow; `files_of` the files (and shards) in a device's scope."""

    keys: Keys
    react: Reactions
    files_of: FilesOf
    sender_of: SenderOf


_installed: list[Ports] = []


def install(ports: Ports) -> None:
    _installed[:] = [ports]


def ports() -> Ports:
    """Raises `RuntimeError` before `install`: a start without wiring must not look like it works."""
    if not _installed:
        raise RuntimeError("sync has no ports: call sync.ports.install() at start")
    return _installed[0]
