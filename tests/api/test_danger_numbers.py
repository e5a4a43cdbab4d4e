"""Whom she can call from a doorstep without a signal: the numbers her advice names are on her phone (issue 9, 13)."""

import datetime as dt
import re
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from backend.accounts import services as accounts
from backend.accounts.models import Person
from backend.concerns import judge, rulesets
from backend.concerns.models import RulesEdition
from backend.concerns.rules.contacts import called, contacts, to_call
from backend.concerns.rules.model import ruleset
from backend.config import wiring
from backend.duty import services as duty
from backend.referrals import directory, phone_book
from backend.referrals import services as referrals
from backend.referrals.errors import AsOfAhead
from backend.referrals.models import Organisation
from fieldforms.vocabulary import codes
from sync.client import Phone
from sync.client.errors import Closed
from sync.protocol import messages

from .conftest import COUNTY, NOW, OTHER_COUNTY
from .numbers import PEOPLE, TOWNSHIP, County, make
from .town import Desk

PIN = "482913"
DAY = dt.timedelta(days=1)


@pytest.fixture
def county(transactional_db: None, live_server: Any) -> County:
    rulesets.publish_rules(rulesets.shipped(), actor=None, now=NOW)
    return make(live_server.url)


def numbers(phone: Phone, part: str, recipient: str) -> list[str]:
    return [line["phone"] for line in phone.configuration(part)[recipient]]


def test_a_phone_has_a_number_for_everybody_whom_a_rule_in_force_names(county: County) -> None:
    """Offline: everything is read after the sync, from the phone's own file."""
    phone = county.phone("wu")
    named = called(judge.in_force())
    assert {"police", "emergency", "court", "county_duty", "township", "police_station"} <= set(
        named
    )
    for recipient, rules in named.items():
        found = numbers(phone, "duty", recipient) + [
            line["phone"] for line in phone.configuration("people").get(recipient, [])
        ]
        assert found, f"{rules}: {recipient}"


def test_in_danger_the_national_line_comes_first_then_the_nearest_office(county: County) -> None:
    county.office("县公安局", "police", COUNTY, "0855-0010")
    phone = county.phone("wu")
    police = numbers(phone, "duty", "police")
    assert (police[0], police[-2:]) == ("110", ["0855-0001", "0855-0010"])
    assert numbers(phone, "duty", "township") == ["0855-0002"]
    assert numbers(phone, "duty", "county_officer") == ["0855-0005"]
    (station,) = phone.configuration("duty")["police_station"]
    assert station == {
        "name": {"zh": "施洞派出所"}, "kind": "police_station", "phone": "0855-0001",
        "hours": "8:30–17:30", "as_of": str(timezone.localdate(NOW)),
    }  # fmt: skip


def test_who_is_on_duty_and_the_deputies_are_there_for_the_days_without_a_signal(
    county: County,
) -> None:
    own = county.phone("wu").configuration("people")
    assert [line["name"] for line in own["township"]] == ["township"]
    shown = [(line["name"], line.get("deputy", False)) for line in own["county_duty"]]
    assert shown == [("officer", False), ("deputy", True), ("deputy", False)]
    first, second, third = own["county_duty"]
    assert (first["from"], first["until"]) == (second["from"], second["until"])
    assert dt.datetime.fromisoformat(third["from"]) == NOW + 3 * DAY


def test_in_danger_she_calls_whose_turn_it_is_then_the_office_and_locked_the_office_alone(
    county: County,
) -> None:
    phone = county.phone("wu")
    parts = {part: phone.configuration(part) for part in ("duty", "people")}

    def shown(recipient: str, *, days: float, known: Any = parts) -> list[str]:
        lines = to_call(recipient, known, now=NOW + days * DAY)
        return [line["phone"] for line in lines]

    officer, deputy = PEOPLE["officer"][2], PEOPLE["deputy"][2]
    assert shown("county_duty", days=1) == [officer, deputy, "0855-0005"]
    assert shown("county_duty", days=4) == [deputy, "0855-0005"]
    assert shown("county_duty", days=30) == ["0855-0005"]
    assert shown("township", days=1) == [PEOPLE["township"][2], "0855-0002"]
    assert shown("county_duty", days=1, known={"duty": parts["duty"]}) == ["0855-0005"]


def test_leave_gives_the_turn_to_the_deputy_and_a_gap_to_the_lead(county: County) -> None:
    duty.leave_create(
        person=county.people["officer"], starts_at=NOW - DAY, ends_at=NOW + DAY,
        actor=county.people["lead"], now=NOW,
    )  # fmt: skip
    own = county.phone("wu").configuration("people")["county_duty"]
    assert [line["name"] for line in own] == ["deputy", "officer", "deputy", "deputy"]
    duty.leave_create(
        person=county.people["deputy"], starts_at=NOW + 4 * DAY, ends_at=NOW + 6 * DAY,
        actor=county.people["lead"], now=NOW,
    )  # fmt: skip
    own = county.phone("wu").configuration("people")["county_duty"]
    assert own[-1] == {"name": "lead", "phone": PEOPLE["lead"][2]}


def test_a_locked_phone_shows_offices_and_nobodys_own_number(
    county: County, tmp_path: Path
) -> None:
    phone = county.phone("wu", tmp_path / "phone.db")
    own = numbers(phone, "people", "township")
    assert own == [PEOPLE["township"][2]]
    phone.set_pin(PIN)
    phone.lock()
    with pytest.raises(Closed):
        phone.configuration("people")
    on_disk = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert not [number for *_, number in PEOPLE.values() if number.encode() in on_disk]
    for part in ("duty", "directory"):
        said = messages.write(phone.configuration(part)).decode()
        assert not [number for *_, number in PEOPLE.values() if number in said]
    assert numbers(phone, "duty", "court") == ["0855-0006"]
    phone.unlock(PIN)
    assert numbers(phone, "people", "township") == own


def test_numbers_of_another_county_or_township_are_not_on_the_phone(county: County) -> None:
    phone = county.phone("wu")
    parts = ("duty", "directory", "people")
    said = "".join(messages.write(phone.configuration(part)).decode() for part in parts)
    for name in ("next_township", "neighbour", "far_township", "far_lead"):
        assert PEOPLE[name][2] not in said
    assert "0855-2006" not in said
    assert numbers(phone, "duty", "police_station") == ["0855-0001"]
    far = county.phone("far_wu")
    assert numbers(far, "duty", "court") == ["0855-2006"]
    assert numbers(far, "people", "township") == [PEOPLE["far_township"][2]]
    assert [line["name"] for line in far.configuration("people")["county_duty"]] == ["far_lead"]


def test_a_supervisor_who_also_administers_the_county_carries_her_own_townships_numbers(
    county: County,
) -> None:
    accounts.role_grant(
        person=county.people["wu"], role="administrator", prefixes=[COUNTY],
        starts_on=NOW.date() - DAY, actor=None, now=NOW,
    )  # fmt: skip
    phone = county.phone("wu")
    assert numbers(phone, "people", "township") == [PEOPLE["township"][2]]
    assert numbers(phone, "duty", "police_station") == ["0855-0001"]


def test_who_is_on_duty_for_the_township_comes_before_its_other_supervisors(
    county: County,
) -> None:
    county.add("stands_in", "township_supervisor", TOWNSHIP, "19000000020")
    county.shift("stands_in", -1, 2, division=TOWNSHIP)
    own = county.phone("wu").configuration("people")["township"]
    assert [(line["name"], "until" in line) for line in own] == [
        ("stands_in", True), ("stands_in", False), ("township", False),
    ]  # fmt: skip


def test_who_has_no_number_or_has_left_is_on_no_phone(county: County) -> None:
    county.add("silent", "township_supervisor", TOWNSHIP, "")
    gone = county.add("gone", "township_supervisor", TOWNSHIP, "19000000099")
    accounts.person_deactivate(person=gone, actor=None, now=NOW)
    assert numbers(county.phone("wu"), "people", "township") == [PEOPLE["township"][2]]


def test_a_number_is_as_of_the_day_an_administrator_last_stood_for_it(county: County) -> None:
    given: dict[str, Any] = {"actor": county.people["admin"], "now": NOW}
    today = timezone.localdate(NOW)
    clinic = county.office("县妇幼保健院", "health", COUNTY, "0855-0011", as_of=today - 40 * DAY)
    lines = county.phone("wu").configuration("duty")["health"]
    dates = {line["name"]["zh"]: line["as_of"] for line in lines if "as_of" in line}
    assert dates == {"县医院": str(today), "县妇幼保健院": str(today - 40 * DAY)}
    row = referrals.organisation_change(organisation=clinic, phone="0855-0012", **given)
    assert row.as_of == today
    with pytest.raises(AsOfAhead):
        referrals.organisation_change(organisation=clinic, as_of=today + DAY, **given)


def test_numbers_that_did_not_change_are_not_sent_again_and_those_that_did_are(
    county: County,
) -> None:
    phone = county.phone("wu")
    before = {part: phone.store.get("config")[part] for part in ("duty", "people", "directory")}
    phone.sync()
    assert {part: phone.store.get("config")[part] for part in before} == before
    county.office("县儿童福利院", "court", COUNTY, "0855-0013")
    phone.sync()
    assert "0855-0013" in numbers(phone, "duty", "court")
    assert phone.store.get("config")["people"] == before["people"]


def test_numbers_cost_as_many_statements_for_a_large_county_as_for_a_small_one(
    county: County,
) -> None:
    areas = (TOWNSHIP + "201",)

    def cost() -> int:
        with CaptureQueriesContext(connection) as captured:
            wiring.numbers(areas)
        return len(captured)

    before = cost()
    for number in range(20):
        county.office(f"第{number}小学", "school", TOWNSHIP, f"0855-3{number:03}")
        county.add(f"more{number}", "township_supervisor", TOWNSHIP, f"1900001{number:04}")
    assert cost() == before <= 7


def lacks(found: list[Any], county: str = COUNTY) -> dict[str, Any]:
    return {one["recipient"]: one for one in found if one["county"] == county}


def test_a_rule_without_a_number_warns_and_does_not_stand_in_the_way(
    county: County, capsys: Any
) -> None:
    """The township beside hers has no office at all, and the county's court no number."""
    close(county, "县法院")
    call_command("publish_rules")
    said = capsys.readouterr().out
    for rule, recipient, place in (
        ("R13", "court", COUNTY),
        ("R16", "township_aid", COUNTY + "101"),
        ("R3", "county_officer", OTHER_COUNTY),
    ):
        assert re.search(
            rf"^.*\b{rule}\b.*: {recipient}: no number in {place}$", said, re.MULTILINE
        )
    assert "R13: court: no number" in said
    # 110 is on every phone; the station serves her township.
    assert ": police: " not in said
    assert not re.search(rf"police_station: .*{TOWNSHIP}", said)
    assert "rules in force" in said


def test_a_national_line_hides_no_missing_number_unless_it_is_enough(
    county: County, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A line for psychological aid is no hospital; 110 is the police."""
    aid = {"phone": "12356", "kind": "health", "name": {"zh": "心理援助热线"}, "hours": "24h"}
    lines = (*directory.hotlines(), aid)
    monkeypatch.setattr(directory, "hotlines", lambda: lines)
    assert "12356" in numbers(county.phone("wu"), "duty", "health")
    close(county, "县医院")
    found = phone_book.reachable([TOWNSHIP], now=NOW)[TOWNSHIP]
    assert "health" not in found
    assert {"police", "emergency", "procuratorate", "court", "township", "county_duty"} <= found


def test_the_warning_of_a_rule_without_a_number_is_on_the_edition_for_whose_county_it_is(
    county: County,
) -> None:
    close(county, "县法院")
    edition = RulesEdition.objects.get()
    found = lacks(desk(county, "admin").get(f"rules/editions/{edition.id}/").json()["unreachable"])
    assert "R13" in found["court"].pop("rules")
    assert found["court"] == {"county": COUNTY, "recipient": "court", "townships": []}
    assert found["township_aid"]["townships"] == [COUNTY + "101"]
    assert "county_officer" not in found
    far = desk(county, "far_admin").get(f"rules/editions/{edition.id}/").json()["unreachable"]
    assert {one["county"] for one in far} == {OTHER_COUNTY}
    page = browser(county, "admin").get(f"/office/rules/{edition.id}/").content.decode()
    assert "手机上没有号码" in page
    assert "人民法院" in page


def test_a_local_rule_that_adds_somebody_without_a_number_warns_its_own_county(
    county: County,
) -> None:
    rule = next(rule for rule in judge.in_force().rules if rule.id == "R13")
    line = {"rule": "R13", "version": rule.version, "branch": 0, "add": ["procuratorate", "clinic"]}
    answer = desk(county, "admin").post(
        "rules/editions/", content={"branches": [line]}, division=COUNTY
    )
    assert answer.status_code == 201, answer.content
    found = lacks(answer.json()["unreachable"])
    # 12309 is on every phone; the township beside has no clinic.
    assert "procuratorate" not in found
    assert (found["clinic"]["rules"], found["clinic"]["townships"]) == (["R13"], [COUNTY + "101"])


def test_the_directory_tells_an_administrator_whom_rules_name_without_a_number(
    county: County,
) -> None:
    close(county, "县法院")
    assert "court" in lacks(desk(county, "admin").get("directory/").json()["lacking"])
    assert desk(county, "officer").get("directory/").json()["lacking"] == []
    client = browser(county, "admin")
    page = client.get("/office/directory/").content.decode()
    assert "手机上没有号码" in page
    day = str(timezone.localdate(NOW) - DAY)
    row = {"name": "新法院", "kind": "court", "division": COUNTY, "phone": "0855-0014"}
    client.post("/office/directory/new/", row | {"as_of": day})
    assert f"号码核实日期 {day}" in client.get("/office/directory/").content.decode()
    assert "court" not in lacks(desk(county, "admin").get("directory/").json()["lacking"])


def test_a_rule_names_whom_its_text_names_though_nobody_there_is_told() -> None:
    document = next(rule for rule in rulesets.shipped() if rule["id"] == "R13")
    (branch,) = document["branches"]
    told = {**branch["do"], "zh": "和派出所一起上门，再带孩子去村卫生室。"}
    rule = {**document, "branches": [{**branch, "to": ["court"], "statutory": [], "do": told}]}
    assert called(ruleset([rule])) == {
        "police_station": ["R13"], "court": ["R13"], "clinic": ["R13"],
    }  # fmt: skip
    assert set(contacts()) | {"supervisor"} == set(codes("recipient"))


def close(county: County, name: str) -> None:
    row = Organisation.objects.get(name=name)
    referrals.organisation_change(
        organisation=row.id, active=False, actor=county.people["admin"], now=NOW
    )


def desk(county: County, name: str) -> Desk:
    return Desk(Person.objects.get(id=county.people[name]))


def browser(county: County, name: str) -> Client:
    client = Client()
    client.force_login(
        Person.objects.get(id=county.people[name]),
        backend="django.contrib.auth.backends.ModelBackend",
    )
    return client
