from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from backend.common.errors import DomainError
from backend.regions.sources import SHIPPED_PACK, narrowed, read_package, write_pack


class Command(BaseCommand):
    help = "Makes the shipped pack: all counties, and the villages of the chosen provinces."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--package", type=Path, required=True)
        parser.add_argument("--province", action="append", required=True, help="2 digits")
        parser.add_argument("--to", type=Path, default=SHIPPED_PACK)

    def handle(
        self, *args: Any, package: Path, province: list[str], to: Path, **options: Any
    ) -> None:
        try:
            count = write_pack(to, narrowed(read_package(package), province))
        except DomainError as error:
            raise CommandError(error.message) from error
        self.stdout.write(f"{count} divisions in {to.name}.")
