"""Opens what was sealed to the server, before anything else is done with it."""

from collections.abc import Iterable, Mapping
from enum import Enum
from typing import TypeVar
from uuid import UUID

from .ports import ports
from .protocol import messages, sealing

Place = TypeVar("Place")


class Fault(Enum):
    """Why an entry stays closed; the value is the code on its receipt."""

    KEY_UNKNOWN = "sealed.key_unknown"
    UNREADABLE = "sealed.unreadable"


KEY_UNKNOWN = Fault.KEY_UNKNOWN.value


def key_of(line: bytes) -> bytes | None:
    """The id of the key that a sealed line is sealed to, if it says one."""
    try:
        return sealing.read_header(messages.read_sealed(line)).key
    except (messages.Unreadable, sealing.Unopened):
        return None


def place_of(line: bytes) -> int:
    """The place in the log that a sealed line which has opened gives."""
    return sealing.read_header(messages.read_sealed(line)).seq


def open_lines(lines: Mapping[Place, bytes], *, device: UUID) -> dict[Place, bytes | Fault]:
    """The operation's line inside each sealed line, or why there is none.

    One statement for the keys, and none when nothing is sealed.
    """
    read: dict[Place, bytes] = {}
    result: dict[Place, bytes | Fault] = {}
    for place, line in lines.items():
        try:
            read[place] = messages.read_sealed(line)
        except messages.Unreadable:
            result[place] = Fault.UNREADABLE
    openers = _openers(read.values())
    for place, entry in read.items():
        result[place] = _operation(entry, openers, device)
    return result


def open_attachment(entry: bytes, *, device: UUID) -> bytes | Fault:
    """The file's bytes; its hash is the caller's to verify."""
    return _open(entry, _openers([entry]), sealing.ATTACHMENT, device)[1]


def _openers(entries: Iterable[bytes]) -> dict[bytes, sealing.Opener]:
    wanted = {header.key for entry in entries if (header := _header(entry))}
    if not wanted:
        return {}
    return {key: sealing.Opener(own) for key, own in ports().outbox.private(wanted).items()}


def _header(entry: bytes) -> sealing.Header | None:
    try:
        return sealing.read_header(entry)
    except sealing.Unopened:
        return None


def _operation(
    entry: bytes, openers: Mapping[bytes, sealing.Opener], device: UUID
) -> bytes | Fault:
    header, line = _open(entry, openers, sealing.OPERATION, device)
    if isinstance(line, Fault):
        return line
    try:
        inside = messages.read_operation(line)
    except messages.Unreadable:
        # The phone sealed a line that cannot be read: it is told, and kept, as if it had come open.
        return line
    # Sealed under another operation's header: nobody could say which of the two was received.
    same = header and (inside.op.bytes, inside.seq) == (header.about, header.seq)
    return line if same else Fault.UNREADABLE


def _open(
    entry: bytes, openers: Mapping[bytes, sealing.Opener], what: int, device: UUID
) -> tuple[sealing.Header | None, bytes | Fault]:
    header = _header(entry)
    if header is None or (header.what, header.device) != (what, device):
        return header, Fault.UNREADABLE
    if header.key not in openers:
        return header, Fault.KEY_UNKNOWN
    try:
        return header, openers[header.key].open(entry)
    except sealing.Unopened:
        return header, Fault.UNREADABLE
