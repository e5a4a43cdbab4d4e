"""Restores the server of a test to an earlier moment, by the project's own backup of tables."""

import datetime as dt
from pathlib import Path

from django.db import connections, transaction

from backend.recovery import tables
from sync import recovery


class Backup:
    """Every table as it is now."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        with tables.snapshot():
            self.written = tables.write(folder)

    def restore(self, *, now: dt.datetime, noticed: bool = True) -> None:
        """Unless it was `noticed`, nobody tells the server that it was restored."""
        with transaction.atomic():
            tables.load(self.folder, self.written)
            if noticed:
                recovery.begin(now=now, reason="a test")
        connections.close_all()
