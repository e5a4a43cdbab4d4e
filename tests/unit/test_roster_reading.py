"""A county's roster, cell by cell: what is taken and what each wrong cell answers."""

import datetime as dt

import pytest

from backend.caseload.roster.reading import Preview, id_number, preview, same_id

HEADER = ["姓名", "身份证号码", "出生日期", "村", "联系电话"]
GOOD = ["张秀英", "11010519491231002X", "2015/03/28", "台拱村", "13985550101"]
VILLAGES = {"台拱村": "522630001204"}


def read(*rows: list[object], header: list[str] = HEADER) -> Preview:
    return preview(table=[header, *rows], divisions=VILLAGES, today=dt.date(2026, 5, 4))


def test_a_good_row_is_typed_and_aliases_of_columns_are_known() -> None:
    found = read(list(GOOD))
    assert found.errors == ()
    child = found.rows[0]
    assert (child.row, child.village, child.birth_date) == (2, "522630001204", dt.date(2015, 3, 28))


@pytest.mark.parametrize(
    ("place", "cell", "code"),
    [
        (0, " ", "roster.name_missing"),
        (1, "110105194912310021", "roster.id_invalid"),
        (2, "2015-02-30", "roster.date_invalid"),
        (2, "2015-03-281", "roster.date_invalid"),
        (2, "2027-01-01", "roster.date_future"),
        (3, "无此村", "roster.village_unknown"),
        (4, "12345", "roster.phone_invalid"),
    ],
)
def test_a_wrong_cell_names_row_column_and_what_to_do(place: int, cell: str, code: str) -> None:
    wrong = [*GOOD[:place], cell, *GOOD[place + 1 :]]
    found = read(list(GOOD), wrong)
    assert [(error.row, error.code) for error in found.errors] == [(3, code)]
    assert "请" in found.errors[0].message("zh")
    assert found.errors[0].message("en")
    assert len(found.rows) == 1


def test_a_missing_column_is_named_before_any_row_is_read() -> None:
    found = read(list(GOOD), header=["名字", *HEADER[1:]])
    assert [(error.column, error.code) for error in found.errors] == [
        ("姓名", "roster.column_missing")
    ]


def test_a_child_without_an_id_number_is_taken() -> None:
    assert read(["李小龙", None, None, "台拱村", None]).rows[0].id_number is None


def test_an_id_number_of_fifteen_digits_is_converted() -> None:
    assert id_number("110105491231002") == "11010519491231002X"


def test_the_same_id_number_twice_is_a_duplicate() -> None:
    assert same_id(read(list(GOOD), ["张秀", *GOOD[1:]]).rows) == [(2, 3)]
