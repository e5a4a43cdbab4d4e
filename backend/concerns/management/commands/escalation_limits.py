from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from backend.common import clock
from backend.common.errors import DomainError
from backend.concerns import county_limits
from backend.concerns.limits import NAMES


class Command(BaseCommand):
    help = (
        "Shows a county's limits of escalations, or sets some: acknowledge_critical=1 grace_high=12."
        " Names: " + ", ".join(NAMES) + "."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("county", help="The county's code, six digits.")
        parser.add_argument("setting", nargs="*", metavar="name=number")

    def handle(self, *args: Any, **options: Any) -> None:
        county = options["county"]
        if options["setting"]:
            pairs = (item.partition("=") for item in options["setting"])
            try:
                overrides = {name: int(number) for name, _, number in pairs}
            except ValueError as error:
                raise CommandError("Write name=number, with a whole number.") from error
            try:
                county_limits.configure(
                    county=county, overrides=overrides, actor=None, now=clock.now()
                )
            except DomainError as error:
                raise CommandError(error.message) from error
        limits = county_limits.limits_of([county])[county]
        for name in NAMES:
            self.stdout.write(f"{name}={getattr(limits, name)}")
