from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from backend.guardianship import table

README = Path(table.__file__).with_name("README.md")
BEGIN, END = "<!-- steps -->\n", "<!-- /steps -->"


def renewed(text: str) -> str:
    """The README with the table of today."""
    head, _, rest = text.partition(BEGIN)
    return head + BEGIN + table.written() + END + rest.partition(END)[2]


class Command(BaseCommand):
    help = "Writes the table of steps into backend/guardianship/README.md."

    def handle(self, *args: Any, **options: Any) -> None:
        README.write_text(renewed(README.read_text(encoding="utf-8")), encoding="utf-8")
        self.stdout.write(f"{README.name} is written.")
