"""Delegation confirmations from the phone to the office and back, and a child that left."""

import datetime as dt
import json
from typing import Any
from uuid import UUID

import pytest
from django.utils import timezone

from backend.children.models import Child, Delegation
from sync import rebuild
from sync.protocol import ids

from .conftest import NOW, HttpPhone
from .town import Town, written

TODAY = timezone.localdate(NOW)
YEAR = dt.timedelta(days=365)
Scene = tuple[Town, UUID, HttpPhone]


@pytest.fixture
def scene(town: Town) -> Scene:
    child = town.child("龙小燕", of="wu")
    phone = town.phone("wu")
    phone.sync()
    return town, child, phone


def confirm(phone: HttpPhone, child: UUID, **answers: Any) -> UUID:
    paper = ids.uuid7(NOW)
    term = {"term_from": str(TODAY - YEAR), "term_to": str(TODAY + YEAR)}
    given = {"parent_name": "龙大海", "delegate_name": "吴阿婆", **term, **answers}
    phone.say("delegation.confirm", paper, {"answers": given}, child)
    return paper


def shown(town: Town, child: UUID) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (
        town.desk("township").get(f"children/{child}/").json()["delegations"]
    )
    return found


def test_a_confirmation_is_in_force_until_it_is_revoked(scene: Scene) -> None:
    town, child, phone = scene
    paper = confirm(phone, child)
    assert phone.sync(*phone.log)["receipts"][0]["outcome"] == "applied"
    (card,) = shown(town, child)
    assert (card["id"], card["state"], card["revoked_on"]) == (str(paper), "valid", None)
    assert card["answers"]["delegate_name"] == "吴阿婆"
    colleague = town.phone("wu")
    entered = {entry["file"]: entry["records"] for entry in colleague.sync()["enter"]}
    (record,) = [r for r in entered[str(child)] if r["type"] == "delegation"]
    assert record["data"]["answers"]["parent_name"] == "龙大海"
    revoke = {"delegation": str(paper), "reason": "父亲已返乡", "on": str(TODAY)}
    phone.say("delegation.revoke", ids.uuid7(NOW), revoke, child)
    assert phone.sync(phone.log[-1])["receipts"][0]["outcome"] == "applied"
    (card,) = shown(town, child)
    assert (card["state"], card["revoked_on"]) == ("revoked", str(TODAY))
    assert list(rebuild.differences()) == []


def test_a_revocation_in_another_childs_file_ends_nothing(scene: Scene) -> None:
    town, child, phone = scene
    paper = confirm(phone, child)
    other = town.child("吴阿明", of="wu")
    phone.sync(*phone.log)
    phone.say("delegation.revoke", ids.uuid7(NOW), {"delegation": str(paper)}, other)
    phone.sync(*phone.log)
    assert shown(town, child)[0]["state"] == "valid"


@pytest.mark.parametrize("term", [{"term_to": "soon"}, {"term_to": str(TODAY - 2 * YEAR)}])
def test_a_term_that_cannot_be_used_is_told_and_kept(scene: Scene, term: dict[str, str]) -> None:
    town, child, phone = scene
    confirm(phone, child, **term)
    (receipt,) = phone.sync(*phone.log)["receipts"]
    assert (receipt["outcome"], receipt["flags"]) == ("applied", ["problems"])
    assert "delegation.term" in {problem["code"] for problem in receipt["problems"]}
    assert shown(town, child)[0]["state"] == "undated"


def test_the_parties_are_case_content(scene: Scene) -> None:
    town, child, phone = scene
    confirm(phone, child)
    phone.sync(*phone.log)
    assert Delegation.objects.count() == 1
    answer = town.desk("admin").get(f"children/{child}/")
    assert answer.json()["delegations"] == []
    assert "吴阿婆" not in answer.content.decode()


def test_an_edit_after_the_child_left_is_applied_and_flagged(scene: Scene) -> None:
    """SYNC, "Life cycle": an edit whose author had not seen the closing is never dropped."""
    town, child, phone = scene
    closing = town.office("child.edit", child, written(life_cycle={"status": "closed"}))
    town.submit(closing)
    phone.say("child.edit", child, written(school="junior"))
    (receipt,) = phone.sync(*phone.log)["receipts"]
    assert (receipt["outcome"], receipt["flags"]) == ("applied", ["ended"])
    file = town.desk("township").get(f"children/{child}/").json()
    assert (file["registers"]["school"], file["item"]["status"]) == ("junior", "closed")
    op = json.loads(phone.log[-1])["op"]
    assert [(edit["op"], edit["name"]) for edit in file["late_edits"]] == [(op, "吴wu")]
    back = {"v": {"status": "registered"}, "saw": [str(closing.op)]}
    phone.say("child.edit", child, {"set": {"life_cycle": back}})
    phone.say("child.edit", child, written(health="fair"))
    receipts = phone.sync(*phone.log[-2:])["receipts"]
    assert [receipt.get("flags") for receipt in receipts] == [None, None]
    assert Child.objects.get(id=child).status == "registered"
