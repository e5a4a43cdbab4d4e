"""Where the PDFs lie: beside the photographs, sealed under the child's key."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.core.files.storage import default_storage
from django.db import transaction

from sync.uploads import pieces

from .models import Dossier

__all__ = ["default_storage", "drop", "forget", "name", "read", "write"]


def name(dossier: UUID) -> str:
    return f"dossiers/{dossier.hex[:2]}/{dossier}"


def write(dossier: UUID, content: bytes, cipher: Any) -> None:
    pieces.write(name(dossier), content, cipher)


def read(dossier: UUID, cipher: Any) -> bytes:
    """Raises `pieces.Damaged`."""
    return pieces.read(name(dossier), cipher)


def drop(dossier: UUID) -> None:
    pieces.delete([name(dossier)])


def forget(files: Iterable[UUID]) -> None:
    """The bytes of erased files' dossiers, once that is committed; their key is destroyed anyway."""
    rows = Dossier.objects.filter(file__in=list(files))
    names = [name(id_) for id_ in rows.values_list("id", flat=True)]
    if names:
        transaction.on_commit(lambda: pieces.delete(names))
