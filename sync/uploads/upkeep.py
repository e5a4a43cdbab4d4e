"""What is left behind is removed; a declared attachment never is."""

import datetime as dt
from uuid import UUID

from django.core.files.storage import default_storage

from . import pieces
from .folder import Folder
from .models import Upload
from .services import drop

A_RUN = 1000


def expire(*, now: dt.datetime) -> int:
    """Removes uploads that nobody went on with, with their pieces. Returns how many."""
    stale = list(Upload.objects.filter(expires_at__lte=now).order_by("expires_at")[:A_RUN])
    for row in stale:
        drop(row)
    return len(stale)


def sweep() -> int:
    """Removes pieces that belong to no upload any more: their process was killed in between.

    An upload's row is committed before its first piece is written and is asked for after the
    storage was listed, so nothing that is still needed can be missed. Returns how many objects.
    """
    storage = getattr(default_storage, "_wrapped", default_storage)
    if isinstance(storage, Folder):
        storage.remove_abandoned()
    found = {name: upload for name in _listed() if (upload := _uuid(name))}
    alive = set(Upload.objects.filter(id__in=found.values()).values_list("id", flat=True))
    removed = 0
    for name, upload in found.items():
        if upload in alive:
            continue
        _, objects = default_storage.listdir(f"{pieces.UPLOADS}/{name}")
        pieces.delete(f"{pieces.UPLOADS}/{name}/{one}" for one in objects)
        removed += len(objects)
    return removed


def _listed() -> list[str]:
    try:
        directories, _ = default_storage.listdir(pieces.UPLOADS)
    except FileNotFoundError:  # nothing was ever uploaded
        return []
    return directories


def _uuid(name: str) -> UUID | None:
    try:
        return UUID(name)
    except ValueError:
        return None
