"""`manage.py rotate_master_key`: wraps every key by HUXING_MASTER_KEY that HUXING_MASTER_KEY_PREVIOUS wraps."""

from typing import Any

from cryptography.exceptions import InvalidTag
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from backend.common import rotation


class Command(BaseCommand):
    help = (
        "Wraps the keys of all files by a new master key, while everybody goes on working. Cut off,"
        " it is simply run again. See deploy/README.md, “A new master key”."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.HUXING_MASTER_KEY_PREVIOUS is None:
            raise CommandError(
                "Set HUXING_MASTER_KEY to the new key and HUXING_MASTER_KEY_PREVIOUS to the one of"
                " before, start the servers with both, and run this again."
            )

        def progress(seen: int) -> None:
            if options["verbosity"] > 1:
                self.stdout.write(f"{seen} keys looked at")

        try:
            changed = rotation.rewrap(progress=progress)
        except InvalidTag:
            raise CommandError(
                "A key was wrapped by neither HUXING_MASTER_KEY nor HUXING_MASTER_KEY_PREVIOUS. What"
                " was re-wrapped so far stays usable; set the right previous key and run this again."
            ) from None
        self.stdout.write(
            f"{changed} keys wrapped anew; none is left under the previous master key. Take"
            " HUXING_MASTER_KEY_PREVIOUS away and restart. Keep the old key for as long as there are"
            " backups from before."
        )
