"""The story that must always work (product.md), by the rules that ship, up to what the office reads."""

import threading
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.utils import timezone

from backend.accounts import services as accounts
from backend.accounts.models import Person
from backend.concerns import rulesets
from backend.concerns.models import Escalation, Finding
from fieldforms.services import publish_forms
from sync import rebuild

from .conftest import COUNTY, NOW, VILLAGE, HttpPhone, person
from .test_escalations import OfficeUser
from .test_judging import Phone, child_of_six

FORM = {"form": "household_visit", "form_version": "3"}
SHARED = {"visit_mode": "home", "met_who": "邻居", "guardian_event": "hospital"}
SEEN = {
    "child_seen": "yes", "adult_with_child_now": "no", "child_cared_for": "no",
    "child_words": "奶奶住院了", "police_called": "yes", "police_receipt": "2026-0317",
    "police_called_at": "2026-11-22T18:05:00+08:00",
}  # fmt: skip


@pytest.fixture
def phone(http_phone: HttpPhone) -> Phone:
    publish_forms(now=NOW)
    rulesets.publish_rules(rulesets.shipped(), actor=None, now=NOW)
    return Phone(http_phone)


@pytest.fixture
def officer(transactional_db: None) -> OfficeUser:
    return OfficeUser(person("officer", "county_officer", COUNTY))


def grandmother_in_hospital(phone: Phone, child: UUID, household: UUID, **more: Any) -> None:
    shared = {"mode": "home", "answers": SHARED, "skipped": []}
    visit = phone.say("visit.record", household, shared, back=2, **FORM)
    part = {"visit": str(visit), "answers": SEEN, "skipped": [], **more}
    phone.say("visit.part", child, part, back=2, **FORM)


def test_grandmother_in_hospital_no_adult_and_a_child_of_six(
    phone: Phone, officer: OfficeUser
) -> None:
    child, household = child_of_six(phone)
    phone.send()
    shown = [{"rule": "R10", "version": 3, "branch": 0}, {"rule": "R9", "version": 3, "branch": 0}]
    rules = rulesets.current()
    grandmother_in_hospital(phone, child, household, findings=shown)
    receipts = phone.send()
    assert {receipt["outcome"] for receipt in receipts} == {"applied"}
    detail = officer.get(f"{Escalation.objects.get().id}/").json()
    assert (detail["severity"], detail["status"], detail["name"]) == ("critical", "open", "龙小燕")
    assert (detail["deadline"], detail["late"][:1]) == (detail["received_at"], "2")
    findings = {finding["rule"]: finding for finding in detail["findings"]}
    r10 = findings["R10"]
    assert (r10["rule_version"], r10["branch"], r10["found_by"]) == (3, 0, "both")
    assert r10["facts"]["age_years"] == 6
    assert r10["facts"]["no_adult_now"] is True
    assert {"mpl-21", "mpl-118"} <= set(r10["basis"])
    assert r10["deadline"] == r10["received"] == detail["received_at"]
    assert "110" in r10["do"]["zh"]
    assert r10["title"] == next(r for r in rules.ruleset.rules if r.id == "R10").title
    assert r10["lesson"]
    source = r10["source"]
    assert (source["name"], source["answers"]["child_words"]) == ("吴supervisor", "奶奶住院了")
    assert source["shared"]["guardian_event"] == "hospital"
    assert "R9" in findings
    (call,) = detail["police"]
    assert (call["receipt"], call["by"]) == ("2026-0317", "吴supervisor")
    assert {"police", "county_duty"} <= set(detail["to"])
    assert detail["gaps"]
    assert [step["kind"] for step in detail["steps"]] == ["escalation.open"]
    assert list(rebuild.differences()) == []


def test_nobody_opens_the_evidence_of_another_county(phone: Phone) -> None:
    child, household = child_of_six(phone)
    grandmother_in_hospital(phone, child, household)
    phone.send()
    stranger = OfficeUser(person("stranger", "county_officer", "522629"))
    answer = stranger.get(f"{Escalation.objects.get().id}/")
    assert answer.status_code == 404
    assert "奶奶" not in answer.content.decode()


def test_the_evidence_behind_many_visits_costs_the_same(
    phone: Phone, officer: OfficeUser, django_assert_num_queries: Any
) -> None:
    child, household = child_of_six(phone)
    grandmother_in_hospital(phone, child, household)
    phone.send()
    row = Escalation.objects.get()
    with django_assert_num_queries(25):
        officer.get(f"{row.id}/")
    for _ in range(5):
        grandmother_in_hospital(phone, child, household)
    phone.send()
    with django_assert_num_queries(25):
        assert len(officer.get(f"{row.id}/").json()["police"]) == 6


def test_phones_that_push_at_once_open_one_escalation(
    phone: Phone, administrator: Person, supervisor: Person, caplog: pytest.LogCaptureFixture
) -> None:
    child, household = child_of_six(phone)
    phone.send()
    phones = []
    for _ in range(4):
        code = accounts.enrolment_code_create(
            people=[supervisor.id], actor=administrator.id, now=timezone.now()
        )
        phones.append(Phone(HttpPhone(code)))
        phones[-1].http.sync()
        grandmother_in_hospital(phones[-1], child, household)
    start = threading.Barrier(len(phones))
    outcomes: list[str] = []

    def run(own: Phone) -> None:
        start.wait()
        try:
            outcomes.extend(receipt["outcome"] for receipt in own.send())
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(own,)) for own in phones]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes == ["applied"] * 8
    # They waited for one another; none had to be saved by the unique index and a second try.
    assert "fell back" not in caplog.text
    row = Escalation.objects.get()
    assert row.division == VILLAGE
    assert set(row.findings) == set(Finding.objects.values_list("id", flat=True))
    assert Finding.objects.filter(rule="R10").count() == 4
