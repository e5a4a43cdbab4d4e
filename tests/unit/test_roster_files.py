"""From the bytes of a file to rows: .xlsx, .csv as Excel writes it, and what is no roster."""

import io
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook
from openpyxl.styles import Font

from backend.caseload.roster import files
from backend.caseload.roster.errors import FileTooLarge, FileUnreadable
from backend.common import sheets

ROWS = [["姓名", "身份证号", "村（居）"], ["张秀英", "522630201503280020", "台拱村"]]


def xlsx(*rows: list[Any], merged: str = "", before: bool = False) -> bytes:
    book = Workbook()
    sheet = book.create_sheet("台账") if before else book.active
    assert sheet is not None
    for row in rows:
        sheet.append(row)
    if merged:
        sheet.merge_cells(merged)
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
def test_a_csv_is_read_in_each_encoding_excel_writes(encoding: str, delimiter: str) -> None:
    content = "\r\n".join(delimiter.join(row) for row in ROWS).encode(encoding)
    assert files.table(content) == [tuple(row) for row in ROWS]


def test_the_sheet_with_known_headings_is_taken() -> None:
    assert files.table(xlsx(*ROWS, before=True)) == [tuple(row) for row in ROWS]


def test_a_cell_merged_over_several_rows_holds_for_each() -> None:
    brother = ["张小军", "522630201603280021", None]
    table = files.table(xlsx(*ROWS, brother, merged="C2:C3"))
    assert table[2] == ("张小军", "522630201603280021", "台拱村")


def test_rows_with_nothing_but_borders_are_no_rows() -> None:
    book = load_workbook(io.BytesIO(xlsx(*ROWS)))
    book.active.cell(files.MAX_ROWS + 10, 3).font = Font(bold=True)
    content = io.BytesIO()
    book.save(content)
    assert files.table(content.getvalue()) == [tuple(row) for row in ROWS]


def test_what_is_given_back_is_text_and_computes_nothing_secure() -> None:
    typed = [
        "=1+1",
        "+86 139",
        "-1",
        "@SUM(A1)",
        "\t=1+1",
        "\r=1",
        "#N/A",
        "522630201503280020",
        20150328,
    ]
    cells = load_workbook(
        io.BytesIO(sheets.workbook([typed, ["a\x00b\x1b", "长" * 40_000, None]]))
    ).active
    for cell, value in zip(cells[1], typed, strict=True):
        assert (cell.data_type, cell.number_format, cell.quotePrefix) == ("s", "@", True)
        assert cell.value.strip() == str(value).strip()
    assert cells["A2"].value == "a\ufffdb\ufffd"
    assert len(cells["B2"].value) == 32_767


@pytest.mark.parametrize(
    "content", [b"PK\x03\x04 no archive", b"\xd0\xcf\x11\xe0\x00old .xls\x00", b"\xff\xff\xff\xff"]
)
def test_what_is_no_table_is_told_so(content: bytes) -> None:
    with pytest.raises(FileUnreadable):
        files.table(content)


def test_a_file_with_too_many_rows_is_refused_before_anything_is_read() -> None:
    with pytest.raises(FileTooLarge):
        files.table(b"a\n" * (files.MAX_ROWS + 1))
