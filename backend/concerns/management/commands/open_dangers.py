"""`manage.py open_dangers`: writes anew what is open about each child, from what the tables say."""

from typing import Any

from django.core.management.base import BaseCommand

from backend.common import clock
from backend.concerns import open_danger


class Command(BaseCommand):
    help = (
        "After an upgrade, by deploy.prepare, and after a repair. Doing it again changes nothing."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        if changed := open_danger.mend(now=clock.now()):
            self.stdout.write(f"{changed} children are shown with what is open about them now")
