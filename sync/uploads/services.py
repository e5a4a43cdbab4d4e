"""Bringing the bytes of declared attachments, piece by piece, each kept as soon as it has come."""

import datetime as dt
import hashlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from uuid import UUID, uuid4

from django.db import OperationalError, transaction
from django.db.models import Exists, F, OuterRef, Q
from psycopg.errors import LockNotAvailable

from sync.models import File, Holding, Operation
from sync.ports import Sender, ports
from sync.protocol import sealing

from . import errors, keeping, pieces
from .declared import MAX_SIZE
from .metadata import Named
from .models import Attachment, Upload

LIFETIME = dt.timedelta(days=30)
# Uploads of one attachment under way at once: a phone that lost the address begins anew.
UNDER_WAY = 4

Read = Callable[[int], bytes]
# Which of several declarations of the same bytes an upload is for, when it does not say.
_WANTED = ("pending", "lost", "unopened", "complete", "refused")


def create(*, sender: Sender, named: Named, length: int, now: dt.datetime) -> Upload:
    """Begins an upload of what is named. What comes sealed is longer by what sealing adds.

    What has come already is whole at once. Raises `NotDeclared`, `LengthDiffers`, `TooLarge` and
    `Erased`.
    """
    size = length - (sealing.OVERHEAD if named.sealed else 0)
    if size > MAX_SIZE:
        raise errors.TooLarge(limit=MAX_SIZE)
    found = Attachment.objects.filter(sha256=named.sha256, device=sender.device)
    declared = list(found.filter(op=named.op) if named.op else found.order_by("id"))
    if not declared:
        raise errors.Erased() if _is_erased(named.op, sender.device) else errors.NotDeclared()
    attachment = min(declared, key=lambda one: _WANTED.index(one.status))
    if attachment.size != size:
        raise errors.LengthDiffers(declared=attachment.size)
    cipher = cipher_of(attachment)
    for old in Upload.objects.filter(attachment=attachment).order_by("-expires_at")[
        UNDER_WAY - 1 :
    ]:
        drop(old)
    return Upload.objects.create(
        id=uuid4(), attachment=attachment, device=sender.device, length=length,
        offset=0 if _is_wanting(attachment, named) else length,
        metadata=cipher.seal(named.header.encode()), sealed=named.sealed, expires_at=now + LIFETIME,
    )  # fmt: skip


def _is_wanting(attachment: Attachment, named: Named) -> bool:
    """An entry that cannot be opened yet need not come again; the file itself may."""
    return attachment.status in ("pending", "lost") or (
        attachment.status == "unopened" and not named.sealed
    )


def _is_erased(op: UUID | None, device: UUID) -> bool:
    """Whether the operation is in a file that the device held and that was erased: its attachments are
    gone with the file, and the phone that still has one has to hear that it may let go of it.
    """
    if op is None:
        return False
    own = Operation.objects.filter(op=op, device=device).values("file")
    held = Holding.objects.filter(device=device, file__in=own).values("file")
    return File.objects.filter(id__in=held, erased_at__isnull=False).exists()


def find(*, sender: Sender, upload: UUID, now: dt.datetime) -> Upload:
    """Raises `NoUpload`, also for another device's and for one that has expired."""
    rows = Upload.objects.select_related("attachment")
    found = rows.filter(id=upload, device=sender.device, expires_at__gt=now).first()
    if found is None:
        raise errors.NoUpload()
    return found


def metadata_of(row: Upload) -> str:
    """The header as it came. Raises `Erased`."""
    if not row.metadata:
        return ""
    opened: bytes = cipher_of(row.attachment).open(row.metadata)
    return opened.decode()


def append(
    *,
    sender: Sender,
    upload: UUID,
    offset: int,
    read: Read,
    now: dt.datetime,
    checksum: tuple[str, bytes] | None = None,
) -> Upload:
    """Appends what `read` gives until it ends, fails or the file is whole.

    Every block is committed before the next one is read: what came before a cut, or before the
    server was killed, need not come again, and a slow line holds no lock. With a checksum
    (`(algorithm, digest)`) nothing is kept unless the chunk is intact. Raises `OffsetDiffers`,
    `Locked`, `ChecksumDiffers`, `HashDiffers`, `Erased` and `NoUpload`.
    """
    row = find(sender=sender, upload=upload, now=now)
    if row.offset != offset:
        raise errors.OffsetDiffers(offset=row.offset)
    blocks = _blocks(read, row.length - offset)
    if checksum:
        blocks = _intact(b"".join(blocks), *checksum)
    for block in blocks:
        row = _keep(upload, row.offset, block, now)
    return row


def end(*, sender: Sender, upload: UUID, now: dt.datetime) -> None:
    """The phone gives the upload up; the attachment stays pending. Raises `NoUpload`."""
    drop(find(sender=sender, upload=upload, now=now))


def forget(files: Sequence[UUID]) -> None:
    """Removes what was attached to erased files: the rows now, the bytes once that is committed.

    Of what strangers to a file have declared the rows stay, out of everybody's sight under their
    device's key: what they bring goes on being taken, as if nobody knew the file.
    """
    gone = Attachment.objects.filter(file__in=files)
    names = [
        pieces.object_name(id_, what)
        for id_ in gone.values_list("id", flat=True)
        for what in pieces.KEPT
    ]
    for row in Upload.objects.filter(attachment__file__in=files):
        names += pieces.names(row)
    Upload.objects.filter(attachment__file__in=files).delete()
    held = Holding.objects.filter(device=OuterRef("device"), file=OuterRef("file"))
    gone.filter(Q(device=None) | Exists(held)).delete()
    brought = gone.filter(status__in=("complete", "unopened"))
    brought.update(status="refused", detail="file.erased", sealed_to=None, has_view=False)
    gone.update(file=F("device"), meta=None, reason=None)
    if names:
        transaction.on_commit(lambda: pieces.delete(names))


def drop_incomplete(*, exists: Callable[[str], bool]) -> int:
    """After a restore: uploads whose pieces are not in the storage begin anew. Returns how many.

    The phone finds its upload gone and makes another; the attachment is pending as before.
    """
    gone = [row for row in Upload.objects.all() if not all(map(exists, pieces.names(row)))]
    Upload.objects.filter(id__in=[row.id for row in gone]).delete()
    return len(gone)


def drop(row: Upload) -> None:
    """The row first: pieces without a row are waste, a row without its pieces would be a lie."""
    names = pieces.names(row)
    row.delete()
    pieces.delete(names)


def cipher_of(attachment: Attachment) -> Any:
    """Raises `Erased` when the file's key was destroyed."""
    ciphers = ports().keys([attachment.file])
    if attachment.file not in ciphers:
        raise errors.Erased()
    return ciphers[attachment.file]


def _keep(upload: UUID, offset: int, block: bytes, now: dt.datetime) -> Upload:
    """Keeps one block if `offset` is still where the upload stands.

    The last block is committed together with the verified file: an upload that says it is whole
    is whole, whenever the server was killed.
    """
    with _locked(upload) as row:
        if row.offset != offset:
            raise errors.OffsetDiffers(offset=row.offset)
        row.expires_at = now + LIFETIME
        intact = _take(row, block, now)
        if intact:
            row.save(update_fields=["pieces", "offset", "expires_at"])
        else:
            Upload.objects.filter(id=row.id).delete()
    if not intact or row.offset == row.length:
        pieces.delete(pieces.names(row))
    if not intact:
        raise errors.HashDiffers()
    return row


def _take(row: Upload, block: bytes, now: dt.datetime) -> bool:
    """False when what has come is not what was declared, or is damaged in the storage."""
    cipher = cipher_of(row.attachment)
    try:
        pieces.extend(row, block, cipher)
        return row.offset < row.length or keeping.finish(row, cipher, now)
    except pieces.Damaged:
        return False


@contextmanager
def _locked(upload: UUID) -> Iterator[Upload]:
    """The row, locked to the end of the block. Raises `Locked` at once rather than wait."""
    with transaction.atomic():
        try:
            rows = Upload.objects.select_for_update(nowait=True, of=("self",))
            row = rows.select_related("attachment").filter(id=upload).first()
        except OperationalError as error:
            if not isinstance(error.__cause__, LockNotAvailable):
                raise
            raise errors.Locked() from error
        if row is None:
            raise errors.NoUpload()
        yield row


def _blocks(read: Read, wanted: int) -> Iterator[bytes]:
    """Blocks of up to `PIECE` bytes; ends where the line is cut. More than is wanted is not read."""
    while wanted > 0:
        try:
            block = read(min(pieces.PIECE, wanted))
        except OSError:  # the line was cut: what came before it counts
            return
        if not block:
            return
        wanted -= len(block)
        yield block


def _intact(chunk: bytes, algorithm: str, digest: bytes) -> Iterator[bytes]:
    if hashlib.new(algorithm, chunk).digest() != digest:
        raise errors.ChecksumDiffers()
    return (chunk[at : at + pieces.PIECE] for at in range(0, len(chunk), pieces.PIECE))
