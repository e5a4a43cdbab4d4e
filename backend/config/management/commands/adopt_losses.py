"""`manage.py adopt_losses`: what was closed as lost before closing was an operation becomes one."""

from typing import Any

from django.core.management.base import BaseCommand

from backend.common import clock
from sync.uploads import closing


class Command(BaseCommand):
    help = "Once after the upgrade, by deploy.prepare. Doing it again changes nothing."

    def handle(self, *args: Any, **options: Any) -> None:
        if adopted := closing.adopt(now=clock.now()):
            self.stdout.write(f"{adopted} attachments closed as lost are operations now")
