"""A county's roster, heading by heading and cell by cell: what is taken, and what each wrong cell answers."""

import datetime as dt
from typing import Any

import pytest

from backend.caseload.roster.cells import Refused, read
from backend.caseload.roster.columns import columns
from backend.caseload.roster.places import Places
from backend.caseload.roster.reading import Reading, reading
from fieldforms.vocabulary import codes

TODAY = dt.date(2026, 5, 4)
HEADER = ["姓名", "身份证号码", "出生日期", "乡镇", "村", "联系电话", "风险等级"]
GOOD = ["张秀英", "522630201503280020", "2015/03/28", "台拱街道", "台拱村", "13985550101", "中高"]
VILLAGES = {
    "522630001": "台拱街道", "522630001204": "台拱村村民委员会", "522630001217": "文山村村民委员会",
    "522630101": "施洞镇", "522630101001": "施洞社区居民委员会", "522630101217": "文山村村民委员会",
}  # fmt: skip


def of(*rows: list[Any], header: list[str] = HEADER) -> Reading:
    return reading(table=[header, *rows], places=Places(VILLAGES), today=TODAY)


def cell(key: str, value: Any) -> Any:
    return read(columns()[key], value, today=TODAY)


def test_a_good_row_is_typed_and_synonyms_of_headings_are_known() -> None:
    found = of(list(GOOD))
    assert (found.refused, found.slips, found.rows[0].slips) == ([], (), [])
    assert found.rows[0].values == {
        "name": "张秀英", "id_number": "522630201503280020", "birth_date": dt.date(2015, 3, 28),
        "township": "台拱街道", "village": "522630001204", "guardian_phone": "13985550101",
        "risk_level": "YELLOW", "sex": "female",
    }  # fmt: skip


@pytest.mark.parametrize(
    "written",
    [
        dt.date(2016, 3, 7),
        20160307,
        "20160307",
        "2016.3.7",
        "2016/03/07",
        "2016-3-7",
        42436.0,
        "2016年3月7日",
        " 2016 年3月7日 ",
        "２０１６．３．７",
        "2016-03-07 00:00:00",
        "42436",
    ],
)
def test_a_birth_date_is_taken_however_it_is_written(written: Any) -> None:
    assert cell("birth_date", written) == dt.date(2016, 3, 7)


@pytest.mark.parametrize(
    ("key", "written", "value"),
    [
        ("name", " 张 三 ", "张三"),
        ("name", "阿依·买买提", "阿依·买买提"),
        ("id_number", "522630 20150328 0020", "522630201503280020"),
        ("id_number", "５２２６３０２０１５０３２８００２０", "522630201503280020"),
        ("id_number", "’522630201503280020", "522630201503280020"),
        ("guardian_id", "110105491231002", "11010519491231002X"),
        ("id_number", "无", None),
        ("guardian_phone", "+86 139-8555-0101", "13985550101"),
        ("guardian_phone", 13985550101.0, "13985550101"),
        ("guardian_phone", "0855-5321234", "08555321234"),
        ("guardian_phone", "不详", None),
        ("sex", 1, "male"),
        ("sex", "女童", "female"),
        ("boarding", "否", "no"),
        ("categories", "留守儿童、困境儿童（家庭贫困）", ["LEFT_BEHIND", "DIFF_POVERTY"]),
        ("categories", "困境儿童（残疾、家庭贫困）", ["DIFF_DISABILITY", "DIFF_POVERTY"]),
        ("categories", "事实孤儿", ["DE_FACTO_UNATTENDED"]),
        ("aid", "无", None),
        ("aid", "低保/临时救助", ["minimum_living", "temporary"]),
        ("father_since", "2024年3月", "2024-03"),
        ("risk_level", "红色", "RED"),
        ("school", "  ", None),
        ("guardian_relationship", "奶奶", "grandmother"),
    ],
)
def test_messy_cells_mean_what_a_person_reads(key: str, written: Any, value: Any) -> None:
    assert cell(key, written) == value


@pytest.mark.parametrize(
    ("key", "written", "code", "kept"),
    [
        ("id_number", "522630201503280021", "roster.id_invalid", "522630201503280021"),
        ("id_number", 522630201503280000, "roster.id_rounded", "522630201503280000"),
        ("id_number", 5.2263020150328e17, "roster.id_rounded", "522630201503280000"),
        ("id_number", "522630110328002", "roster.id_adult", "522630110328002"),
        ("birth_date", "2015-02-30", "roster.date_invalid", None),
        ("birth_date", "去年", "roster.date_invalid", None),
        ("birth_date", "2015年3月", "roster.date_partial", None),
        ("birth_date", "2027-01-01", "roster.date_future", None),
        ("guardian_phone", "12345", "roster.phone_invalid", None),
        ("guardian_phone", "13985550101/13985550102", "roster.phone_several", "13985550101"),
        ("risk_level", "待定", "roster.word_unknown", None),
        ("categories", "留守儿童、贫困学生", "roster.word_unknown", ["LEFT_BEHIND"]),
    ],
)
def test_a_cell_that_cannot_be_taken_keeps_what_could_be_read(
    key: str, written: Any, code: str, kept: Any
) -> None:
    with pytest.raises(Refused) as refused:
        cell(key, written)
    assert (refused.value.code, refused.value.kept) == (code, kept)


def test_a_wrong_cell_names_row_and_column_and_what_to_do_and_the_row_is_taken() -> None:
    found = of(list(GOOD), [*GOOD[:5], "12345", "待定"])
    row = found.rows[1]
    told = [slip.as_dict(english=True) for slip in row.slips]
    assert [(slip["row"], slip["column"], slip["code"]) for slip in told] == [
        (3, "Guardian's phone", "roster.phone_invalid"),
        (3, "Risk level", "roster.word_unknown"),
    ]
    assert "12345" in told[0]["message"]
    assert "请" in row.slips[0].message(english=False)
    assert row.unread == {"监护人电话": "12345", "风险等级": "待定"}


@pytest.mark.parametrize(
    ("place", "value", "code"),
    [
        (0, " ", "roster.name_missing"),
        (4, "522629001204", "roster.village_outside"),
    ],
)
def test_a_row_that_cannot_be_filed_is_given_back_whole(place: int, value: str, code: str) -> None:
    wrong = [*GOOD[:place], value, *GOOD[place + 1 :]]
    found = of(list(GOOD), wrong)
    assert len(found.rows) == 1
    assert [slip.code for slip in found.refused[0].slips] == [code]
    assert found.refused[0].cells == [str(value).strip() for value in wrong]


@pytest.mark.parametrize(
    ("township", "village", "code"),
    [
        ("", "台拱村村民委员会", "522630001204"),
        ("", "台拱村委会", "522630001204"),
        ("", "台拱", "522630001204"),
        ("施洞镇", "文山村", "522630101217"),
        ("施洞", "文山", "522630101217"),
        ("", "522630001204", "522630001204"),
    ],
)
def test_a_village_is_known_by_the_names_people_use(township: str, village: str, code: str) -> None:
    assert Places(VILLAGES).village(village, township) == code


@pytest.mark.parametrize(
    ("township", "village", "code", "kept", "hint"),
    [
        ("台拱街道", "台供村", "roster.village_township", "522630001", "台拱村"),
        ("", "文山村", "roster.village_ambiguous", None, ""),
        ("", "台供村", "roster.village_unknown", None, "台拱村"),
        ("", "", "roster.village_missing", None, ""),
    ],
)
def test_an_unknown_village_is_told_with_the_nearest(
    township: str, village: str, code: str, kept: Any, hint: str
) -> None:
    with pytest.raises(Refused) as refused:
        Places(VILLAGES).village(village, township)
    assert (refused.value.code, refused.value.kept, refused.value.hint) == (code, kept, hint)


def test_the_id_number_outweighs_date_and_sex_and_both_stay_to_be_compared() -> None:
    found = of([*GOOD[:2], "2015-03-29", *GOOD[3:], "男"], header=[*HEADER, "性别"])
    row = found.rows[0]
    assert (row.get("birth_date"), row.get("sex")) == (dt.date(2015, 3, 28), "female")
    assert [slip.code for slip in row.slips] == ["roster.id_date", "roster.id_sex"]
    assert row.unread == {"出生日期": "2015-03-29", "性别": "男"}


def test_a_missing_column_is_named_with_what_it_may_be_called_and_no_row_is_read() -> None:
    found = of(list(GOOD), header=["儿童的姓名", *HEADER[1:4], "地点", *HEADER[5:]])
    assert [(slip.code, slip.value, slip.hint) for slip in found.slips][:2] == [
        ("roster.column_missing", "村（居）", ""),
        ("roster.column_renamed", "姓名", "儿童的姓名"),
    ]
    assert (found.rows, len(found.refused)) == ([], 1)


def test_an_unknown_column_is_told_and_its_cells_are_kept() -> None:
    found = of([*GOOD, "A2"], header=[*HEADER, "网格编码"])
    assert [slip.code for slip in found.slips] == ["roster.column_unknown"]
    assert found.rows[0].unread == {"网格编码": "A2"}


def test_titles_above_and_notes_below_are_not_children() -> None:
    table = [
        ["台江县儿童台账"], ["填报单位：民政局", None, "2026年"], HEADER, GOOD, [None] * 7,
        HEADER, ["合计", None, "1人"], ["填表说明：…"] * 7, ["2. 风险等级分四级"],
    ]  # fmt: skip
    found = reading(table=table, places=Places(VILLAGES), today=TODAY)
    assert [row.number for row in found.rows] == [4]
    assert (found.refused, found.notes) == ([], [6, 7, 8, 9])


def test_headings_in_two_storeys_are_read_together() -> None:
    above = [None, None, None, None, None, "监护人", "监护人", "父亲"]
    below = ["姓名", "身份证号", "出生日期", "乡镇", "村（居）", "姓名", "电话", "姓名"]
    table = [above, below, [*GOOD[:5], "吴秀英", "13985550101", "张勇"]]
    row = reading(table=table, places=Places(VILLAGES), today=TODAY).rows[0]
    assert [row.get(k) for k in ("name", "guardian_name", "guardian_phone", "father_name")] == [
        "张秀英", "吴秀英", "13985550101", "张勇",
    ]  # fmt: skip


def test_a_file_without_headings_is_told_so() -> None:
    found = reading(table=[["a", "b"], ["c", "d"]], places=Places(VILLAGES), today=TODAY)
    assert [slip.code for slip in found.slips] == ["roster.header_missing"]
    assert len(found.refused) == 2


def test_every_coded_column_names_a_list_and_no_heading_means_two_columns() -> None:
    words = [word for column in columns().values() for word in (column.header, *column.also)]
    assert sorted({word for word in words if words.count(word) > 1}) == []
    assert all(codes(column.coded) for column in columns().values() if column.coded)
