"""`manage.py conceal`: what older code wrote in clear, and a copy of the database need not show, is keyed."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from backend.children import birth_dates
from backend.common import concealing
from backend.regions import concealing as villages
from sync import concealing as words


class Command(BaseCommand):
    help = (
        "Puts ids and villages that older code wrote in clear into their keyed form and takes birth dates, and"
        " words in the place of codes, out of the clear, while everybody goes on working. Cut off, it is simply run again. See deploy/README.md, “Upgrades”."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.HUXING_IDS_IN_CLEAR:
            raise CommandError(
                "HUXING_IDS_IN_CLEAR is set: new rows would still be written in clear. Take it away,"
                " restart web, worker and beat, and run this again."
            )

        def progress(table: str, done: int) -> None:
            if options["verbosity"] > 1:
                self.stdout.write(f"{table}: {done} rows so far")

        changed = concealing.conceal_all(progress=progress)
        self.stdout.write(f"{changed} rows changed; no id that is to be keyed stands in clear.")
        changed = birth_dates.conceal_all()
        self.stdout.write(
            f"{changed} children changed; of no birth date more than the year is clear."
        )
        changed = villages.conceal_all()
        self.stdout.write(f"{changed} rows changed; no village of a child stands in clear.")
        changed = words.conceal_all()
        self.stdout.write(
            f"{changed} rows changed; where a code belongs nobody's words stand in clear."
        )
