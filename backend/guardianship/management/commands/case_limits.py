from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from backend.common import clock
from backend.common.errors import DomainError
from backend.guardianship import clocks, limits


class Command(BaseCommand):
    help = "Sets a county's own limits of cases, or shows them; clocks that run keep theirs."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("county", help="6 digits")
        parser.add_argument("limits", nargs="*", metavar="name=number")

    def handle(self, *args: Any, **options: Any) -> None:
        county = options["county"]
        if options["limits"]:
            try:
                limits.configure(
                    county=county, overrides=_read(options["limits"]), actor=None, now=clock.now()
                )
            except DomainError as error:
                raise CommandError(error.message) from error
        for name in clocks.NAMES:
            self.stdout.write(f"{name}={getattr(limits.of(county), name)}")


def _read(given: list[str]) -> dict[str, int]:
    pairs = [text.partition("=") for text in given]
    wrong = [
        text for text, (_, _, number) in zip(given, pairs, strict=True) if not number.isdigit()
    ]
    if wrong:
        raise CommandError(f"Write name=number, not {wrong[0]!r}.")
    return {name: int(number) for name, _, number in pairs}
