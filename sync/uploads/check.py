"""Whether the attachments are those that operations declare, and what is complete lies in the storage."""

from collections.abc import Iterator, Sequence
from uuid import UUID

from django.core.files.storage import default_storage
from django.db.models import Exists, OuterRef, Q, Subquery

from sync import oplog
from sync.models import AttachmentLoss, Operation

from . import losses, pieces
from .declared import rows_of
from .models import Attachment

_DECLARED = ("op", "file", "device", "sha256", "size", "type", "role", "made_from", "sealed")


def differences(*, batch: int) -> Iterator[tuple[UUID, str]]:
    """`(attachment, what differs)`: a column, `row` for one that is missing or too many, `object`."""
    last = 0
    while ordinals := _after(last, batch):
        last = ordinals[-1]
        yield from _compare(ordinals)
    strangers = Attachment.objects.exclude(op__in=Operation.objects.values("op"))
    for attachment in strangers.values_list("id", flat=True).iterator(chunk_size=batch):
        yield attachment, "row"
    for attachment in losses.unrecorded().values_list("id", flat=True).iterator(chunk_size=batch):
        yield attachment, "status"
    yield from _not_lost(batch)
    unopened = Attachment.objects.filter(sealed_to__isnull=False).order_by("id")
    for attachment in unopened.values_list("id", flat=True).iterator(chunk_size=batch):
        if not default_storage.exists(pieces.object_name(attachment, pieces.UNOPENED)):
            yield attachment, "object"
    complete = Attachment.objects.filter(status="complete").order_by("id")
    for attachment, has_view in complete.values_list("id", "has_view").iterator(chunk_size=batch):
        if not _lies_there(attachment, has_view=has_view):
            yield attachment, "object"


def _not_lost(batch: int) -> Iterator[tuple[UUID, str]]:
    """Closed as lost, and neither that nor come since."""
    loss = AttachmentLoss.objects.filter(id=OuterRef("id"))
    closed = Attachment.objects.filter(Exists(loss))
    by, at = (Subquery(loss.values(name)[:1]) for name in ("by", "at"))
    lost = Q(status="lost", settled_by=by, settled_at=at)
    wrong = closed.filter(status__in=("pending", "lost")).exclude(lost)
    for attachment in wrong.values_list("id", flat=True).iterator(chunk_size=batch):
        yield attachment, "status"


def _after(last: int, batch: int) -> list[int]:
    """Those that were judged. An erased file's have no key and expect nothing."""
    rows = Operation.objects.filter(ordinal__gt=last).exclude(outcome="received")
    rows = rows.exclude(code__in=("file.erased", "server.retry")).order_by("ordinal")
    return list(rows.values_list("ordinal", flat=True)[:batch])


def _compare(ordinals: Sequence[int]) -> Iterator[tuple[UUID, str]]:
    entries = oplog.load("ordinal = ANY(%s)", [list(ordinals)])
    wanted = {row.id: row for e in entries for row in rows_of(e, declared_at=e.received)}
    rows = {row.id: row for row in Attachment.objects.filter(op__in=[e.op for e in entries])}
    for attachment in wanted.keys() ^ rows.keys():
        yield attachment, "row"
    for attachment in wanted.keys() & rows.keys():
        for column in _DECLARED:
            if _plain(wanted[attachment], column) != _plain(rows[attachment], column):
                yield attachment, column


def _plain(row: Attachment, column: str) -> object:
    value = getattr(row, column)
    return bytes(value) if isinstance(value, memoryview) else value


def _lies_there(attachment: UUID, *, has_view: bool) -> bool:
    kinds = (pieces.ORIGINAL, *((pieces.VIEW, pieces.THUMBNAIL) if has_view else ()))
    return all(default_storage.exists(pieces.object_name(attachment, kind)) for kind in kinds)
