"""`manage.py after_restore`: for a database that was restored by the database's own means."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from backend.common import clock
from backend.common.errors import DomainError
from backend.recovery.replay import replay
from backend.recovery.restore import became_another


class Command(BaseCommand):
    help = (
        "Run it before the first start after a restore by other tools (point in time, a copied data"
        " directory) and after a standby was promoted: makes a new incarnation and carries out what"
        " the ledger says."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("reason", help="what was done, such as 'standby promoted'")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            with transaction.atomic():
                became_another(now=clock.now(), reason=options["reason"])
            entries = replay()
        except DomainError as error:
            raise CommandError(error.message) from error
        for entry in entries:
            self.stdout.write(f"from the ledger: {entry.fact.kind} {entry.fact.subject}")
        self.stdout.write("A new incarnation: phones send again what is missing and load afresh.")
