"""The time of a run: real time plus an offset that all its processes read from one file.

A month passes in minutes, and the server lives through it: deadlines, orders and ages are those of
a month. Only processes started through `served` have this clock.
"""

import datetime as dt
import mmap
import os
import struct
from pathlib import Path

_OFFSET = struct.Struct("<d")


class Clock:
    def __init__(self, file: Path) -> None:
        if not file.exists():
            file.write_bytes(_OFFSET.pack(0.0))
        with file.open("r+b") as opened:
            # Eight bytes written at once: a reader sees the old offset or the new one.
            self._shared = mmap.mmap(opened.fileno(), _OFFSET.size)

    def now(self) -> dt.datetime:
        (offset,) = _OFFSET.unpack_from(self._shared)
        return dt.datetime.now(dt.UTC) + dt.timedelta(seconds=offset)

    def set(self, moment: dt.datetime) -> None:
        """From now on it is this time and later. It never goes back."""
        if moment > self.now():
            offset = (moment - dt.datetime.now(dt.UTC)).total_seconds()
            _OFFSET.pack_into(self._shared, 0, offset)

    def begin(self, moment: dt.datetime) -> None:
        """The first time that is set; it may lie in the past."""
        _OFFSET.pack_into(self._shared, 0, (moment - dt.datetime.now(dt.UTC)).total_seconds())


def file_in(data: Path) -> Path:
    return data / "clock"


def install() -> None:
    """Gives Django this clock; must come before anything imports its `now`."""
    from django.utils import timezone

    timezone.now = Clock(file_in(Path(os.environ["HUXING_DATA_DIR"]))).now
