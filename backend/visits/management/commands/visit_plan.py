"""Applies a changed visit plan, or mends the due dates after a repair by hand."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from backend.caseload import services
from backend.common import clock
from backend.visits import queries


class Command(BaseCommand):
    help = "Writes the due visits of counties anew, from what the tables say."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("county", nargs="+", help="The county's code, six digits.")

    def handle(self, *args: Any, **options: Any) -> None:
        for county in options["county"]:
            done = services.replan_county(county, last_seen=queries.last_seen, now=clock.now())
            self.stdout.write(f"{county}: {done} children")
