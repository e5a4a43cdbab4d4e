"""The shapes on the wire. `sync/PROTOCOL.md` is the norm; these are its Python form."""

import hashlib
import re
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import msgspec

from . import ids, mending

VERSION = 1
# The largest integer that JavaScript holds exactly; larger ones were never counted by a phone.
LARGEST = 2**53 - 1

Outcome = Literal["applied", "held", "quarantined"]


class Group(msgspec.Struct, frozen=True):
    """Register operations that are applied whole or held whole; `n` is how many there are."""

    id: UUID
    n: int


class Operation(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a push. `file` is whose file it belongs to and whose key seals it."""

    op: UUID
    person: UUID
    kind: str
    target: UUID
    wall: datetime
    data: dict[str, Any]
    device: UUID | None = None
    seq: int | None = None
    prev: str | None = None
    file: UUID | None = None
    group: Group | None = None
    base: int | None = None
    ruleset: str | None = None
    session: str | None = None
    elapsed: int | None = None
    form: str | None = None
    form_version: str | None = None


class Mended(Operation, frozen=True, kw_only=True):
    """One whose line is JSON with something in it that nobody can hold: see `mending`."""


class Purged(msgspec.Struct, frozen=True):
    """Files the phone has removed after an `exit`, and the generation that told it to."""

    generation: int
    files: list[UUID]


class Header(msgspec.Struct, frozen=True, kw_only=True):
    """The first line of a sync.

    `digests` is what the phone holds, file by file, after the sum did not agree; `older` are files
    whose history from before the horizon it asks for. `config` is the hash the phone has of each
    part of the configuration; who leaves it out is not told. `done` are orders carried out.
    `session` and `elapsed` are the monotonic clock at the moment of `wall`. `offer` names records
    `[type, id, file, rev]` after a restore, `recovered` are those of them that the server wanted;
    each of either is read alone. Without `wall` nobody knows the device's clock. `last` is the place
    of the last line for which the phone has a receipt, and the line's hash in hexadecimal.
    """

    protocol: int
    device: UUID
    wall: datetime | None
    app: str = ""
    session: str | None = None
    elapsed: int | None = None
    cursor: str | None = None
    purged: Purged | None = None
    digests: dict[UUID, int] | None = None
    older: list[UUID] = []
    pull: bool = True
    config: dict[str, str] | None = None
    done: list[UUID] = []
    offer: list[Any] = []
    recovered: list[Any] = []
    last: tuple[int, str] | None = None


class Sealed(msgspec.Struct, frozen=True):
    """A line that carries an operation sealed to the server; see `sealing`."""

    sealed: bytes


class Receipt(msgspec.Struct, omit_defaults=True, kw_only=True):
    """What became of one line. All three outcomes mean: stored durably, the phone may stop sending."""

    outcome: Outcome
    op: UUID | None = None
    line: int | None = None
    flags: list[str] = []
    code: str | None = None
    fields: list[str] = []
    message: str | None = None
    problems: list[dict[str, Any]] = []
    again: bool = False


class Unreadable(ValueError):
    """A line or header that cannot be read; `fields` names where, `detail` says what was expected."""

    def __init__(self, detail: str, fields: list[str] | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.fields = fields or []


_operations = msgspec.json.Decoder(Operation)
_headers = msgspec.json.Decoder(Header)
# What the decoder raises for bytes that it does not take.
_UNREAD = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
_sealed = msgspec.json.Decoder(Sealed)
_SEALED = re.compile(rb'\s*\{\s*"sealed"\s*:')
_encoder = msgspec.json.Encoder()


def read_operation(line: bytes) -> Operation:
    """Raises `Unreadable`. Unknown members are not an error: the line itself is kept as it came."""
    operation = read_stored(line)
    for name in ("op", "target", "file"):
        if not ids.is_ours(getattr(operation, name)):
            raise Unreadable(f"{name} is not laid out as RFC 9562 says", [name])
    return operation


def read_stored(line: bytes) -> Operation:
    """One that was taken, by whatever was asked of an id's layout then. Raises `Unreadable`."""
    operation = _operation(line)
    if operation.wall.tzinfo is None:
        raise Unreadable("wall needs a time zone", ["wall"])
    if operation.seq is not None and not 1 <= operation.seq <= LARGEST:
        raise Unreadable("seq counts from 1", ["seq"])
    if operation.base is not None and not 0 <= operation.base <= LARGEST:
        raise Unreadable("base is a generation", ["base"])
    if operation.group is not None and not 1 <= operation.group.n <= 500:
        raise Unreadable("a group has 1 to 500 members", ["group.n"])
    if "\x00" in operation.kind:
        raise Unreadable("kind has a NUL character", ["kind"])
    return operation


def _operation(line: bytes) -> Operation:
    whole = mending.shallow(line)
    try:
        if whole is line:
            return _operations.decode(line)
        return msgspec.convert(mending.parse(whole), Mended)
    except (*_UNREAD, ValueError) as error:
        try:
            return msgspec.convert(mending.parse(whole), Mended)
        except ValueError:
            raise Unreadable(str(error), _path(str(error))) from error


def members(line: bytes) -> dict[str, Any]:
    """What the line of an operation says, as `read_operation` reads it. Raises `ValueError`."""
    try:
        said = parse(mending.shallow(line))
    except ValueError:
        said = mending.parse(line)
    if not isinstance(said, dict):
        raise ValueError("not an object")
    return said


def read_header(line: bytes) -> tuple[Header, list[str]]:
    """The header without what cannot be read of it, and the names of those members.

    Raises `Unreadable` for what is no JSON object, or does not say which device it is of.
    """
    try:
        header, unread = _headers.decode(line), list[str]()
    except _UNREAD:
        header, unread = _readable_header(line)
    if header.wall is not None and header.wall.tzinfo is None:
        return msgspec.structs.replace(header, wall=None), [*unread, "wall"]
    return header, unread


# A lost member is as if it were absent, but for these: a device that may not pull says so by `pull`.
_LOST: dict[str, Any] = {"protocol": 0, "wall": None, "pull": False}


def _readable_header(line: bytes) -> tuple[Header, list[str]]:
    try:
        said = members(line)
    except ValueError as error:
        raise Unreadable("not a JSON object") from error
    read: dict[str, Any] = _LOST if "pull" in said else _LOST | {"pull": True}
    unread = [name for name in ("protocol", "wall") if name not in said]
    for field in msgspec.structs.fields(Header):
        if field.name in said:
            try:
                read = read | {field.name: msgspec.convert(said[field.name], field.type)}
            except ValueError:
                unread.append(field.name)
    if "device" not in read:
        raise Unreadable("device is missing or no id", ["device"])
    return Header(**read), unread


def is_sealed(line: bytes) -> bool:
    """Whether the line is meant to be a sealed one: `sealed` is its first member."""
    return _SEALED.match(line) is not None


def read_sealed(line: bytes) -> bytes:
    """The sealed bytes of a line. Raises `Unreadable`."""
    try:
        return _sealed.decode(line).sealed
    except _UNREAD as error:
        raise Unreadable(str(error), ["sealed"]) from error


def write_sealed(sealed: bytes) -> bytes:
    return write(Sealed(sealed))


def plain(message: Any) -> Any:
    """The message as dicts, lists, strings and numbers."""
    return msgspec.to_builtins(message)


def parse(text: bytes | str) -> Any:
    """JSON as plain Python values. Raises `ValueError`, also for what is nested too deep to be walked."""
    try:
        return msgspec.json.decode(text)
    except RecursionError as error:
        raise ValueError("nested too deep") from error


def write(message: Any) -> bytes:
    """One message as JSON bytes, without a line end."""
    return _encoder.encode(message)


def line_hash(line: bytes) -> bytes:
    """SHA-256 over exactly the bytes of the line, without its line end."""
    return hashlib.sha256(line).digest()


def _path(message: str) -> list[str]:
    """The member msgspec complains about: "… - at `$.wall`" or "missing required field `op`"."""
    for mark in ("`$.", "field `"):
        if mark in message:
            return [message.split(mark, 1)[1].split("`", 1)[0]]
    return []
