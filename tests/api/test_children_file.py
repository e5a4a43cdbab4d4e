"""One child's file and its visits over HTTP."""

from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from backend.audit.models import AuditEntry
from backend.children.models import Child
from sync.protocol import ids

from .conftest import NOW
from .town import Town, written


@pytest.fixture
def child(town: Town) -> UUID:
    return town.child("龙小燕", of="wu", guardian="13800001111", health="chronic", risk_level="RED")


def visited(town: Town, child: UUID, words: str = "奶奶住院了", **answers: Any) -> UUID:
    """A visit by Wu, as the phone would write it, with sealed answers beside it."""
    shared, part = ids.uuid7(NOW), ids.uuid7(NOW)
    home = Child.objects.get(id=child).household
    assert home
    drafts = [
        town.office("visit.record", shared, {"mode": "home", "answers": {"carer": "no"}}, home),
        town.office(
            "visit.part", part,
            {"visit": str(shared), "skipped": ["mood"],
             "answers": {"child_seen": "yes", "words": words, **answers}}, child,
        ),
        town.office(
            "visit.sealed", ids.uuid7(NOW),
            {"part": str(part), "answers": {"secret": "封存的话"}}, child,
        ),
    ]  # fmt: skip
    town.submit(*drafts)
    return part


def test_the_file_shows_the_family_the_cover_and_the_last_visits(town: Town, child: UUID) -> None:
    home = str(Child.objects.get(id=child).household)
    brother = town.child("龙小虎")
    town.submit(town.office("child.edit", brother, written(household=home)))
    Child.objects.filter(id=brother).update(household=home)  # whichever of the two is shown
    part = visited(town, child)
    file = town.desk("township").get(f"children/{child}/").json()
    assert file["item"]["name"] == file["registers"]["identity"]["name"] == "龙小燕"
    assert file["registers"]["health"] == "chronic"
    assert file["household"]["residence"]["address"] == "三组12号"
    assert file["guardians"][0]["registers"]["contact"]["phone"] == "13800001111"
    assert [sibling["name"] for sibling in file["siblings"]] == ["龙小虎"]
    assert [(c["name"], c["ends_on"]) for c in file["assignments"]] == [("吴wu", None)]
    assert file["visits"]["count"] == 1
    assert file["visits"]["last"][0]["id"] == str(part)
    assert file["visits"]["last"][0]["mode"] == "home"
    assert AuditEntry.objects.filter(
        action="child.read", subject=child, actor=town.township.id
    ).exists()


def test_an_administrator_sees_who_the_child_is_and_no_case(town: Town, child: UUID) -> None:
    visited(town, child)
    file = town.desk("admin").get(f"children/{child}/").json()
    assert file["item"]["name"] == "龙小燕"
    assert set(file["registers"]) <= {"identity", "residence", "household", "categories"}
    assert "visits" not in file
    assert town.desk("admin").get(f"children/{child}/visits/").status_code == 404


@pytest.mark.parametrize("name", ["yang", "stranger", "auditor", "viewer"])
def test_out_of_scope_looks_like_not_there(town: Town, child: UUID, name: str) -> None:
    desk, nobody = town.desk(name), ids.uuid7(NOW)
    for path in ("children/{}/", "children/{}/visits/"):
        hidden, unknown = desk.get(path.format(child)), desk.get(path.format(nobody))
        assert hidden.status_code == unknown.status_code == 404
        assert hidden.json() == unknown.json()
    assert not AuditEntry.objects.filter(action="child.read").exists()


def test_the_visits_are_opened_with_the_shared_part_and_without_what_is_sealed(
    town: Town, child: UUID
) -> None:
    first, second = visited(town, child), visited(town, child, words="妈妈打来电话")
    for name in ("wu", "township", "officer"):
        answer = town.desk(name).get(f"children/{child}/visits/")
        rows = {row["summary"]["id"]: row for row in answer.json()["results"]}
        assert rows[str(first)]["answers"]["words"] == "奶奶住院了"
        assert rows[str(second)]["answers"]["words"] == "妈妈打来电话"
        assert rows[str(first)]["shared"] == {"carer": "no"}
        assert rows[str(first)]["skipped"] == ["mood"]
        assert "封存的话" not in answer.content.decode()
    line = AuditEntry.objects.filter(action="child.visits", actor=town.wu.id).get()
    assert set(line.detail["visits"]) == {str(first), str(second)}


def test_a_part_cannot_open_somebody_elses_visit(town: Town, child: UUID) -> None:
    """A part names any visit it likes; only one of the same author is shown beside it."""
    other = town.child("吴阿明")
    visited(town, other)
    shared = town.desk("officer").get(f"children/{other}/visits/").json()["results"][0]["summary"]
    phone = town.phone("wu")
    phone.say("visit.part", ids.uuid7(NOW), {"visit": shared["visit"], "answers": {}}, child)
    assert phone.sync(*phone.log)["receipts"][0]["outcome"] == "applied"
    (row,) = town.desk("wu").get(f"children/{child}/visits/").json()["results"]
    assert (row["summary"]["mode"], row["shared"]) == ("", {})


def test_an_answer_that_could_not_be_used_is_told(town: Town, child: UUID) -> None:
    town.submit(town.office("visit.part", ids.uuid7(NOW), {"answers": "nothing"}, child))
    (row,) = town.desk("officer").get(f"children/{child}/visits/").json()["results"]
    assert row["answers"] == {}
    assert row["problems"][0]["code"] == "visit.answers"
    assert row["problems"][0]["message"].startswith("There are no usable answers")


def test_twenty_visits_cost_as_many_statements_as_one(town: Town, child: UUID) -> None:
    desk, counts = town.desk("officer"), []
    for size in (1, 19):
        for _ in range(size):
            visited(town, child)
        with CaptureQueriesContext(connection) as captured:
            desk.get(f"children/{child}/visits/")
        counts.append(len(captured))
    assert counts[0] == counts[1] <= 19
