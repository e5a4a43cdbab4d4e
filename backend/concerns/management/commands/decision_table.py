from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from backend.concerns.rules.model import ruleset
from backend.concerns.rules.table import render
from backend.concerns.rulesets import TABLE, shipped
from backend.concerns.timed import RULES


class Command(BaseCommand):
    help = (
        "Writes the decision table of the rules that ship; --check says whether it is up to date."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--check", action="store_true", help="write nothing; fail if it differs"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        made = render(ruleset(shipped()), RULES.values())
        if not options["check"]:
            TABLE.write_text(made, encoding="utf-8")
            self.stdout.write(f"Wrote {TABLE.name}.")
        elif TABLE.read_text(encoding="utf-8") != made:
            raise CommandError(
                f"{TABLE.name} differs from the rules: run manage.py decision_table."
            )
