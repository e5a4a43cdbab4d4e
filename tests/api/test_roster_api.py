"""The roster over HTTP: for administrators, within their area, in the caller's language, nothing lost."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from backend.accounts.models import AccessToken, Person, RoleGrant
from backend.audit.models import AuditEntry
from backend.caseload.models import RosterImport
from backend.caseload.roster import files, report
from backend.children.models import Child
from backend.tasks import services as tasks
from backend.tasks.models import Task
from sync.models import Operation

from .conftest import COUNTY, OTHER_COUNTY, person
from .test_roster_import import VILLAGES, child, county, xlsx

__all__ = ["county"]


class Caller:
    def __init__(self, who: Person) -> None:
        _, self.token = AccessToken.objects.create(user=who)

    def __call__(self, path: str, content: Any = None, language: str = "en", **fields: str) -> Any:
        headers = {"authorization": f"Token {self.token}", "accept-language": language}
        if content is None and not fields:
            return Client().get(f"/api/v1/roster/{path}", headers=headers)
        body: dict[str, Any] = dict(fields)
        if content is not None:
            body["file"] = SimpleUploadedFile("roster.xlsx", content)
        return Client().post(f"/api/v1/roster/{path}", body, headers=headers)

    def task(self, path: str, content: Any, language: str = "en", **fields: str) -> dict[str, Any]:
        """Asked for, carried out and read where `Location` says."""
        asked = self(path, content, **fields)
        assert asked.status_code == 202, asked.content
        tasks.carry_on()
        return self.read(asked["Location"], language)

    def get(self, path: str) -> Any:
        headers = {"authorization": f"Token {self.token}"}
        return Client().get(f"/api/v1/tasks/{path}", headers=headers)

    def read(self, address: str, language: str = "en") -> Any:
        headers = {"authorization": f"Token {self.token}", "accept-language": language}
        return Client().get(address, headers=headers).json()


def test_look_first_then_import_then_take_back_what_was_left(county: Person) -> None:
    call = Caller(county)
    content = xlsx([child("吴小龙"), child("", serial=4)])
    looked = call.task("preview", content)
    assert (looked["state"], Operation.objects.count()) == ("finished", 0)
    assert [row["outcome"] for row in looked["result"]["rows"]] == ["new", "refused"]

    task = call.task("import", content)
    made = task["result"]["import"]
    assert task["done"] == task["of"] == Operation.objects.count() > 0
    row = Task.objects.get(id=task["id"])
    assert (row.asked, row.file) == (None, None)

    listed = call("imports").json()
    assert [one["id"] for one in listed["results"]] == [made]
    read = call(f"imports/{made}").json()
    assert (read["report"], read["counts"]) == (looked["result"], task["result"]["counts"])
    assert read["done"] == read["operations"] == Operation.objects.count()
    left = call.task(f"imports/{made}/left", b"")
    name = f"roster-{RosterImport.objects.get().at:%Y%m%d}.xlsx"
    assert left["result"] == {"import": made, "file": name}
    sheet = call.get(f"{left['id']}/file")
    assert (sheet["Content-Type"], len(files.table(sheet.content))) == (report.XLSX, 2)
    assert call.get(f"{task['id']}/file").json()["code"] == "not_found"
    RoleGrant.objects.filter(person=county).update(role="auditor")
    assert call.get(f"{left['id']}/file").json()["code"] == "not_found"
    actions = list(
        AuditEntry.objects.filter(action__startswith="roster.").values_list("action", flat=True)
    )
    assert sorted(actions) == ["roster.import", "roster.preview", "roster.read", "roster.read"]


def test_errors_speak_the_callers_language(county: Person) -> None:
    call, content = Caller(county), xlsx([child("", serial=4)])
    spoken = [
        call.task("preview", content, language=language)["result"]["rows"][0]["slips"][0]
        for language in ("zh-hans", "en")
    ]
    assert [slip["column"] for slip in spoken] == ["姓名", "Name"]
    assert [slip["message"] for slip in spoken] == [
        "姓名为空。请填写姓名。",
        "The name is empty. Fill it in.",
    ]


@pytest.mark.parametrize(
    ("content", "fields", "code", "status"),
    [
        (b"PK broken", {}, "roster.file_unreadable", 400),
        (b"\xd0\xcf\x11\xe0\x00", {}, "roster.file_unreadable", 400),
        (None, {"division": COUNTY}, "invalid", 400),
        (xlsx([]), {"division": OTHER_COUNTY}, "not_found", 404),
        (xlsx([]), {"division": "52263"}, "division.code_malformed", 400),
    ],
)  # fmt: skip
def test_what_cannot_be_taken_is_told_by_a_code(
    county: Person, content: Any, fields: dict[str, str], code: str, status: int
) -> None:
    answer = Caller(county)("import", content, **fields)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.json()["message"]


def test_a_roster_without_a_needed_column_is_told_which(county: Person) -> None:
    told = Caller(county).task("preview", "姓名,性别,出生日期\n吴小龙,男,2015-3-28".encode())[
        "result"
    ]
    assert [slip["code"] for slip in told["columns"]] == ["roster.column_missing"] * 2
    assert told["rows"][0]["cells"] == ["吴小龙", "男", "2015-3-28"]


def test_only_administrators_may_and_only_in_their_area(county: Person) -> None:
    content = xlsx([child("吴小龙")])
    made = Caller(county).task("import", content)["result"]["import"]
    for role in ("county_officer", "county_lead", "auditor", "village_supervisor"):
        answer = Caller(person(role, role, COUNTY))("import", content)
        assert (answer.status_code, answer.json()["code"]) == (403, "permission_denied")
    far = Caller(person("far", "administrator", OTHER_COUNTY))
    assert far.task("import", content)["result"]["counts"]["refused"] == 1
    assert [one["division"] for one in far("imports").json()["results"]] == [OTHER_COUNTY]
    assert far(f"imports/{made}").status_code == far(f"imports/{made}/left", b"").status_code == 404
    assert Child.objects.count() == 1


def test_an_administrator_of_a_wider_area_says_where(county: Person) -> None:
    call, content = Caller(person("wide", "administrator", "5226")), xlsx([child("吴小龙")])
    assert call("import", content).json()["code"] == "roster.division_needed"
    narrow = call.task("import", content, division=VILLAGES["台拱村"])
    assert narrow["result"]["counts"]["new"] == 1
