"""A backup: one moment of the database, every attachment, and the ledger as it was; without the keys."""

import shutil
from datetime import datetime
from pathlib import Path

from django.conf import settings

from backend.common import ledger
from sync import recovery

from . import errors, hashing, manifest, objects, tables
from .manifest import FILES, LEDGER, OBJECTS, TABLES, Manifest


def backup(folder: Path, *, now: datetime) -> Manifest:
    """Writes a backup while everybody goes on writing. Raises `FolderNotEmpty`.

    The objects follow the tables: whatever a row of the snapshot speaks of was stored before it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise errors.FolderNotEmpty(folder=folder)
    head = ledger.head()
    incarnation = recovery.incarnation()
    with tables.snapshot():
        migrations = manifest.applied_migrations()
        written = tables.write(folder / TABLES)
        # Sequences know no snapshot; read last they are never behind the rows.
        sequences = tables.sequences()
    count = objects.write(folder / FILES, folder / OBJECTS)
    if settings.HUXING_LEDGER.exists():
        shutil.copyfile(settings.HUXING_LEDGER, folder / LEDGER)
    made = Manifest(
        format=manifest.FORMAT, made_at=now, incarnation=str(incarnation), migrations=migrations,
        tables=written, sequences=sequences, ledger=(head.entries, head.hash),
        objects={"count": count, **hashing.of(folder / OBJECTS)}, **manifest.key_checks(),
    )  # fmt: skip
    manifest.write(folder, made)
    return made
