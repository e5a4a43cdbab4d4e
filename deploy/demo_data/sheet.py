"""Rows as an .xlsx with what counties put round them: a merged title, a line of who fills in, notes below."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter

from backend.caseload.roster.columns import Column, columns

_NOTES = (
    "填表说明：1. 身份证号为文本格式；没有身份证号的请留空。",
    "2. 风险等级分为高、中高、中低、低四级，由乡镇（街道）儿童督导员确认。",
)


def save(path: Path, rows: Sequence[dict[str, Any]], *, title: str) -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "台账"
    width = len(_columns())
    sheet.append([title])
    sheet.append(["填报单位：民政局", *[None] * (width - 3), "联系电话：19000000000"])
    sheet.append([column.header for column in _columns()])
    for row in rows:
        sheet.append([row[column.key] or None for column in _columns()])
    sheet.append(["合计", None, None, f"{len(rows)}人"])
    sheet.append([])
    for note in _NOTES:
        sheet.append([note])
    sheet.merge_cells(start_row=1, end_row=1, start_column=1, end_column=width)
    sheet["A1"].font = Font(bold=True, size=16)
    sheet["A1"].alignment = Alignment(horizontal="center")
    for place, column in enumerate(_columns(), start=1):
        sheet.cell(3, place).font = Font(bold=True)
        sheet.column_dimensions[get_column_letter(place)].width = _WIDTHS.get(column.reads, 11)
    sheet.freeze_panes = "E4"
    path.parent.mkdir(parents=True, exist_ok=True)
    book.save(path)


_WIDTHS = {"id_number": 21, "phone": 14, "date": 13, "division": 14}


def _columns() -> list[Column]:
    """All but the one in which an import writes its notes."""
    return [column for column in columns().values() if column.key != "problem"]
