"""From the bytes of a .xlsx or .csv to rows of cells."""

import csv
import io
import zipfile
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from . import header
from .errors import FileTooLarge, FileUnreadable

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

MAX_BYTES = 10 * 1024 * 1024
# What a .xlsx unpacks to: more is a bomb, not a roster.
MAX_UNPACKED = 200 * 1024 * 1024
# Borders are drawn far below the last child; such rows are dropped before rows are counted.
_MAX_STYLED, _MAX_COLUMNS = 50_000, 500
# A county has up to 10,000 children.
MAX_ROWS = 12_000

Table = list[Sequence[Any]]


def check(content: bytes) -> None:
    """What is seen without reading a row. Raises `FileUnreadable` and `FileTooLarge`."""
    if len(content) > MAX_BYTES:
        raise FileTooLarge
    if content.startswith(b"PK"):
        _check_unpacked(content)
    elif b"\x00" in content[:1024]:
        raise FileUnreadable


def table(content: bytes) -> Table:
    """Raises `FileUnreadable` and `FileTooLarge`."""
    check(content)
    rows = _xlsx(content) if content.startswith(b"PK") else _csv(content)
    if len(rows) > MAX_ROWS:
        raise FileTooLarge
    return rows


def _xlsx(content: bytes) -> Table:
    """The first sheet that has headings we know, or the first one."""
    from openpyxl import load_workbook  # see common.sheets

    try:
        book = load_workbook(io.BytesIO(content), data_only=True)
    # What is inside a broken file decides what openpyxl raises.
    except (zipfile.BadZipFile, KeyError, ValueError, TypeError, OSError, SyntaxError) as error:
        raise FileUnreadable from error
    tables = [_sheet(sheet) for sheet in book.worksheets]
    return next(
        (rows for rows in tables if header.find(rows).row >= 0), tables[0] if tables else []
    )


def _check_unpacked(content: bytes) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            unpacked = sum(part.file_size for part in archive.infolist())
    except (zipfile.BadZipFile, ValueError, OSError) as error:
        raise FileUnreadable from error
    if unpacked > MAX_UNPACKED:
        raise FileTooLarge


def _sheet(sheet: "Worksheet") -> Table:
    if sheet.max_row > _MAX_STYLED or sheet.max_column > _MAX_COLUMNS:
        raise FileTooLarge
    rows = [list(row) for row in sheet.iter_rows(values_only=True)]
    while rows and not any(cell is not None for cell in rows[-1]):
        rows.pop()
    # A village or a guardian that is written once over several rows holds for each of them.
    for area in sheet.merged_cells.ranges:
        value = sheet.cell(area.min_row, area.min_col).value
        for row in rows[area.min_row - 1 : area.max_row]:
            row[area.min_col - 1 : area.max_col] = [value] * (area.max_col - area.min_col + 1)
    return [tuple(row) for row in rows]


def _csv(content: bytes) -> Table:
    """UTF-8, or GB18030 as Excel writes it in China."""
    try:
        said = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        try:
            said = content.decode("gb18030")
        except UnicodeDecodeError as error:
            raise FileUnreadable from error
    lines = said.splitlines()
    delimiter = max(",\t;", key=lambda mark: sum(line.count(mark) for line in lines[:20]))
    try:
        return [tuple(row) for row in csv.reader(io.StringIO(said), delimiter=delimiter)]
    except csv.Error as error:
        raise FileUnreadable from error
