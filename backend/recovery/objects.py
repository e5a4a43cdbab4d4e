"""Attachments, through the storage's own interface: a local folder or an S3-compatible store.

They are sealed already and never change, so that copying them needs no snapshot: whatever the tables'
snapshot speaks of lies there before its row was committed.
"""

import hashlib
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.files.base import File
from django.core.files.storage import default_storage

from . import hashing


def write(folder: Path, index: Path) -> int:
    """Copies every object; one line of JSON each in `index`. Returns how many.

    An upload that is finished meanwhile loses its pieces; what is gone when we come to it is left out.
    """
    count = 0
    with index.open("w", encoding="utf-8") as lines:
        for name in _names(""):
            said = _fetch(name, folder / name)
            if said:
                lines.write(json.dumps({"name": name, **said}, ensure_ascii=False) + "\n")
                count += 1
    return count


def listed(index: Path) -> Iterator[dict[str, Any]]:
    """`{name, sha256, size}` of each object."""
    with index.open(encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


def put_back(folder: Path, index: Path) -> int:
    """Puts back what the storage does not have. Returns how many objects that were."""
    count = 0
    for said in listed(index):
        name = said["name"]
        if default_storage.exists(name):
            if default_storage.size(name) == said["size"]:
                continue
            default_storage.delete(name)
        with (folder / name).open("rb") as content:
            default_storage.save(name, File(content))
        count += 1
    return count


def _names(folder: str) -> Iterator[str]:
    try:
        folders, files = default_storage.listdir(folder)
    except FileNotFoundError:
        return
    for file in sorted(files):
        yield f"{folder}{file}"
    for inner in sorted(folders):
        yield from _names(f"{folder}{inner}/")


def _fetch(name: str, path: Path) -> dict[str, Any] | None:
    path.parent.mkdir(parents=True, exist_ok=True)
    digest = hashlib.sha256()
    try:
        with default_storage.open(name) as stored, path.open("wb") as copy:
            for block in stored.chunks(hashing.BLOCK):
                digest.update(block)
                copy.write(block)
            copy.flush()
            os.fsync(copy.fileno())
    except FileNotFoundError:
        path.unlink(missing_ok=True)
        return None
    return {"sha256": digest.hexdigest(), "size": path.stat().st_size}
