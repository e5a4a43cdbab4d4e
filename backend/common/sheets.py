"""Sheets that are given out. Their cells are text, whoever wrote what stands in them."""

import io
import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

_TEXT = "@"
# What XML 1.0 cannot hold; openpyxl refuses it.
_ILLEGAL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
# Excel's own limit; openpyxl cuts there too, and says nothing.
_LONGEST = 32_767


def workbook(rows: Iterable[Sequence[Any]]) -> bytes:
    """An .xlsx of one sheet. A formula among the values is shown as it was typed and computes nothing."""
    from openpyxl import Workbook  # which most processes never need

    book = Workbook()
    page = book.active
    assert page is not None
    for number, row in enumerate(rows, start=1):
        for place, value in enumerate(row, start=1):
            if value is not None and value != "":
                _write(page, number, place, str(value))
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def _write(page: "Worksheet", row: int, column: int, text: str) -> None:
    cell = page.cell(row, column)
    cell.value = _ILLEGAL.sub("\ufffd", text)[:_LONGEST]
    # Set after the value: openpyxl takes what begins with "=" for a formula, "#N/A" for an error.
    cell.data_type = "s"
    cell.number_format = _TEXT
    # Excel then leaves it a text also when somebody edits it.
    cell.quotePrefix = True


# What a spreadsheet takes for the beginning of a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def csv_text(value: Any) -> str:
    """A cell of a .csv, which has no types: what would be a formula gets a quotation mark before it."""
    text = "" if value is None else _ILLEGAL.sub("\ufffd", str(value))
    return f"'{text}" if text.lstrip(" ").startswith(_FORMULA) else text
