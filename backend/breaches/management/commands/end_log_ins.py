"""Ends every log-in of the office at once."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from backend.accounts import services as accounts
from backend.audit import services as audit
from backend.breaches.opened import NOBODY
from backend.common import clock


class Command(BaseCommand):
    help = (
        "Ends all log-ins of the office, in browsers and by token, and unused enrolment codes: everybody"
        " logs in anew. Phones keep working. It goes on the audit log."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--reason", required=True, help="who decided it and why")

    @transaction.atomic
    def handle(self, *args: Any, **given: Any) -> None:
        reason, now = given["reason"].strip(), clock.now()
        if not reason:
            raise CommandError("--reason is empty: say who decided it and why.")
        accounts.close_sessions(now=now)
        audit.record(
            actor=None, action="log_in.end_everybody", subject=NOBODY, now=now,
            detail={"reason": reason},
        )  # fmt: skip
        self.stdout.write("Every log-in has been ended. Phones keep working.")
