"""What a supervisor's phone is told of referrals, and whom it can call without a signal (REFERRALS)."""

from typing import Any

import pytest

from backend.referrals.models import Referral
from backend.regions.models import Division
from sync import rebuild

from .conftest import COUNTY, OTHER_COUNTY
from .referred import Office, make
from .test_case_phone import held
from .test_device_orders import header


@pytest.fixture
def office(transactional_db: None) -> Office:
    return make()


def test_what_became_of_a_referral_is_on_the_file_and_on_her_phone(office: Office) -> None:
    office.visit("rehabilitation")
    referral = Referral.objects.get().id
    phone = office.town.phone("wu")
    assert held(phone)["referral_card"]["status"] == "draft"
    office.send(referral)
    office.answer(referral, "accept", note="下周可来")
    office.answer(referral, "done", outcome="partly", report="训练三次，家中情况复杂")
    card = held(phone)["referral_card"]
    assert (card["status"], card["outcome_words"]["zh"], card["organisation"], card["text"]) == (
        "done", "部分落实", "县医院康复科", "",
    )  # fmt: skip
    office.step(referral, "tell", words="请陪同继续训练")
    assert held(phone)["referral_card"]["text"] == "请陪同继续训练"
    found = office.detail(referral)
    assert [step["step"] for step in found["steps"]] == [
        "draft", "send", "accept", "done", "tell",
    ]  # fmt: skip
    assert found["steps"][3]["said"] == {"outcome": "partly", "report": "训练三次，家中情况复杂"}
    assert found["possible"] == ["tell"]
    assert list(rebuild.differences()) == []


def test_phones_have_the_directory_referrals_go_to(office: Office) -> None:
    admin = office.desk("admin")
    lines = {"name": "儿童之家", "kind": "organisation", "phone": "0855-5320000"}
    assert admin.post("directory/", **lines, division=COUNTY).status_code == 201
    phone = office.town.phone("wu")

    def numbers() -> list[str]:
        told: Any = phone.post(header(phone, pull=True, config={})).json()["config"]
        return [line["phone"] for line in told["directory"]["value"]]

    assert numbers() == [
        "110", "120", "119", "12345", "12356", "96110", "12377", "12333", "12338", "12355", "12348",
        "12309", "0855-5320000",
    ]  # fmt: skip
    rows = admin.get("directory/").json()["organisations"]
    own = next(row["id"] for row in rows if row["name"] == "儿童之家")
    assert admin.post(f"directory/{own}/", active=False).status_code == 200
    assert "0855-5320000" not in numbers()


def test_the_directory_of_referrals_is_kept_by_the_areas_administrators(office: Office) -> None:
    admin, officer = office.desk("admin"), office.desk("officer")
    body = {"name": "县残联", "kind": "disabled_federation", "division": COUNTY}
    assert officer.post("directory/", **body).status_code == 403
    assert admin.post("directory/", **(body | {"division": OTHER_COUNTY})).status_code == 404
    assert admin.post("directory/", **(body | {"kind": "bank"})).json()["fields"] == ["kind"]
    assert admin.post("directory/", **body).status_code == 201
    known = admin.post("directory/", **body)
    assert (known.status_code, known.json()["code"]) == (409, "organisation.known")
    names = [row["name"] for row in officer.get("directory/").json()["organisations"]]
    assert "县残联" in names
    far = [r["name"] for r in office.desk("stranger").get("directory/").json()["organisations"]]
    assert far == []


def test_open_referrals_and_the_search_go_with_the_child_to_another_county(office: Office) -> None:
    for code in (COUNTY, OTHER_COUNTY):
        Division.objects.create(code=code, name="县" + code, level="county")
    referral, town = office.sent(), office.town
    made = town.desk("officer").post("missing/", child=str(office.child)).json()["id"]
    moved = town.desk("officer").post(
        f"children/{office.child}/transfer", to=OTHER_COUNTY, reason="随父母迁居"
    )
    taken = town.desk("stranger").post(
        f"transfers/{moved.json()['id']}/accept", revision=moved.json()["revision"]
    )
    assert taken.status_code == 200, taken.content
    assert town.desk("officer").get(f"referrals/{referral}/").status_code == 404
    assert town.desk("officer").get(f"missing/{made}/").status_code == 404
    assert town.desk("stranger").get(f"referrals/{referral}/").json()["status"] == "sent"
    assert town.desk("stranger").get(f"missing/{made}/").json()["status"] == "noted"
    # The organisation goes on with what it was given.
    assert office.answer(referral, "accept").status_code == 200
    assert list(rebuild.differences()) == []
