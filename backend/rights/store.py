"""Where copies lie until they are fetched or their time has passed: sealed under the child's key."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from sync.uploads import pieces

# The paper, and the same for a program.
PAPER, DATA = "pdf", "json"
KINDS = (PAPER, DATA)


def name(request: UUID, kind: str) -> str:
    return f"copies/{request.hex[:2]}/{request}.{kind}"


def write(request: UUID, kind: str, content: bytes, cipher: Any) -> None:
    pieces.write(name(request, kind), content, cipher)


def read(request: UUID, kind: str, cipher: Any) -> bytes:
    """Raises `pieces.Damaged`."""
    return pieces.read(name(request, kind), cipher)


def drop(requests: Iterable[UUID]) -> None:
    pieces.delete([name(one, kind) for one in requests for kind in KINDS])
