from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from backend.common import clock
from backend.concerns import year_tables


class Command(BaseCommand):
    help = (
        "Loads a year's announced holidays and weekend days worked, from a file of the shape of"
        " backend/concerns/working_days.yaml. A year that was loaded before is replaced."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            text = options["file"].read_text(encoding="utf-8")
        except OSError as error:
            raise CommandError(f"{options['file']} cannot be read: {error.strerror}") from error
        try:
            years = year_tables.load(text, now=clock.now())
        except year_tables.TableRefused as error:
            raise CommandError(error.message) from error
        self.stdout.write("Loaded: " + ", ".join(map(str, years)) + ".")
