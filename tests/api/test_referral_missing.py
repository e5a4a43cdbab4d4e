"""A missing child's record and its notice (rules.md R1; Minors Protection Law 103)."""

from typing import Any

import pytest

from backend.audit.models import AuditEntry
from backend.notifications.models import Notice as Waits
from backend.referrals import missing_queries
from backend.referrals.errors import NoticeNotShown
from backend.referrals.models import Missing
from sync import rebuild
from sync.models import Attachment
from sync.protocol import ids

from .conftest import NOW
from .referred import TODAY, Office, make
from .test_escalations import open_one

pytestmark = pytest.mark.django_db
NOTICE = {
    "description": "身高一米一，红色外套", "last_seen_at": "11月24日下午四点", "last_seen_place": "施洞集市",
    "contact": "王警官 110", "names": ["name", "age"],
}  # fmt: skip


@pytest.fixture
def office(db: Any) -> Office:
    return make()


def step(office: Office, name: str, *, by: str = "officer", **given: Any) -> Any:
    row = Missing.objects.get()
    revision = given.pop("revision", row.revision)
    body = {"revision": revision, "step": name, "given": given}
    return office.desk(by).post(f"missing/{row.id}/steps", **body)


def note(office: Office) -> Missing:
    answer = office.desk("officer").post("missing/", child=str(office.child))
    assert answer.status_code == 201, answer.content
    return Missing.objects.get()


def shown(office: Office, by: str = "officer") -> missing_queries.Notice:
    return missing_queries.notice(
        viewer=office.person(by).id, missing=Missing.objects.get().id, now=NOW
    )


def test_a_finding_of_r1_begins_a_missing_record_once_and_a_sealed_one_none(office: Office) -> None:
    open_one(office.child, sealed=True, rule="R1")
    assert Missing.objects.count() == 0
    row = open_one(office.child, rule="R1")
    missing = Missing.objects.get()
    assert (missing.status, [missing.finding], missing.division) == (
        "noted", row.findings, row.division,
    )  # fmt: skip
    again = office.desk("officer").post("missing/", child=str(office.child))
    assert (again.status_code, again.json()["code"]) == (409, "missing.open_already")
    assert list(rebuild.differences()) == []


def test_a_finding_that_came_late_does_not_begin_an_ended_missing_record_again(
    office: Office,
) -> None:
    note(office)
    assert step(office, "close", reason="误报").status_code == 200
    open_one(office.child, rule="R1")  # observed before it was closed
    assert Missing.objects.count() == 1


def test_the_way_of_a_missing_child_to_the_return_visit(office: Office) -> None:
    row = note(office)
    refused = step(office, "publish", number="A1", published_on=str(TODAY))
    assert refused.status_code == 409
    assert "Record the police report" in refused.json()["message"]
    assert step(office, "report", receipt="警回18").json()["fields"] == ["called_at"]
    step(office, "report", called_at=NOW.isoformat(), receipt="警回18")
    step(office, "prepare", **NOTICE)
    step(office, "confirm", by="lead")
    assert step(office, "publish", number="A1", published_on=str(TODAY)).status_code == 200
    desk = office.desk("officer")
    assert desk.post(f"missing/{row.id}/clues", text="县城车站有人见过").status_code == 201
    step(office, "find", found_on=str(TODAY), words="在外婆家找到")
    step(office, "revisit", visited_on=str(TODAY), words="平安，已安抚")
    found = desk.get(f"missing/{row.id}/").json()
    assert [one["step"] for one in found["steps"]] == [
        "note", "report", "prepare", "confirm", "publish", "find", "revisit",
    ]  # fmt: skip
    assert (found["status"], found["clues"][0]["text"]) == ("closed", "县城车站有人见过")
    assert desk.get("missing/").json()["count"] == 0
    assert desk.get("missing/", ended="true").json()["count"] == 1
    assert desk.post(f"missing/{row.id}/clues", text="又见到").status_code == 409
    assert list(rebuild.differences()) == []


def test_a_missing_notice_shows_what_a_lead_confirmed_and_nothing_else(office: Office) -> None:
    note(office)
    with pytest.raises(NoticeNotShown):
        shown(office)
    step(office, "prepare", **NOTICE)
    assert step(office, "confirm").status_code == 403
    with pytest.raises(NoticeNotShown):
        shown(office)
    (told,) = Waits.objects.filter(kind="missing.waiting")
    assert (told.person, told.critical) == (office.person("lead").id, True)
    assert step(office, "confirm", by="lead").status_code == 200
    step(office, "prepare", **(NOTICE | {"description": "蓝色外套", "names": []}))
    notice = shown(office)
    assert (notice.description, notice.identity) == (
        "身高一米一，红色外套", {"age": notice.identity["age"], "name": "龙小燕"},
    )  # fmt: skip
    # Each may become paper, and so each is on the audit log.
    shown(office, "lead")
    entries = AuditEntry.objects.filter(action="missing.notice")
    assert {entry.actor for entry in entries} == {
        office.person("officer").id, office.person("lead").id,
    }  # fmt: skip
    step(office, "find", found_on=str(TODAY), words="找到")
    with pytest.raises(NoticeNotShown):
        shown(office)


def test_a_lead_confirms_the_missing_notice_that_she_read(office: Office) -> None:
    note(office)
    step(office, "prepare", **NOTICE)
    read = Missing.objects.get().revision
    step(office, "prepare", **(NOTICE | {"description": "蓝色外套"}))
    answer = step(office, "confirm", by="lead", revision=read)
    assert (answer.status_code, answer.json()["code"]) == (409, "stale")


def test_a_missing_notice_takes_an_open_photograph_of_the_child_alone(office: Office) -> None:
    note(office)

    def photo(number: int, **more: Any) -> str:
        row = Attachment.objects.create(
            **{
                "id": ids.uuid7(NOW), "op": ids.uuid7(NOW), "file": office.child,
                "device": ids.uuid7(NOW), "size": 3, "sha256": bytes([number]) * 32,
                "type": "image/jpeg", "status": "complete", **more,
            }
        )  # fmt: skip
        return str(row.id)

    unsuited = [photo(1, sealed=True), photo(2, status="pending"), photo(3, file=ids.uuid7(NOW))]
    for one in unsuited:
        answer = step(office, "prepare", **NOTICE, photo=one)
        assert (answer.status_code, answer.json()["code"]) == (409, "missing.photo")
    assert step(office, "prepare", **NOTICE, photo=photo(4)).status_code == 200


def test_missing_records_are_the_countys(office: Office) -> None:
    row = note(office)
    assert office.desk("township").get("missing/").status_code == 403
    assert office.desk("stranger").get(f"missing/{row.id}/").status_code == 404
    assert office.desk("stranger").get("missing/").json()["count"] == 0
