import datetime as dt
from argparse import ArgumentParser
from pathlib import Path
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError

from backend.accounts import queries as accounts
from backend.common import clock
from backend.concerns.editions import printing
from backend.concerns.editions.at_once import rehearse_all
from backend.concerns.editions.checking import content_of, rule_faults, unstorable, variant_faults
from backend.concerns.editions.errors import RulesFaulty


class Command(BaseCommand):
    help = (
        "Runs rules over the visits and concerns that are stored, compares with the rules in force and"
        " prints what would change. Publishes and stores nothing."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="rules as national.yaml has them, or a variant")
        parser.add_argument("--since", type=dt.date.fromisoformat, required=True, metavar="DATE")
        parser.add_argument("--division", default="", help="the file is this division's variant")
        parser.add_argument("--json", action="store_true", help="for a program")
        parser.add_argument(
            "--for", dest="viewer", metavar="USERNAME",
            help="count sealed rules too, in the counties where this person leads",
        )  # fmt: skip

    def handle(self, *args: Any, **options: Any) -> None:
        content = _read(options["file"])
        division = options["division"]
        faults = unstorable(content) or (
            variant_faults(content, division) if division else rule_faults(content)
        )
        if faults:
            raise CommandError(
                "\n".join([f"{len(faults)} faults; nothing was rehearsed:", *faults])
            )
        viewer = _person(options["viewer"])
        found = rehearse_all(content, division, options["since"], viewer=viewer, now=clock.now())
        write = printing.as_json if options["json"] else printing.as_table
        self.stdout.write(write(found))


def _read(file: Path) -> Any:
    try:
        return content_of(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"{file} cannot be read: {error}") from error
    except RulesFaulty as error:
        raise CommandError(f"{file}: {error.details[0]}") from error


def _person(username: str | None) -> UUID | None:
    if username is None:
        return None
    person = accounts.person_named(username)
    if person is None:
        raise CommandError(f"nobody is called {username}; give the name she logs in with")
    return person
