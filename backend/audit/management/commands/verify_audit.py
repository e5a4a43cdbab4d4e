"""`manage.py verify_audit`: whether the audit log is the one that was written."""

from itertools import islice
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from backend.audit import verification
from backend.audit.queries import sealed_until
from backend.common.errors import DomainError

SHOWN = 20


class Command(BaseCommand):
    help = (
        "Recomputes the seals of the audit log from its rows and compares them with the ledger. Names"
        " the first row or seal that does not fit and those after it; exits with 1 if there is one."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--county", help="only the log of one county, by its six digits")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            found = list(islice(verification.misfits(options["county"]), SHOWN))
        except DomainError as error:
            raise CommandError(error.message) from error
        for misfit in found:
            self.stdout.write(f"{'(restored since) ' if misfit.undone else ''}{misfit}")
        if any(not misfit.undone for misfit in found):
            raise CommandError("The audit log is not the one that was written: see above.")
        state = sealed_until(options["county"])
        self.stdout.write(
            f"Everything fits: {state.seals} seals over {state.rows} rows;"
            f" {state.waiting} rows wait to be sealed."
        )
