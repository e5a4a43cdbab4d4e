from typing import Any

from django.core.management.base import BaseCommand, CommandError

from backend.common import clock
from backend.common.errors import DomainError
from backend.concerns.rules.model import RuleInvalid
from backend.concerns.rulesets import publish_rules, shipped


class Command(BaseCommand):
    help = "Publishes the shipped rules; rules that are in force already are left as they are."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            published = publish_rules(shipped(), actor=None, now=clock.now())
        except RuleInvalid as error:
            raise CommandError(str(error)) from error
        except DomainError as error:
            raise CommandError(error.message) from error
        self.stdout.write(
            f"{len(published.ruleset.rules)} rules in force, version {published.version}."
        )
