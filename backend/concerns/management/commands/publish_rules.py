from typing import Any

from django.core.management.base import BaseCommand, CommandError

from backend.common import clock
from backend.common.errors import DomainError
from backend.concerns.editions import numbers
from backend.concerns.rules.model import RuleInvalid
from backend.concerns.rulesets import publish_rules, shipped
from backend.regions import codes


class Command(BaseCommand):
    help = (
        "Publishes the shipped rules; rules that are in force already are left as they are. Says first"
        " whom they name without a number in a county, which does not stand in their way."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        now = clock.now()
        try:
            rules = shipped()
            for lack in numbers.of_content(rules, codes.COUNTRY, areas=[codes.COUNTRY], now=now):
                self.stdout.write(str(lack), self.style.WARNING)
            published = publish_rules(rules, actor=None, now=now)
        except RuleInvalid as error:
            raise CommandError(str(error)) from error
        except DomainError as error:
            raise CommandError(error.message) from error
        self.stdout.write(
            f"{len(published.ruleset.rules)} rules in force, version {published.version}."
        )
