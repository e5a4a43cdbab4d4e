"""What phones are told of a case, and that nothing tells them of a sealed one (rules.md, "Sealed")."""

import json
from typing import Any
from uuid import UUID

import pytest

from backend.audit.models import AuditEntry
from backend.caseload.models import VisitDue
from backend.children import queries as children
from backend.concerns.models import Escalation
from backend.guardianship.models import Case, CaseCard, GuardianWarning
from sync import rebuild
from sync.protocol import ids

from . import cases
from .cases import GIVEN, TODAY, Office
from .conftest import NOW, HttpPhone
from .test_case_steps import WAY_TO_TEMPORARY
from .test_escalations import open_one

SECRETS = ("龙某", "民监", "civil_affairs", "县福利院", "hurts", "王警官")


@pytest.fixture
def office(transactional_db: None) -> Office:
    return cases.make()


def held(phone: HttpPhone) -> dict[str, Any]:
    """The records a phone has pulled, by type; one of each."""
    page = phone.sync()
    records = [r for entry in page.get("enter", []) for r in entry["records"]]
    return {record["type"]: record for record in [*records, *page.get("changes", [])]}


def test_the_phone_pulls_a_case_reduced_to_what_its_supervisor_may_see(office: Office) -> None:
    office.take(office.open(), "report_police", "place")
    page = held(office.town.phone("wu"))
    card = page["case_card"]
    assert (card["state"], card["placement"], card["text"]) == (
        "emergency_placement", "institution", "孩子在福利院，平安",
    )  # fmt: skip
    assert card["placement_words"]["zh"].startswith("福利或救助保护机构")
    assert card["task"]["en"].startswith("Do not tell where the child is")
    assert "case" not in page
    assert not any(secret in json.dumps(card, ensure_ascii=False) for secret in SECRETS)


def test_what_the_supervisor_was_told_of_a_case_stays_until_she_is_told_otherwise(
    office: Office,
) -> None:
    case = office.open()
    office.take(case, "report_police", "place")
    phone = office.town.phone("wu")
    assert held(phone)["case_card"]["text"] == "孩子在福利院，平安"
    office.take(case, "begin_assessment", for_supervisor="")
    later = held(phone)["case_card"]
    assert (later["state"], later["text"]) == ("assessment", "孩子在福利院，平安")


def test_the_return_home_in_a_case_orders_visits_and_they_end_with_it(office: Office) -> None:
    """The due day is the earlier of the risk level's (GREEN: 90 days) and the plan's (5 days)."""
    case = office.open()
    visit = {"answers": {"child_seen": "yes"}}
    office.town.submit(office.town.office("visit.part", ids.uuid7(NOW), visit, office.child))
    assert VisitDue.objects.get(child=office.child).basis == "risk"
    office.take(case, *WAY_TO_TEMPORARY, "decide", "return_home")
    due = VisitDue.objects.get(child=office.child)
    assert due.due_on is not None
    assert (due.basis, (due.due_on - TODAY).days) == ("monitoring", 5)
    card = held(office.town.phone("wu"))["case_card"]
    assert card["monitoring"] == {"every_days": 5, "until": GIVEN["return_home"]["until"]}
    office.take(case, "close")
    assert VisitDue.objects.get(child=office.child).basis == "risk"


def seal(office: Office) -> UUID:
    """A sealed case with everything that a plain one would leave behind elsewhere."""
    row = open_one(office.child, sealed=True, rule="R5")
    case = office.open(by="lead", escalation=str(row.id))
    office.take(case, "report_police", "place", "begin_assessment", by="lead")
    office.assess(case, "safety_assessment", by="lead")
    assert office.step(case, "take_guardianship", by="lead").status_code == 200
    assert office.approve(case, by="second_lead").status_code == 200
    body = {"kind": "warning", "by": "police", "given_on": str(TODAY), "to": "继父", "text": "x"}
    assert office.desk("lead").post(f"cases/{case}/warnings/", **body).status_code == 201
    assert Escalation.objects.get(id=row.id).status == "case_opened"
    return case


def test_a_sealed_case_is_nowhere_but_with_the_leads(office: Office) -> None:
    phone = office.town.phone("wu")
    phone.sync()
    case = seal(office)
    officer, lead = office.desk("officer"), office.desk("lead")
    assert officer.get("cases/").json()["count"] == 0
    assert officer.get(f"cases/{case}/").status_code == 404
    hidden = officer.post(f"cases/{case}/open", reason="好奇")
    assert (hidden.status_code, hidden.json()["code"]) == (404, "not_found")
    (row,) = lead.get("cases/").json()["results"]
    assert (row["child"], row["name"], row["sealed"]) == (None, "", True)
    assert lead.get(f"cases/{case}/").json()["code"] == "case.reason"
    opened = lead.post(f"cases/{case}/open", reason="案件办理").json()
    assert (opened["name"], opened["warnings"][0]["to"]) == ("龙小燕", "继父")
    entry = AuditEntry.objects.get(subject=case, action="case.unseal")
    assert entry.detail == {"reason": "案件办理"}
    # Neither the phone, nor the child's register, nor the visit plan, nor the next case tells of it.
    assert not {"case", "case_card"} & held(phone).keys()
    assert CaseCard.objects.count() == 0
    assert "guardianship" not in children.shown_children([office.child])[office.child]
    plain = office.open()
    assert office.detail(plain)["warnings"] == []
    assert Case.objects.filter(file=office.child).count() == 2
    assert list(rebuild.differences()) == []


def test_a_supervisor_records_a_warning_on_her_phone_and_the_case_counts_it(office: Office) -> None:
    phone = office.town.phone("wu")
    phone.sync()
    data = {
        "kind": "education",
        "by": "supervisor",
        "to": "龙某",
        "text": "不能再打",
        "sealed": True,
    }
    phone.say("guardian_warning.give", ids.uuid7(NOW), data, file=office.child)
    (receipt,) = phone.sync(*phone.log)["receipts"]
    assert receipt["outcome"] == "applied"
    # A phone seals nothing from the county by saying so.
    assert GuardianWarning.objects.get().sealed is False
    (told,) = office.detail(office.open())["warnings"]
    assert (told["text"], told["name"]) == ("不能再打", "吴wu")
