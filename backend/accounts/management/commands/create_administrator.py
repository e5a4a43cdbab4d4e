"""The first administrators of a division; everybody else is made by them.

Whoever has the operator's shell has the database too: here nobody confirms. It is on the audit log as the
system's own act, and whoever administers or leads there already is told at once.
"""

import os
import sys
from getpass import getpass
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from backend.accounts.models import Person
from backend.accounts.queries import administered
from backend.accounts.services import person_create
from backend.accounts.services.passwords import check_password
from backend.accounts.services.roles import role_put
from backend.accounts.telling import tell_made
from backend.common import clock
from backend.common.errors import DomainError
from backend.regions import codes, queries


class Command(BaseCommand):
    help = "Makes an administrator of a division. Somebody who is one already is left as she is."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--username", required=True)
        parser.add_argument("--name", required=True)
        parser.add_argument("--phone", default="")
        parser.add_argument("--division", required=True, help="Code; empty for the whole country.")
        parser.add_argument(
            "--password-from-env",
            metavar="VAR",
            help="The variable that holds the password; without it, it is asked for.",
        )

    def handle(self, *args: Any, **given: Any) -> None:
        division: str = given["division"]
        if division != codes.COUNTRY and not codes.is_well_formed(division):
            raise CommandError(f"--division {division!r}: give 2, 4, 6, 9 or 12 digits.")
        if division and division not in queries.exists([division]):
            self.stderr.write(f"Division {division} is not loaded: run manage.py load_divisions.")
        person = Person.objects.filter(username=given["username"]).first()
        if person and division in administered(person.id, on=clock.today()):
            self.stdout.write(f"{person.username} administers {division or 'the country'} already.")
            return
        password = None if person else _password(given["password_from_env"])
        with transaction.atomic():
            person = person or _create(given, password)
            now = clock.now()
            grant = role_put(
                person=person.id, role="administrator", prefixes=[division],
                starts_on=clock.today(), ends_on=None, actor=None, now=now,
            )  # fmt: skip
            tell_made(person.id, division=division, grant=grant.id, now=now)
        self.stdout.write(f"{person.username} administers {division or 'the country'}.")


def _create(given: dict[str, Any], password: str | None) -> Person:
    return person_create(
        username=given["username"], name=given["name"], phone=given["phone"], password=password,
        division=given["division"], actor=None, now=clock.now(),
    )  # fmt: skip


def _password(variable: str | None) -> str:
    """Never from the command line, where every process of the machine can read it."""
    if variable:
        password = os.environ.get(variable, "")
    elif sys.stdin.isatty():
        password = getpass("Password: ")
    else:
        password = ""
    if not password:
        raise CommandError("No password: name the variable that holds it by --password-from-env.")
    try:
        check_password(password)
    except DomainError as error:
        raise CommandError(error.message) from error
    return password
