"""`manage.py simulate`: weeks of field work of many phones, and everything that goes wrong."""

import signal
import sys
from argparse import ArgumentTypeError
from typing import Any

from django.core.management.base import BaseCommand, CommandParser


class Command(BaseCommand):
    help = (
        "Plays weeks of field work against a server of its own, on a database of its own, and ends"
        " with a table: exit code 1 unless nothing was lost, doubled or shown out of scope and the"
        " escalations are as expected."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--phones", type=_at_least_one, default=40)
        parser.add_argument("--days", type=_at_least_one, default=10)
        parser.add_argument("--seed", type=int, default=1, help="says who does what when")
        parser.add_argument(
            "--chaos", action="store_true",
            help="bad lines, wrong clocks and a server that is killed; without it only field work",
        )  # fmt: skip

    def handle(self, *args: Any, **given: Any) -> None:
        # Imported here: the backend is complete without what starts and tests it.
        from deploy.simulation.play import simulate
        from deploy.simulation.run import Options

        # Told to end, it still stops its server and drops its database.
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
        options = Options(given["phones"], given["days"], given["seed"], given["chaos"])
        if not simulate(options, self.stdout.write):
            sys.exit(1)


def _at_least_one(text: str) -> int:
    if not text.isdigit() or int(text) < 1:
        raise ArgumentTypeError(f"{text} is not a number from 1 on")
    return int(text)
