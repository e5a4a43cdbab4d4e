"""`manage.py rebuild --check`: whether the tables are what the operations make of them."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from sync import rebuild


class Command(BaseCommand):
    help = "Refolds every applied operation and compares the result with the tables."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--check", action="store_true", required=True, help="compare only; nothing is written"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        found = 0
        for difference in rebuild.differences():
            found += 1
            self.stdout.write(str(difference))
        if found:
            raise CommandError(f"{found} differences between the tables and the operations")
        self.stdout.write("The tables are what the operations make of them.")
