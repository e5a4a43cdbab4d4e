"""`manage.py backup DIR`: everything but the keys, while everybody goes on working."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from backend.common import clock
from backend.common.errors import DomainError
from backend.health import heartbeats
from backend.recovery.backup import backup


class Command(BaseCommand):
    help = (
        "Writes the database as of one moment, all attachments and a copy of the ledger into a new"
        " folder. Keys are not in it: keep them elsewhere, without them a backup is lost."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            made = backup(options["folder"], now=clock.now())
        except DomainError as error:
            raise CommandError(error.message) from error
        heartbeats.beat(heartbeats.BACKUP, now=made.made_at)
        rows = sum(table["rows"] for table in made.tables.values())
        self.stdout.write(
            f"{rows} rows of {len(made.tables)} tables and {made.objects['count']} files in"
            f" {options['folder']}, as of {made.made_at:%Y-%m-%d %H:%M:%S %Z}."
        )
