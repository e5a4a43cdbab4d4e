"""`manage.py verify_dossier FILE.pdf`: whether a dossier agrees with the database."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from backend.dossier.verification import differences

# As much is agreed on as can be known; the rest was erased by law.
ERASED = 2


class Command(BaseCommand):
    help = (
        "Compares an evidence dossier with the database: the file itself, every entry and photograph,"
        " what was left out, and the head of the audit log. Names what differs; exits with 1 if"
        " anything does, and with 2 if nothing differs but the child's file was erased since."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            content = options["file"].read_bytes()
        except OSError as error:
            raise CommandError(f"The file cannot be read: {error}") from error
        found = list(differences(content))
        for difference in found:
            self.stdout.write(difference.text)
        if any(not difference.gone for difference in found):
            raise CommandError("The dossier does not agree with the database: see above.")
        if found:
            raise CommandError(
                "Nothing differs, but not everything can be checked.", returncode=ERASED
            )
        self.stdout.write("The dossier agrees with the database.")
