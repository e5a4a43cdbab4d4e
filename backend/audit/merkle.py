"""What is hashed, and how. Pure: anybody can check a seal with these forty lines and a copy of the rows.

A row's bytes are the JSON array `[1, id, at, actor, action, subject, subject_type, device, county,
detail]` in UTF-8 without spaces: times in UTC with six decimals, ids of people and things as text or
null, the members of `detail` sorted at every depth. The tree over them is that of RFC 6962, so that a
row cannot pass for a node: leaf = SHA-256(0x00 | bytes), node = SHA-256(0x01 | left | right).
"""

import datetime as dt
import hashlib
import json
from collections.abc import Sequence
from typing import Any

VERSION = 1
# What the first seal of a county follows from.
START = bytes(32)


def leaf(
    *, id: int, at: dt.datetime, actor: Any, action: str, subject: Any, subject_type: str,
    device: Any, county: str, detail: Any,
) -> bytes:  # fmt: skip
    row = [VERSION, id, moment(at), _id(actor), action, _id(subject), subject_type, _id(device),
           county, detail]  # fmt: skip
    return hashlib.sha256(b"\x00" + canonical(row)).digest()


def root(leaves: Sequence[bytes]) -> bytes:
    """Of one leaf or more; the left side of each node is the largest full tree that fits."""
    if len(leaves) == 1:
        return leaves[0]
    middle = 1 << ((len(leaves) - 1).bit_length() - 1)
    return hashlib.sha256(b"\x01" + root(leaves[:middle]) + root(leaves[middle:])).digest()


def seal(
    *, county: str, number: int, minute: dt.datetime, ids: Sequence[int], root: bytes, before: bytes
) -> bytes:
    """A seal's hash: over what it says, the hash of the county's seal before it included."""
    said = [VERSION, county, number, moment(minute), list(ids), root.hex(), before.hex()]
    return hashlib.sha256(b"\x02" + canonical(said)).digest()


def canonical(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def moment(at: dt.datetime) -> str:
    return at.astimezone(dt.UTC).isoformat(timespec="microseconds")


def _id(value: Any) -> str | None:
    return str(value) if value is not None else None
