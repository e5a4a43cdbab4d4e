"""Where bytes lie: sealed objects in Django's default storage, a local folder or S3-compatible."""

import logging
from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Any
from uuid import UUID

from cryptography.exceptions import InvalidTag
from django.core.exceptions import ImproperlyConfigured
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from . import errors
from .models import Upload

logger = logging.getLogger(__name__)

ORIGINAL, VIEW, THUMBNAIL = ("original", "view", "thumbnail")
# As it came, sealed to a key that the server does not have.
UNOPENED = "unopened"
KEPT = (ORIGINAL, VIEW, THUMBNAIL, UNOPENED)
UPLOADS = "uploads"
# One sealed object: large enough for few objects, small enough to lose little to a cut line.
PIECE = 256 * 1024


class Damaged(Exception):
    """An object is missing, or its bytes are not those that were written."""


def write(name: str, plain: bytes, cipher: Any) -> None:
    """Writes one object whole, over one that lies there from a try that crashed."""
    content = ContentFile(cipher.seal(plain, name.encode()))
    try:
        kept = default_storage.save(name, content)
    except Exception as error:  # a full disk, a store that is away: whatever its library calls it
        logger.error("%s was not stored: %s", name, type(error).__name__)
        raise errors.NoRoom() from error
    if kept != name:
        raise ImproperlyConfigured(f"the file storage must overwrite: it made {kept} of {name}")


def read(name: str, cipher: Any) -> bytes:
    """Raises `Damaged`, also for bytes that were swapped with another object's."""
    try:
        with default_storage.open(name) as stored:
            opened: bytes = cipher.open(stored.read(), name.encode())
            return opened
    except (FileNotFoundError, InvalidTag) as error:
        raise Damaged(name) from error


def delete(names: Iterable[str]) -> None:
    for name in names:
        default_storage.delete(name)


def piece_name(upload: UUID, start: int) -> str:
    return f"{UPLOADS}/{upload}/{start}"


def object_name(attachment: UUID, what: str) -> str:
    return f"attachments/{attachment.hex[:2]}/{attachment}/{what}"


def extend(row: Upload, block: bytes, cipher: Any) -> None:
    """Keeps the bytes from `row.offset` on; the row's changes are the caller's to save.

    A short last piece is written again with the new bytes behind it, so that small chunks do not
    become thousands of objects. A crash before the caller commits leaves an object with a longer
    tail, which is cut off when it is read.
    """
    if row.pieces and row.offset - row.pieces[-1] + len(block) <= PIECE:
        start = row.pieces[-1]
        block = read(piece_name(row.id, start), cipher)[: row.offset - start] + block
    else:
        start = row.offset
        row.pieces.append(start)
    write(piece_name(row.id, start), block, cipher)
    row.offset = start + len(block)


def whole(row: Upload, cipher: Any) -> Iterator[bytes]:
    """What has come so far, piece by piece. Raises `Damaged`."""
    for start, stop in pairwise([*row.pieces, row.offset]):
        piece = read(piece_name(row.id, start), cipher)[: stop - start]
        if len(piece) != stop - start:
            raise Damaged(piece_name(row.id, start))
        yield piece


def names(row: Upload) -> list[str]:
    return [piece_name(row.id, start) for start in row.pieces]
