"""The header `Upload-Metadata`: pairs of a key and a value in base64. Pure.

`sha256` says which file it is, in hexadecimal as the operation declares it; `op` which operation,
where several declare the same bytes; `sealed` that the bytes come sealed to the server, and in which
format. Other keys are the client's own.
"""

import base64
import hashlib
from dataclasses import dataclass
from uuid import UUID

from sync.protocol import sealing

from .errors import HeaderUnusable

MAX_LENGTH = 4096
_FORMAT = str(sealing.FORMAT).encode()


@dataclass(frozen=True, slots=True)
class Named:
    """What the header says; `header` as it came, to be given back."""

    sha256: bytes
    op: UUID | None = None
    sealed: bool = False
    header: str = ""


def read(header: str) -> Named:
    """Raises `HeaderUnusable` for anything that is not tus, without `sha256`, or in an unknown format."""
    pairs = _pairs(header)
    try:
        sha256 = bytes.fromhex(pairs["sha256"].decode())
        op = UUID(pairs["op"].decode()) if "op" in pairs else None
    except (KeyError, ValueError) as error:
        raise _unusable() from error
    if len(sha256) != hashlib.sha256().digest_size:
        raise _unusable()
    if pairs.get("sealed", _FORMAT) != _FORMAT:
        raise _unusable()
    return Named(sha256, op, "sealed" in pairs, header)


def write(**values: str) -> str:
    return ",".join(f"{name} {base64.b64encode(v.encode()).decode()}" for name, v in values.items())


def _pairs(header: str) -> dict[str, bytes]:
    if len(header) > MAX_LENGTH:
        raise _unusable()
    pairs: dict[str, bytes] = {}
    for pair in header.split(","):
        key, _, value = pair.strip().partition(" ")
        if not key or key in pairs:
            raise _unusable()
        try:
            pairs[key] = base64.b64decode(value, validate=True)
        except ValueError as error:
            raise _unusable() from error
    return pairs


def _unusable() -> HeaderUnusable:
    return HeaderUnusable(name="Upload-Metadata (sha256)")
