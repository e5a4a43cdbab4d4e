"""Which children's files somebody or something had in its hands, as a table for the notices of a breach."""

import csv
import os
from argparse import ArgumentTypeError
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from backend.breaches import opened
from backend.common import clock, sheets

COLUMNS = (
    "时间", "操作", "操作代码", "账号", "人员编号", "手机编号", "儿童档案编号", "儿童姓名", "居住地区划",
    "县", "未列明儿童的事项（密封，请问县级负责人）",
)  # fmt: skip


def moment(text: str) -> datetime:
    """A time, China's without a zone."""
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        raise ArgumentTypeError(f"{text!r} is no time such as 2026-11-30T08:00") from None
    return read if read.tzinfo else timezone.make_aware(read)


class Command(BaseCommand):
    help = (
        "Writes which children's files an account, a phone or an address opened or was sent, as CSV. The"
        " asking itself goes on the audit log. The file holds names: keep it as the database is kept."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        whose = parser.add_mutually_exclusive_group(required=True)
        whose.add_argument("--account", help="a user name")
        whose.add_argument("--device", type=UUID, help="a phone's id")
        whose.add_argument(
            "--address", help="the accounts with a log-in from there that has not been ended yet"
        )
        parser.add_argument("--since", type=moment, required=True)
        parser.add_argument("--until", type=moment, required=True, help="not included")
        parser.add_argument(
            "--reason", required=True, help="who asked and why; kept on the audit log"
        )
        parser.add_argument(
            "--out", type=Path, required=True, help="a file that does not exist yet"
        )

    def handle(self, *args: Any, **given: Any) -> None:
        if given["until"] <= given["since"]:
            raise CommandError("--until lies before --since.")
        if not given["reason"].strip():
            raise CommandError("--reason is empty: say who asked and why.")
        whose = _whose(given)
        if whose is None:
            raise CommandError("Nobody and nothing of that name is known. Check it.")
        span = {"since": given["since"], "until": given["until"]}
        opened.record(whose, reason=given["reason"].strip(), now=clock.now(), **span)
        count, files = _write(given["out"], opened.rows(whose, **span))
        self.stdout.write(f"{count} lines about {files} files: {given['out']}")


def _whose(given: dict[str, Any]) -> opened.Whose | None:
    if given["account"]:
        return opened.account(given["account"])
    if given["device"]:
        return opened.device(given["device"])
    return opened.address(given["address"])


def _write(out: Path, rows: Any) -> tuple[int, int]:
    """How many lines and files. Raises `CommandError` where the file exists."""
    count, files = 0, set()
    try:
        handle = os.open(out, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise CommandError(f"{out} exists already. Name another file.") from None
    # With a mark at its head, by which spreadsheets know the encoding.
    with open(handle, "w", encoding="utf-8-sig", newline="") as file:
        table = csv.writer(file, quoting=csv.QUOTE_ALL)
        table.writerow(COLUMNS)
        for row in rows:
            table.writerow(map(sheets.csv_text, _cells(row)))
            count += 1
            files |= {row.file} - {None}
    return count, len(files)


def _cells(row: opened.Row) -> tuple[Any, ...]:
    return (
        f"{timezone.localtime(row.at):%Y-%m-%d %H:%M:%S}", row.said, row.action, row.actor_name,
        row.actor, row.device, row.file, row.name, row.division, row.county, row.matter,
    )  # fmt: skip
