"""What a backup says of itself. It is written last: a folder without it is no backup."""

import base64
import json
import os
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
from cryptography.exceptions import InvalidTag
from django.conf import settings
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from backend.common import encrypted, ledger

from . import errors, hashing
from .objects import listed

FORMAT = 1
MANIFEST, OBJECTS, TABLES, FILES, LEDGER = (
    "manifest.json", "files.jsonl", "tables", "files", "ledger.jsonl",
)  # fmt: skip
_KNOWN_TEXT = b"huxing backup"


class Manifest(msgspec.Struct, kw_only=True):
    """`tables` by name: columns, rows, sha256, size. `ledger` is its head when the backup began."""

    format: int
    made_at: datetime
    incarnation: str
    migrations: list[tuple[str, str]]
    tables: dict[str, dict[str, Any]]
    sequences: dict[str, int]
    objects: dict[str, Any]
    ledger: tuple[int, str]
    master_check: str
    index_check: int


def applied_migrations() -> list[tuple[str, str]]:
    """None of a database without tables."""
    return sorted(MigrationRecorder(connection).applied_migrations())


def key_checks() -> dict[str, Any]:
    """By which a restore knows, before it touches anything, that it has the keys."""
    sealed = encrypted.master().seal(_KNOWN_TEXT)
    return {
        "master_check": base64.b64encode(sealed).decode(),
        "index_check": encrypted.index_token("backup", _KNOWN_TEXT.decode()),
    }


def check_keys(manifest: Manifest) -> None:
    """Raises `OtherKeys`."""
    try:
        encrypted.open_wrapped(base64.b64decode(manifest.master_check))
    except InvalidTag as error:
        raise errors.OtherKeys(key="HUXING_MASTER_KEY") from error
    if manifest.index_check != encrypted.index_token("backup", _KNOWN_TEXT.decode()):
        raise errors.OtherKeys(key="HUXING_INDEX_KEY")


def check_ledger(manifest: Manifest) -> None:
    """The ledger is this backup's, and at least as long. Raises `NoLedger` and `OtherLedger`."""
    path = settings.HUXING_LEDGER
    if not path.exists():
        raise errors.NoLedger(path=path)
    entries, hash_ = manifest.ledger
    lines = ledger.read(path)
    if entries > len(lines) or (entries and lines[entries - 1].hash.hex() != hash_):
        raise errors.OtherLedger(path=path)


def write(folder: Path, manifest: Manifest) -> None:
    draft = folder / f"{MANIFEST}.new"
    with draft.open("wb") as file:
        file.write(msgspec.json.format(msgspec.json.encode(manifest), indent=1))
        file.flush()
        os.fsync(file.fileno())
    draft.replace(folder / MANIFEST)


def read(folder: Path) -> Manifest:
    """Raises `NotABackup`."""
    try:
        text = (folder / MANIFEST).read_bytes()
        if json.loads(text).get("format") != FORMAT:
            raise errors.NotABackup(folder=folder, detail="format")
        return msgspec.json.decode(text, type=Manifest)
    except (OSError, ValueError, msgspec.ValidationError) as error:
        raise errors.NotABackup(folder=folder, detail=error) from error


def verify(folder: Path, manifest: Manifest) -> None:
    """Every file is there and is the one that was written. Raises `BackupDamaged`."""
    _verify(folder / OBJECTS, manifest.objects)
    for name, said in manifest.tables.items():
        _verify(folder / TABLES / f"{name}.gz", said)
    for said in listed(folder / OBJECTS):
        _verify(folder / FILES / said["name"], said)


def _verify(path: Path, said: dict[str, Any]) -> None:
    if not path.exists() or hashing.of(path)["sha256"] != said["sha256"]:
        raise errors.BackupDamaged(name=path.name)
