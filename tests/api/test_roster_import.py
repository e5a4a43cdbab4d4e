"""Issue "Real input", point 7: a roster goes in through operations, once, with an answer for every row."""

import datetime as dt
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from openpyxl import Workbook
from stdnum.cn import ric

from backend.accounts import services as accounts
from backend.accounts.models import Person
from backend.caseload.models import Assignment, RosterImport
from backend.caseload.roster import files, services
from backend.children.models import Child, Guardian, Household
from backend.children.queries import shown_children
from backend.regions.services import divisions_load
from backend.regions.sources import Row
from sync import push
from sync.entries import Draft
from sync.models import Operation
from sync.protocol import ids

from .conftest import COUNTY, NOW, OTHER_COUNTY

VILLAGES = {"台拱村": "522630001204", "文山村": "522630001217"}
COLUMNS = [
    "乡镇",
    "村",
    "姓名",
    "身份证号",
    "出生日期",
    "现居住地",
    "儿童类别",
    "健康状况",
    "监护人姓名",
]
COLUMNS += ["与儿童关系", "监护人电话", "风险等级", "儿童主任", "儿童主任电话"]
LI = {"村": "台拱村", "监护人姓名": "吴桂花", "监护人电话": "13985550101", "现居住地": "3组"}


def number(born: str, serial: int) -> str:
    body = f"522630{born}{serial:03d}"
    return body + ric.calc_check_digit(body + "0")


def child(name: str, born: str = "20150328", serial: int = 2, **cells: Any) -> dict[str, Any]:
    return {"乡镇": "台拱街道", "姓名": name, "身份证号": number(born, serial), **LI, **cells}


def xlsx(rows: Sequence[dict[str, Any]]) -> bytes:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["台江县儿童台账"])
    sheet.append(COLUMNS)
    for row in rows:
        sheet.append([row.get(heading) for heading in COLUMNS])
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


@pytest.fixture
def county(administrator: Person) -> Person:
    names = {COUNTY: "台江县", "522630001": "台拱街道", OTHER_COUNTY: "剑河县"}
    rows = {**names, **{code: f"{name}村民委员会" for name, code in VILLAGES.items()}}
    rows |= {"52": "贵州省", "5226": "黔东南", "522629001": "岑松镇", "522629001201": "按娜村"}
    divisions_load(rows=[Row(code, rows[code], code) for code in sorted(rows)])
    return administrator


def supervisor(username: str, name: str, phone: str, village: str) -> Person:
    made = accounts.person_create(
        username=username, name=name, phone=phone, password=None, actor=None, now=NOW
    )
    accounts.role_grant(
        person=made.id, role="village_supervisor", prefixes=[VILLAGES[village]],
        starts_on=NOW.date(), actor=None, now=NOW,
    )  # fmt: skip
    return made


def load(county: Person, *rows: dict[str, Any], division: str = COUNTY) -> dict[str, Any]:
    made = services.import_roster(
        table=files.table(xlsx(rows)), division=division, person=county.id, now=NOW
    )
    return services.read(made)


def outcomes(told: dict[str, Any]) -> list[str]:
    return [row["outcome"] for row in told["rows"]]


def codes(told: dict[str, Any], place: int) -> list[str]:
    return [slip[2] for slip in told["rows"][place]["slips"]]


def shown(name: str) -> dict[str, Any]:
    cards = shown_children(Child.objects.values_list("id", flat=True)).values()
    return next(card for card in cards if card["identity"]["name"] == name)


def edit(county: Person, target: Any, **registers: Any) -> None:
    """Somebody writes, having seen what stands there."""
    operation = Operation.objects.filter(target=target).latest("ordinal")
    sets = {key: {"v": value, "saw": [str(operation.op)]} for key, value in registers.items()}
    draft = Draft(
        op=ids.uuid7(NOW), person=county.id, kind="child.edit", target=target, file=target,
        data={"set": sets}, at=NOW + dt.timedelta(minutes=1),
    )  # fmt: skip
    assert [receipt.outcome for receipt in push.submit([draft], now=NOW)] == ["applied"]


def test_siblings_become_one_household_with_their_guardian(county: Person) -> None:
    sister = child("吴小燕", "20170509", 4, 监护人电话="139 8555 0101", 与儿童关系="奶奶")
    told = load(county, child("吴小龙", "20150328", 1, 儿童类别="留守儿童"), sister)
    assert outcomes(told) == ["new", "new"]
    household = Household.objects.get()
    assert set(Child.objects.values_list("household", flat=True)) == {household.id}
    assert Guardian.objects.get().household == household.id
    boy = shown("吴小龙")
    assert (boy["identity"]["sex"], list(boy["categories"])) == ("male", ["LEFT_BEHIND"])
    assert boy["residence"] == {"division": VILLAGES["台拱村"], "address": "3组"}


def test_two_grandmothers_of_one_name_stay_two_households(county: Person) -> None:
    load(county, child("吴小龙"), child("杨小龙", "20150329", 监护人电话="13985550102"))
    assert Household.objects.count() == 2


def test_the_same_file_twice_makes_nothing_twice(county: Person) -> None:
    supervisor("anna", "杨丽", "13900000001", "台拱村")
    rows = [
        child("吴小龙", 儿童类别="留守儿童", 健康状况="健康"),
        child("吴小燕", "20170509", 身份证号="", 出生日期="2017.5.9"),
        child("吴小军", "20180509", 身份证号="123", 出生日期="不详"),
    ]
    assert outcomes(load(county, *rows)) == ["new"] * 3
    counted = [
        model.objects.count() for model in (Operation, Child, Guardian, Household, Assignment)
    ]
    assert outcomes(load(county, *rows)) == ["unchanged"] * 3
    models = (Operation, Child, Guardian, Household, Assignment)
    assert [model.objects.count() for model in models] == counted


def test_a_changed_row_becomes_an_edit_of_the_same_child(county: Person) -> None:
    load(county, child("吴小龙", 健康状况="健康"))
    told = load(county, child("吴小龙", 健康状况="重病", 监护人电话="13985550199"))
    assert outcomes(told) == ["changed"]
    assert (Child.objects.count(), Guardian.objects.count()) == (1, 1)
    assert (shown("吴小龙")["health"], Child.objects.get().conflicts) == ("serious", [])


def test_a_number_that_was_found_later_joins_the_child_it_belongs_to(county: Person) -> None:
    load(county, child("吴小龙", 身份证号="", 出生日期="2015-03-28"))
    assert outcomes(load(county, child("吴小龙"))) == ["changed"]
    assert shown("吴小龙")["identity"]["id_number"] == number("20150328", 2)


def test_an_old_roster_does_not_undo_what_a_supervisor_corrected(county: Person) -> None:
    load(county, child("吴小龙", 健康状况="健康"))
    edit(county, Child.objects.get().id, health="disabled")
    assert outcomes(load(county, child("吴小龙", 健康状况="健康"))) == ["unchanged"]
    assert shown("吴小龙")["health"] == "disabled"


def test_news_against_a_correction_opens_a_conflict_for_a_person(county: Person) -> None:
    load(county, child("吴小龙", 健康状况="健康"))
    edit(county, Child.objects.get().id, health="disabled")
    load(county, child("吴小龙", 健康状况="重病"))
    assert Child.objects.get().conflicts == ["health"]


def test_a_child_that_a_phone_registered_is_found_by_its_number(county: Person) -> None:
    target = ids.uuid7(NOW)
    card = {
        "name": "吴小龙",
        "sex": "female",
        "id_number": number("20150328", 2),
        "birth_date": "2015-03-28",
    }
    residence = {"division": VILLAGES["文山村"]}
    data = {"set": {"identity": {"v": card}, "residence": {"v": residence}}}
    push.submit(
        [Draft(op=ids.uuid7(NOW), person=county.id, kind="child.register", target=target,
               file=target, data=data, at=NOW)], now=NOW,
    )  # fmt: skip
    told = load(county, child("吴小龙", 健康状况="健康"))
    assert (outcomes(told), told["rows"][0]["child"]) == (["changed"], str(target))
    assert (Child.objects.count(), shown("吴小龙")["health"]) == (1, "healthy")
    # The villages differ, and nobody may choose between them unasked.
    assert Child.objects.get().conflicts == ["residence"]


def test_the_same_number_twice_is_filed_once_and_listed(county: Person) -> None:
    told = load(county, child("吴小龙"), child("吴小龙", 健康状况="健康"))
    assert (outcomes(told), codes(told, 1)) == (["new", "repeated"], ["roster.same_child"])
    assert told["rows"][1]["cells"][2] == "吴小龙"
    assert Child.objects.count() == 1


def test_a_homophone_without_a_number_is_filed_and_listed_for_review(county: Person) -> None:
    told = load(county, child("吴小艳"), child("吴小燕", 身份证号="", 出生日期="2015-03-28"))
    assert outcomes(told) == ["new", "new"]
    assert codes(told, 0) == codes(told, 1) == ["roster.unassigned", "roster.likely_same"]
    assert [pair["rows"] for pair in told["likely_duplicates"]] == [[3, 4]]


def test_a_homophone_of_a_filed_child_is_listed_with_its_name(county: Person) -> None:
    load(county, child("吴小艳"))
    told = load(county, child("吴小燕", 身份证号="", 出生日期="2015-03-28"))
    assert told["likely_duplicates"][0]["names"] == ["吴小燕", "吴小艳"]


def test_a_child_goes_to_the_supervisor_of_its_village(county: Person) -> None:
    anna = supervisor("anna", "杨丽", "13900000001", "台拱村")
    beata = supervisor("beata", "龙芳", "13900000002", "文山村")
    told = load(
        county,
        child("吴一", serial=1, 儿童主任="杨丽", 儿童主任电话="13900000001"),
        child("吴二", serial=3, 儿童主任="杨莉", 儿童主任电话="139 0000 0001"),
        child("吴三", serial=5, 村="文山村"),
        child("吴四", serial=7, 儿童主任="老支书"),
        child("吴五", serial=9, 村="文山村", 儿童主任="杨丽"),
    )
    people = dict(Assignment.objects.values_list("file", "person"))
    assert [people[Child.objects.get(id=row["child"]).id] for row in told["rows"]] == [
        anna.id, anna.id, beata.id, anna.id, beata.id,
    ]  # fmt: skip
    assert codes(told, 3) == codes(told, 4) == ["roster.supervisor_instead"]


def test_a_child_nobody_can_be_found_for_is_filed_and_listed(county: Person) -> None:
    supervisor("anna", "杨丽", "13900000001", "台拱村")
    supervisor("beata", "龙芳", "13900000002", "台拱村")
    told = load(county, child("吴小龙"), child("吴小燕", serial=4, 儿童主任="张三"))
    assert [codes(told, place) for place in (0, 1)] == [
        ["roster.unassigned"],
        ["roster.supervisor_unknown"],
    ]
    assert Assignment.objects.count() == 0


def test_an_import_never_takes_a_child_from_its_supervisor(county: Person) -> None:
    anna = supervisor("anna", "杨丽", "13900000001", "台拱村")
    load(county, child("吴小龙", 儿童主任="杨丽"))
    supervisor("beata", "龙芳", "13900000002", "台拱村")
    told = load(county, child("吴小龙", 儿童主任="龙芳"))
    assert codes(told, 0) == ["roster.supervisor_other"]
    assert Assignment.objects.get().person == anna.id


def test_rows_outside_the_area_are_refused_like_unknown_ones(county: Person) -> None:
    told = load(
        county,
        child("吴小龙", 乡镇="岑松镇", 村="按娜村"),
        child("吴小燕", serial=4, 村="522629001201"),
        child("吴小军", serial=6),
    )
    assert outcomes(told) == ["refused", "refused", "new"]
    assert codes(told, 0) == ["roster.village_unknown"]


def test_a_file_of_another_area_is_neither_shown_nor_changed(county: Person) -> None:
    load(county, child("吴小龙", 村="文山村"))
    before = Operation.objects.count()
    told = load(county, child("吴小龙"), division=VILLAGES["台拱村"])
    assert (outcomes(told), told["likely_duplicates"]) == (["new"], [])
    first = Child.objects.get(division=VILLAGES["文山村"])
    assert Operation.objects.filter(file=first.id).count() < before
    assert Operation.objects.filter(file=first.id, kind="child.edit").count() == 0


def test_a_preview_says_the_same_and_writes_nothing(county: Person) -> None:
    rows = [child("吴小龙"), child("", serial=4), child("吴小军", serial=6, 风险等级="待定")]
    table = files.table(xlsx(rows))
    told = services.preview(table=table, division=COUNTY, person=county.id, now=NOW)
    assert (Operation.objects.count(), RosterImport.objects.count()) == (0, 0)
    assert load(county, *rows) == told
    assert told["counts"]["new"] == 2


def test_a_wrong_number_is_kept_as_written_and_can_be_searched(county: Person) -> None:
    wrong = number("20150328", 2)[:-1] + "9"
    told = load(county, child("吴小龙", 身份证号=wrong, 出生日期="2015-03-28"))
    assert (outcomes(told), codes(told, 0)) == (["new"], ["roster.id_invalid", "roster.unassigned"])
    card = shown("吴小龙")
    assert (card["identity"]["id_number"], card["unread"]) == (wrong, [["身份证号", wrong]])
    registered = Operation.objects.get(kind="child.register")
    assert [problem["code"] for problem in registered.problems] == ["id.check_digit"]


def test_statements_do_not_grow_with_the_rows(county: Person) -> None:
    supervisor("anna", "杨丽", "13900000001", "台拱村")

    def statements(first: int, rows: int) -> int:
        sheet = [
            child(f"吴小{place}", serial=place, 监护人电话=f"1398555{place:04d}")
            for place in range(first, first + rows)
        ]
        with CaptureQueriesContext(connection) as captured:
            load(county, *sheet)
        return len(captured)

    statements(0, 2)  # so that both meet children who are filed already
    few, many = statements(10, 2), statements(100, 60)
    assert few == many < 80


def test_a_dump_of_the_tables_holds_no_name_number_or_phone(county: Person) -> None:
    rows = [
        child("吴小龙", 健康状况="健康"),
        child("吴小燕", serial=4, 身份证号="", 风险等级="待定"),
    ]
    load(county, *rows, child("", serial=6))
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        tables = [name for (name,) in cursor.fetchall()]
        dump = ""
        for table in tables:
            cursor.execute(f'SELECT t::text FROM "{table}" t')
            dump += "".join(line for (line,) in cursor.fetchall())
    secrets = ["吴小龙", "吴桂花", number("20150328", 2), "13985550101", "待定"]
    found = [s for s in secrets if s in dump or s.encode().hex() in dump]
    assert (found, len(dump) > 1000) == ([], True)


def test_the_command_imports_and_tells(
    county: Person, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file, left = tmp_path / "roster.xlsx", tmp_path / "left.xlsx"
    file.write_bytes(xlsx([child("吴小龙"), child("", serial=4)]))
    call_command("import_roster", str(file), county=COUNTY, dry_run=True, english=True)
    assert "new: 1" in capsys.readouterr().out
    assert Child.objects.count() == 0
    call_command(
        "import_roster", str(file), county=COUNTY, left=left, username="admin", english=True
    )
    assert "4 Name: The name is empty. Fill it in. [roster.name_missing]" in capsys.readouterr().out
    assert Child.objects.count() == 1
    # What was left is itself a roster, once somebody has corrected it.
    again = files.table(left.read_bytes())
    assert again[0][-1] == "导入提示"
    corrected = [again[0], [cell or "吴小燕" for cell in again[1]]]
    told = services.preview(table=corrected, division=COUNTY, person=county.id, now=NOW)
    assert (outcomes(told), told["columns"]) == (["new"], [])


def test_the_command_refuses_who_may_not(county: Person, tmp_path: Path) -> None:
    supervisor("anna", "杨丽", "13900000001", "台拱村")
    file = tmp_path / "roster.xlsx"
    file.write_bytes(xlsx([child("吴小龙")]))
    with pytest.raises(CommandError):
        call_command("import_roster", str(file), county=COUNTY, username="anna")
    with pytest.raises(CommandError):
        call_command("import_roster", str(file), county=OTHER_COUNTY)
    with pytest.raises(CommandError):
        call_command("import_roster", str(tmp_path / "absent.xlsx"), county=COUNTY)
    assert Operation.objects.count() == 0


def test_an_import_that_broke_off_is_finished_by_the_same_file(
    county: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [child(f"吴小{n}", serial=n, 监护人电话=f"1398555000{n}") for n in range(4)]
    submit, calls = push.submit, 0

    def breaks(*args: Any, **kwargs: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == 2:
            raise ConnectionError
        return submit(*args, **kwargs)

    monkeypatch.setattr("backend.caseload.roster.importing.CHUNK", 6)
    monkeypatch.setattr("sync.push.submit", breaks)
    with pytest.raises(ConnectionError):
        load(county, *rows)
    broken = RosterImport.objects.get()
    assert (Child.objects.count(), broken.done, broken.operations) == (2, 6, 12)
    assert outcomes(load(county, *rows)) == ["unchanged", "unchanged", "new", "new"]
    assert (Child.objects.count(), Operation.objects.count()) == (4, 12)
