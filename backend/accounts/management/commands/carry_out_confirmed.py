"""What beat does every ten minutes, now."""

from typing import Any

from django.core.management.base import BaseCommand

from backend.accounts.services import confirmations_carry_out
from backend.common import clock


class Command(BaseCommand):
    help = "Carries out what two people decided and is due, and ends what nobody confirmed in time."

    def handle(self, *args: Any, **options: Any) -> None:
        count = confirmations_carry_out(now=clock.now())
        self.stdout.write(f"{count} carried out or ended.")
