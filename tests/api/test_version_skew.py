"""What a newer phone says is kept and given back, and an older one is not harmed (SYNC, Receipts)."""

import json
from typing import Any
from uuid import UUID

import pytest

from backend.children.models import Child
from backend.visits.models import VisitPart
from sync import rebuild

from .conftest import HttpPhone
from .test_sync import new, register

NEWER: dict[str, Any] = {"v": {"shape": ["of", "tomorrow"], "数": 1}, "saw": []}


def records(page: dict[str, Any]) -> dict[str, dict[str, Any]]:
    entered = [record for entry in page.get("enter", []) for record in entry["records"]]
    return {record["id"]: record for record in [*entered, *page.get("changes", [])]}


def shown(record: dict[str, Any], register_: str) -> Any:
    (write,) = record["registers"][register_]["live"].values()
    return write[1]


def test_unknown_fields_and_values_of_a_register_come_back_as_they_went(
    http_phone: HttpPhone,
) -> None:
    child = register(http_phone)
    seen = json.loads(http_phone.log[-1])["op"]
    http_phone.sync(*http_phone.log)
    edit = {
        "set": {"not_yet_invented": NEWER, "risk_level": {"v": "PURPLE", "saw": [seen]}},
        "add": {"categories": {"A_NEW_ONE": {"v": {"since": "2027-01-01"}, "saw": []}}},
        "a_new_way_to_edit": {"of": "fields"},
    }
    http_phone.say("child.edit", child, edit)
    page = http_phone.sync(http_phone.log[-1])
    assert page["receipts"][0]["outcome"] == "applied"
    record = records(page)[str(child)]
    assert shown(record, "not_yet_invented") == NEWER["v"]
    assert shown(record, "risk_level") == "PURPLE"
    assert shown(record, "categories/A_NEW_ONE") == {"since": "2027-01-01"}
    row = Child.objects.get(id=child)
    assert (row.risk_level, row.categories) == ("PURPLE", ["A_NEW_ONE", "LEFT_BEHIND"])
    assert list(rebuild.differences()) == []


def test_a_value_nobody_knows_never_hides_a_graver_one_that_is_known(
    http_phone: HttpPhone,
) -> None:
    child = register(http_phone)
    http_phone.sync(*http_phone.log)
    for level in ("PURPLE", "RED"):
        http_phone.say("child.edit", child, {"set": {"risk_level": {"v": level, "saw": []}}})
    http_phone.sync(*http_phone.log[2:])
    assert Child.objects.get(id=child).risk_level == "RED"


def test_a_visit_by_a_form_nobody_knows_comes_back_whole(http_phone: HttpPhone) -> None:
    child = register(http_phone)
    http_phone.sync(*http_phone.log)
    part = new()
    data = {"answers": {"child_seen": "maybe", "brand_new": [1, {"deep": True}]}, "extra": NEWER}
    http_phone.say("visit.part", part, data, file=child)
    line = json.loads(http_phone.log[-1])
    line |= {"form": "household_visit", "form_version": "2999-01", "unheard_of": {"x": 1}}
    raw = json.dumps(line, ensure_ascii=False).encode()
    page = http_phone.sync(raw)
    assert page["receipts"][0]["outcome"] == "applied"
    assert records(page)[str(part)]["data"] == data
    assert VisitPart.objects.get(id=part).child_seen is None
    assert http_phone.sync(raw)["receipts"][0]["again"] is True


@pytest.mark.parametrize("protocol", [0, 99])
def test_a_phone_of_another_protocol_is_received_and_asked_to_update(
    http_phone: HttpPhone, protocol: int
) -> None:
    child = register(http_phone)
    header = {
        "protocol": protocol, "device": str(http_phone.device), "wall": "2026-05-04T08:00:00Z",
        "tomorrow": ["s", "members"],
    }  # fmt: skip
    answer = http_phone.post(b"\n".join([json.dumps(header).encode(), *http_phone.log]))
    page = answer.json()
    assert [receipt["outcome"] for receipt in page["receipts"]] == ["applied", "applied"]
    assert page["refused"] == "protocol.unknown"
    assert page.keys().isdisjoint({"cursor", "enter", "changes"})
    assert Child.objects.filter(id=child).exists()


def test_a_kind_of_tomorrow_is_kept_with_the_file_it_belongs_to(http_phone: HttpPhone) -> None:
    child = register(http_phone)
    http_phone.sync(*http_phone.log)
    http_phone.say("child.teleport", UUID(int=9), {"to": "moon"}, file=child)
    (receipt,) = http_phone.sync(http_phone.log[-1])["receipts"]
    assert (receipt["outcome"], receipt["code"]) == ("quarantined", "kind.unknown")
