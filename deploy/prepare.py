"""Brings a database to the code: `python -m deploy.prepare`. Doing it again changes nothing.

One process for all of it: each start of Django costs more than most of these commands.
"""

import os
import sys

import django
from django.core.management import CommandError, call_command, get_commands

STEPS = [
    ("migrate", {"verbosity": 0}),
    ("adopt_losses", {}),
    ("load_divisions", {}),
    ("publish_forms", {"verbosity": 0}),
    ("publish_rules", {"verbosity": 0}),
    ("open_dangers", {}),
    ("collectstatic", {"interactive": False, "verbosity": 0}),
]


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backend.config.settings")
    django.setup()
    known = get_commands()
    for name, options in STEPS:
        if name in known:
            try:
                call_command(name, **options)
            except CommandError as error:
                sys.exit(f"{name}: {error}")


if __name__ == "__main__":
    main()
