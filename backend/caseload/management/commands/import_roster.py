from datetime import date, datetime, time
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from backend.caseload.roster import files, report, services
from backend.common import clock
from backend.common.errors import DomainError


class Command(BaseCommand):
    help = "Imports a county's roster (.xlsx or .csv); the same file twice makes nothing twice."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--county", required=True, help="6 digits, or a narrower division")
        parser.add_argument("--as", dest="username", help="the administrator who imports")
        parser.add_argument(
            "--dry-run", action="store_true", help="compare and tell, write nothing"
        )
        parser.add_argument("--left", type=Path, help="where to write rows not imported, as .xlsx")
        parser.add_argument(
            "--dated", type=_noon, help="when the roster was true, YYYY-MM-DD; today"
        )
        parser.add_argument("--english", action="store_true")

    def handle(self, *args: Any, english: bool, left: Path | None, **options: Any) -> None:
        try:
            told = self._told(**options)
        except FileNotFoundError as error:
            raise CommandError(f"{options['file']} does not exist.") from error
        except DomainError as error:
            raise CommandError(error.message) from error
        self._say(report.spoken(told, english=english))
        if left is not None:
            left.write_bytes(report.sheet(told, english=english))
        if not any(told["counts"][name] for name in ("new", "changed", "unchanged")):
            raise CommandError("Nothing could be imported; the lines above say why.")

    def _told(
        self, *, file: Path, county: str, username: str | None, dry_run: bool, dated: datetime | None, verbosity: int,
        **options: Any,
    ) -> dict[str, Any]:  # fmt: skip
        now = clock.now()
        person = services.importer(username=username, division=county, now=now)
        asked: dict[str, Any] = {
            "table": files.table(file.read_bytes()), "division": county, "person": person, "now": now,
        }  # fmt: skip
        if dry_run:
            return services.preview(**asked)
        progress = self._progress if verbosity else _silent
        return services.read(services.import_roster(**asked, at=dated, progress=progress))

    def _progress(self, done: int, total: int) -> None:
        self.stderr.write(f"{done} of {total} operations")

    def _say(self, told: dict[str, Any]) -> None:
        for slip in told["columns"]:
            self.stdout.write(f"{slip['row']}: {slip['message']}")
        for row in told["rows"]:
            for slip in row["slips"]:
                column = f" {slip['column']}" if slip["column"] else ""
                self.stdout.write(f"{slip['row']}{column}: {slip['message']} [{slip['code']}]")
        for name, count in told["counts"].items():
            self.stdout.write(f"{name}: {count}")


def _noon(text: str) -> datetime:
    """Noon in China. Raises `ValueError`, which becomes an answer about the argument."""
    return timezone.make_aware(datetime.combine(date.fromisoformat(text), time(12)))


def _silent(done: int, total: int) -> None:
    """No progress is shown."""
