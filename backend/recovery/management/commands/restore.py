"""`manage.py restore DIR`: a backup in place of what is there, as a new incarnation."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from backend.common import clock
from backend.common.errors import DomainError
from backend.recovery.restore import restore


class Command(BaseCommand):
    help = (
        "Replaces the database by a backup, puts attachments back and carries out what the ledger"
        " says happened since. Web, worker and beat must be stopped. Phones then send again what the"
        " backup lacks, and load everything afresh."
    )
    # The tables of now may not be there at all.
    requires_system_checks: list[str] = []
    requires_migrations_checks = False

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path)
        parser.add_argument(
            "--force", action="store_true", help="replace a database that has data in it"
        )
        parser.add_argument(
            "--without-ledger", action="store_true",
            help="only if the ledger is lost for good: go on from the copy in the backup",
        )  # fmt: skip

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            entries = restore(
                options["folder"], now=clock.now(), force=options["force"],
                without_ledger=options["without_ledger"], say=self.stdout.write,
            )  # fmt: skip
        except DomainError as error:
            raise CommandError(error.message) from error
        for entry in entries:
            self.stdout.write(f"from the ledger: {entry.fact.kind} {entry.fact.subject}")
        self.stdout.write("Restored, as a new incarnation. Start web, worker and beat now.")
