"""Danger cannot be merged away (sync.md): who may end a concern, and which."""

from typing import Any
from uuid import UUID

import pytest

from backend.accounts import services
from backend.accounts.models import Person
from backend.audit.models import AuditEntry
from backend.concerns import queries
from backend.concerns.models import Escalation
from backend.quarantine import services as quarantine
from sync import rebuild
from sync.models import Operation

from .conftest import COUNTY, NOW, OTHER_COUNTY, VILLAGE, HttpPhone, person
from .test_escalations import OfficeUser
from .test_sync import new, register

OTHER_TOWNSHIP = "522630999"


def raise_concern(phone: HttpPhone, child: UUID) -> UUID:
    concern = new()
    phone.say("concern.raise", concern, {"answers": {"facts_observed": "怕回家"}}, file=child)
    return concern


def resolve(phone: HttpPhone, child: UUID, *concerns: UUID) -> dict[str, Any]:
    data = {"concerns": [str(concern) for concern in concerns], "reason": "已处理"}
    phone.say("concern.resolve", new(), data, file=child)
    receipt: dict[str, Any] = phone.sync(phone.log[-1])["receipts"][0]
    return receipt


@pytest.fixture
def child(http_phone: HttpPhone) -> UUID:
    return register(http_phone)


def phone_of(role: str, prefix: str, administrator: Person) -> HttpPhone:
    who = person(f"{role}{prefix}", role, prefix)
    return HttpPhone(
        services.enrolment_code_create(people=[who.id], actor=administrator.id, now=NOW)
    )


def test_a_village_supervisor_cannot_end_a_concern(http_phone: HttpPhone, child: UUID) -> None:
    concern = raise_concern(http_phone, child)
    http_phone.sync(*http_phone.log)
    receipt = resolve(http_phone, child, concern)
    assert (receipt["outcome"], receipt["code"]) == ("quarantined", "not_allowed")
    assert queries.open_concerns([child]) == {child: [concern]}
    assert Operation.objects.filter(kind="concern.resolve", outcome="quarantined").count() == 1


def test_a_danger_reported_before_the_registration_goes_to_the_childs_own_county(
    http_phone: HttpPhone, administrator: Person
) -> None:
    child, there = new(), OTHER_COUNTY + "101201"
    there_too = person("admin there", "administrator", OTHER_COUNTY)
    raise_concern(http_phone, child)
    http_phone.sync(*http_phone.log)
    row = Escalation.objects.get()
    assert row.division == COUNTY
    neighbour = phone_of("village_supervisor", there, there_too)
    card = {"name": "龙小燕", "sex": "female", "birth_date": "2018-03-07"}
    fields = {"identity": card, "residence": {"division": there, "address": "三组"}}
    data = {"set": {name: {"v": value, "saw": []} for name, value in fields.items()}}
    neighbour.say("child.register", child, data, file=child)
    (receipt,) = neighbour.sync(*neighbour.log)["receipts"]
    # Whoever registers would read what the other phone said: a person looks first.
    assert (receipt["outcome"], receipt["code"]) == ("held", "target.unknown")
    quarantine.item_approve(
        item=UUID(receipt["op"]), actor=administrator.id, reason="本村的孩子", revision=0, now=NOW
    )
    row.refresh_from_db()
    assert (row.division, row.status) == (there, "open")
    officers = [
        OfficeUser(person(name, "county_officer", area))
        for name, area in (("here", COUNTY), ("there", OTHER_COUNTY))
    ]
    assert [officer.get(f"{row.id}/").status_code for officer in officers] == [404, 200]
    assert list(rebuild.differences()) == []


def test_a_township_ends_what_it_names_and_nothing_else(
    http_phone: HttpPhone, child: UUID, administrator: Person
) -> None:
    named, other = raise_concern(http_phone, child), raise_concern(http_phone, child)
    sibling = register(http_phone, number="")
    theirs = raise_concern(http_phone, sibling)
    http_phone.sync(*http_phone.log)
    township = phone_of("township_supervisor", VILLAGE[:9], administrator)
    assert resolve(township, child, named, theirs)["outcome"] == "applied"
    assert queries.open_concerns([child, sibling]) == {child: [other], sibling: [theirs]}
    line = AuditEntry.objects.get(action="concern.resolve")
    assert (line.actor, line.county) == (UUID(township.person), COUNTY)


def test_neither_another_township_nor_somebody_elses_name_ends_it(
    http_phone: HttpPhone, child: UUID, administrator: Person
) -> None:
    concern = raise_concern(http_phone, child)
    http_phone.sync(*http_phone.log)
    near = phone_of("township_supervisor", OTHER_TOWNSHIP, administrator)
    assert resolve(near, child, concern)["code"] == "not_allowed"
    county = person("county", "county_officer", COUNTY)
    http_phone.person = str(county.id)
    assert resolve(http_phone, child, concern)["code"] == "not_allowed"
    assert queries.open_concerns([child]) == {child: [concern]}


def test_the_office_ends_the_concerns_it_names(http_phone: HttpPhone, child: UUID) -> None:
    first, second = raise_concern(http_phone, child), raise_concern(http_phone, child)
    http_phone.sync(*http_phone.log)
    officer = OfficeUser(person("officer", "county_officer", COUNTY))
    township = OfficeUser(person("township", "township_supervisor", VILLAGE[:9]))
    row = Escalation.objects.get()
    assert set(officer.get(f"{row.id}/").json()["concerns"]) == {str(first), str(second)}
    body = {"concerns": [str(first)], "reason": "已核实并处理"}
    assert township.post(f"{row.id}/concerns", **body).status_code == 403
    answer = officer.post(f"{row.id}/concerns", **body)
    assert (answer.status_code, answer.json()) == (200, {"concerns": [str(second)]})
    assert queries.open_concerns([child]) == {child: [second]}
    again = officer.post(f"{row.id}/concerns", **body)
    assert (again.status_code, again.json()["code"]) == (409, "concern.not_open")
    assert officer.post(f"{row.id}/concerns", concerns=[str(second)], reason=" ").status_code == 400
    assert AuditEntry.objects.filter(action="concern.resolve", actor=officer.id).count() == 1
