"""Conflicts over HTTP: all values with who and when, and a decision that hides nothing (SYNC, registers)."""

from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from backend.audit.models import AuditEntry
from backend.children import services
from backend.children.models import Child, Guardian, Household
from sync import rebuild
from sync.protocol import ids

from .conftest import NOW
from .town import NEXT_VILLAGE, Town, written


@pytest.fixture
def disputed(town: Town) -> tuple[Town, UUID]:
    """Phone and office wrote different schools and risk levels without having seen each other's."""
    child = town.child("龙小燕", of="wu", school="primary", risk_level="GREEN")
    phone = town.phone("wu")
    phone.sync()
    phone.say("child.edit", child, written(school="dropped_out", risk_level="RED"))
    (receipt,) = phone.sync(*phone.log)["receipts"]
    assert receipt["flags"] == ["conflict", "merged"]
    return town, child


def register(town: Town, name: str = "school", who: str = "township") -> dict[str, Any]:
    (item,) = town.desk(who).get("conflicts/").json()["results"]
    (found,) = [one for one in item["registers"] if one["register"] == name]
    return found | {"item": item}


def settle(town: Town, child: UUID, value: Any, saw: list[str], who: str = "township") -> Any:
    path = f"conflicts/child/{child}/school/resolve"
    return town.desk(who).post(path, value=value, saw=saw)


def ops(found: dict[str, Any]) -> list[str]:
    return [said["op"] for said in found["values"]]


def test_every_value_is_listed_with_who_wrote_it_and_when(disputed: tuple[Town, UUID]) -> None:
    town, child = disputed
    school = register(town)
    assert [(v["value"], v["person"], v["name"]) for v in school["values"]] == [
        ("primary", str(town.officer.id), "吴officer"),
        ("dropped_out", str(town.wu.id), "吴wu"),
    ]
    assert school["values"][0]["at"] < school["values"][1]["at"]
    assert (school["kind"], school["shown"]) == ("plain", "dropped_out")
    assert (school["item"]["id"], school["item"]["name"]) == (str(child), "龙小燕")
    risk = register(town, "risk_level")
    assert (risk["kind"], risk["shown"]) == ("protective", "RED")
    assert AuditEntry.objects.filter(action="conflict.list", subject=child).count() == 2


def test_a_decision_naming_all_values_settles_it(disputed: tuple[Town, UUID]) -> None:
    town, child = disputed
    answer = settle(town, child, "primary", ops(register(town)))
    assert (answer.status_code, answer.json()) == (200, {"conflicts": ["risk_level"]})
    assert Child.objects.get(id=child).conflicts == ["risk_level"]
    file = town.desk("officer").get(f"children/{child}/").json()
    assert file["registers"]["school"] == "primary"
    line = AuditEntry.objects.get(action="conflict.resolve", subject=child)
    assert (line.actor, line.detail["registers"]) == (town.township.id, ["school"])
    again = settle(town, child, "primary", [])
    assert (again.status_code, again.json()["fields"]) == (404, ["register"])
    assert list(rebuild.differences()) == []


def test_who_has_not_seen_every_value_settles_nothing(disputed: tuple[Town, UUID]) -> None:
    town, child = disputed
    seen = ops(register(town))
    for saw in (seen[:1], [], [*seen, str(ids.uuid7(NOW))]):
        answer = settle(town, child, "primary", saw)
        assert (answer.status_code, answer.json()["code"]) == (409, "conflict.stale")
    assert ops(register(town)) == seen


def test_a_value_that_comes_between_look_and_write_stays_in_conflict(
    disputed: tuple[Town, UUID], monkeypatch: pytest.MonkeyPatch
) -> None:
    town, child = disputed
    saw, real = ops(register(town)), services.push.submit

    def after_somebody_else(drafts: Any, **kwargs: Any) -> Any:
        real([town.office("child.edit", child, written(school="junior"))], now=NOW)
        return real(drafts, **kwargs)

    monkeypatch.setattr(services.push, "submit", after_somebody_else)
    answer = settle(town, child, "primary", saw)
    assert (answer.status_code, answer.json()["code"]) == (409, "conflict.stale")
    monkeypatch.undo()
    assert {said["value"] for said in register(town)["values"]} == {"primary", "junior"}


def test_another_value_than_those_written_must_be_of_their_kind(
    disputed: tuple[Town, UUID],
) -> None:
    town, child = disputed
    assert settle(town, child, {"a": 1}, ops(register(town))).json()["code"] == "conflict.value"
    risk = ops(register(town, "risk_level"))
    path = f"conflicts/child/{child}/risk_level/resolve"
    refused = town.desk("township").post(path, value="PINK", saw=risk)
    assert (refused.status_code, refused.json()["code"]) == (400, "conflict.value")
    assert town.desk("township").post(path, value="YELLOW", saw=risk).status_code == 200
    assert Child.objects.get(id=child).risk_level == "YELLOW"


def test_only_those_of_the_area_decide(disputed: tuple[Town, UUID]) -> None:
    town, child = disputed
    saw = ops(register(town))
    for name in ("wu", "admin", "auditor", "viewer"):
        assert town.desk(name).get("conflicts/").status_code == 403
        assert settle(town, child, "primary", saw, name).status_code == 403
    assert town.desk("stranger").get("conflicts/").json()["results"] == []
    hidden = settle(town, child, "primary", saw, "stranger")
    unknown = settle(town, ids.uuid7(NOW), "primary", saw)
    assert hidden.status_code == unknown.status_code == 404
    assert hidden.json() == unknown.json()
    assert town.desk("officer").get("conflicts/", division=NEXT_VILLAGE).json()["count"] == 0
    assert settle(town, child, "primary", saw, "officer").status_code == 200


def test_guardians_and_households_are_asked_about_too(disputed: tuple[Town, UUID]) -> None:
    town, _ = disputed
    other = town.child("吴阿明", guardian="13800002222")
    home = Child.objects.get(id=other).household
    adult = Guardian.objects.get(household=home)
    phone = {"phone": "13800003333"}
    town.submit(
        town.office("guardian.edit", adult.id, written(contact=phone), adult.file),
        town.office("household.edit", home, written(residence={"division": NEXT_VILLAGE})),
    )  # fmt: skip
    page = town.desk("officer").get("conflicts/").json()
    assert [(item["type"], item["name"]) for item in page["results"]] == [
        ("child", "龙小燕"), ("guardian", "龙阿公"), ("household", ""),
    ]  # fmt: skip
    (guardian,) = town.desk("officer").get("conflicts/", type="guardian").json()["results"]
    (contact,) = guardian["registers"]
    path = f"conflicts/guardian/{adult.id}/contact/resolve"
    assert town.desk("officer").post(path, value=phone, saw=ops(contact)).status_code == 200
    assert Guardian.objects.get(id=adult.id).conflicts == []
    assert Household.objects.exclude(conflicts=[]).count() == 1


def test_ten_conflicts_cost_as_many_statements_as_one(disputed: tuple[Town, UUID]) -> None:
    town, _ = disputed
    desk, counts = town.desk("township"), []
    for size in (0, 9):
        for _ in range(size):
            child = town.child("吴阿明", school="primary")
            town.submit(town.office("child.edit", child, written(school="junior")))
        with CaptureQueriesContext(connection) as captured:
            assert desk.get("conflicts/").json()["count"] == 1 + size
        counts.append(len(captured))
    assert counts[0] == counts[1] <= 16
