"""A local folder in which an object is whole or not there, also after the power failed."""

import contextlib
import os
import tempfile
import time
from pathlib import Path
from typing import Any

from django.core.files.storage import FileSystemStorage
from django.utils.deconstruct import deconstructible

# Inside the folder, so that a rename stays on one file system.
DRAFTS = ".drafts"
# A draft that is older belongs to a process that was killed.
ABANDONED = 24 * 3600.0


@deconstructible(path="sync.uploads.folder.Folder")
class Folder(FileSystemStorage):
    """Django's, except that an object is written beside its place, synced and renamed into it.

    Another object of that name is replaced: readers see the old bytes or the new ones.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"allow_overwrite": True, **options})

    def _save(self, name: str, content: Any) -> str:
        place = Path(self.path(name))
        place.parent.mkdir(parents=True, exist_ok=True)
        drafts = Path(self.location) / DRAFTS
        drafts.mkdir(exist_ok=True)
        handle, draft = tempfile.mkstemp(dir=drafts)
        try:
            with os.fdopen(handle, "wb") as out:
                for chunk in content.chunks():
                    out.write(chunk)
                out.flush()
                os.fsync(out.fileno())
            os.replace(draft, place)
        except BaseException:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(draft)
            raise
        _sync_directory(place.parent)
        return name

    def delete(self, name: str) -> None:
        """The directory goes with the last object in it."""
        super().delete(name)
        with contextlib.suppress(OSError):  # it still holds something, or is gone
            Path(self.path(name)).parent.rmdir()

    def remove_abandoned(self) -> None:
        """Removes what killed processes were writing."""
        before = time.time() - ABANDONED
        for draft in (Path(self.location) / DRAFTS).glob("*"):
            with contextlib.suppress(FileNotFoundError):
                if draft.stat().st_mtime < before:
                    draft.unlink()


def _sync_directory(directory: Path) -> None:
    """Makes the rename itself durable. Windows has no such call and does it by itself."""
    if os.name != "posix":
        return
    handle = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
