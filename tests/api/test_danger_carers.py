"""From her answers to who is told: carers who cannot care, guardians who are gone, ages nobody knows."""

import datetime as dt
import json
from random import Random
from typing import Any
from uuid import UUID

import pytest
from django.utils import timezone

from backend.accounts.models import Person
from backend.concerns import rulesets
from backend.concerns.models import Escalation, Finding, Gap
from backend.notifications.models import Notice
from backend.visits import history
from backend.visits.models import VisitPart
from deploy.demo_data import answers as demo
from fieldforms.services import publish_forms
from sync import rebuild
from sync.protocol import ids

from .conftest import COUNTY, NOW, VILLAGE, HttpPhone, person
from .test_escalations import OfficeUser
from .test_judging import Phone
from .test_sync import register

TOWNSHIP = VILLAGE[:9]
FORM = {"form": demo.FORM, "form_version": demo.VERSION}


@pytest.fixture
def phone(http_phone: HttpPhone) -> Phone:
    publish_forms(now=NOW)
    rulesets.publish_rules(rulesets.shipped(), actor=None, now=NOW)
    return Phone(http_phone)


@pytest.fixture
def people(administrator: Person) -> dict[UUID, str]:
    cast = [
        person("yang", "township_supervisor", TOWNSHIP),
        person("officer", "county_officer", COUNTY),
        person("lead", "county_lead", COUNTY),
    ]
    return {one.id: one.username for one in cast}


def child_born(phone: Phone, born: str | None) -> tuple[UUID, UUID]:
    """A child and its household, sent; without a birth date for None."""
    child = register(phone.http, number="")
    card = json.loads(phone.http.log[-1])
    identity = card["data"]["set"]["identity"]["v"]
    identity.pop("birth_date")
    if born is not None:
        identity["birth_date"] = born
    phone.http.log[-1] = json.dumps(card, ensure_ascii=False).encode()
    household = UUID(json.loads(phone.http.log[-2])["target"])
    phone.send()
    return child, household


def of_age(years: int) -> str:
    """Half a year past the birthday."""
    return str(timezone.localdate() - dt.timedelta(days=years * 365 + years // 4 + 180))


def visited(
    phone: Phone, home: tuple[UUID, UUID], *, shared: dict[str, Any] | None = None, **told: Any
) -> list[dict[str, Any]]:
    """A whole visit in which nothing is wrong but what is told; the receipts."""
    child, household = home
    whole = demo.household(shared or {})
    part = demo.child(whole, told, age=10, random=Random(1))
    visit = phone.say("visit.record", household, whole.data(mode="home"), **FORM)
    phone.say("visit.part", child, part.data(visit=str(visit)), **FORM)
    return phone.send()


def found() -> dict[str, str]:
    return dict(Finding.objects.values_list("rule", "severity"))


def told(people: dict[UUID, str]) -> set[str]:
    rows = Notice.objects.filter(kind__startswith="escalation.").values_list("person", flat=True)
    return {people[one] for one in rows if one in people}


@pytest.mark.parametrize("unfit", ["mental", "illness", "infectious", "minor", "incapable"])
@pytest.mark.parametrize("carer", ["parents", "grandparents", "relatives_friends"])
def test_a_danger_a_carer_who_cannot_care_for_a_child_of_twelve_brings_the_township(
    phone: Phone, people: dict[UUID, str], unfit: str, carer: str
) -> None:
    home = child_born(phone, of_age(12))
    visited(phone, home, actual_carer=carer, carer_is_delegate="no", carer_unfitness=[unfit])
    assert found() == {"R11": "high"}
    assert told(people) == {"yang"}
    row = Escalation.objects.get()
    assert row.to == ["township"]
    assert row.deadline is not None
    assert row.deadline - row.received_at == dt.timedelta(hours=48)


@pytest.mark.parametrize(
    "doubt", [{"guardian_capable": "doubtful"}, {"guardian_performs": "partly"}]
)
def test_between_nothing_and_the_police_a_danger_in_doubt_brings_the_township(
    phone: Phone, people: dict[UUID, str], doubt: dict[str, str]
) -> None:
    home = child_born(phone, of_age(12))
    visited(phone, home, shared=doubt)
    assert found() == {"R11": "high"}
    assert told(people) == {"yang"}


def test_an_unfit_carer_of_a_child_under_eight_is_a_danger_for_the_county_too(
    phone: Phone, people: dict[UUID, str]
) -> None:
    visited(phone, child_born(phone, of_age(6)), carer_unfitness=["mental"])
    assert found() == {"R10": "high", "R11": "high"}
    assert "yang" in told(people)
    row = Escalation.objects.get()
    assert row.deadline is not None
    assert row.deadline - row.received_at == dt.timedelta(hours=24)
    assert set(row.to) == {"township", "county_officer"}


def test_a_delegation_to_somebody_with_dementia_is_a_danger_that_brings_the_township(
    phone: Phone, people: dict[UUID, str]
) -> None:
    child, _ = child_born(phone, of_age(12))
    paper = {
        "parent_name": "龙大海", "delegate_name": "吴阿婆", "delegate_unfitness": ["mental"],
        "term_from": str(timezone.localdate()), "term_to": str(timezone.localdate()),
    }  # fmt: skip
    form = {"form": "delegation_confirmation", "form_version": "2"}
    phone.say("delegation.confirm", child, {"answers": paper}, **form)
    (receipt,) = phone.send()
    assert receipt["outcome"] == "applied"
    assert found() == {"R11": "high"}
    assert told(people) == {"yang"}
    assert not Gap.objects.exists()
    officer = OfficeUser(Person.objects.get(username="officer"))
    (shown,) = officer.get(f"{Escalation.objects.get().id}/").json()["findings"]
    assert shown["source"]["kind"] == "delegation.confirm"
    assert list(rebuild.differences()) == []


def test_a_delegation_to_somebody_fit_is_no_danger(phone: Phone, people: dict[UUID, str]) -> None:
    child, _ = child_born(phone, None)
    paper = {"delegate_unfitness": ["none"], "delegate_health": "fair"}
    phone.say("delegation.confirm", child, {"answers": paper})
    phone.send()
    assert found() == {}


def test_without_a_birth_date_and_a_guess_a_child_is_in_danger_as_the_youngest(
    phone: Phone, people: dict[UUID, str]
) -> None:
    visited(phone, child_born(phone, None), adult_with_child_now="no")
    assert found() == {"R10": "critical"}
    assert {"yang", "lead"} <= told(people)


def test_on_the_eighth_birthday_no_adult_is_a_danger_and_the_day_after_it_is_not(
    phone: Phone, people: dict[UUID, str]
) -> None:
    today = timezone.localdate()
    eight = today.replace(year=today.year - 8)
    visited(phone, child_born(phone, str(eight - dt.timedelta(days=1))), adult_with_child_now="no")
    assert found() == {}
    visited(phone, child_born(phone, str(eight)), adult_with_child_now="no")
    assert found() == {"R10": "critical"}


def test_of_two_ages_the_younger_is_the_danger_and_the_difference_is_a_problem_to_mend(
    phone: Phone, people: dict[UUID, str]
) -> None:
    home = child_born(phone, of_age(11))
    receipts = visited(phone, home, age_guess=6, adult_with_child_now="no")
    assert found() == {"R10": "critical"}
    assert {"yang", "lead"} <= told(people)
    (problem,) = receipts[1]["problems"]
    assert (problem["field"], problem["code"]) == ("answers.age_guess", "age.differs")
    assert "problems" in receipts[1]["flags"]
    rows = list(VisitPart.objects.all())
    viewer = Person.objects.get(username="officer").id
    (opened,) = history.opened(rows, viewer=viewer, child=home[0], county=COUNTY, now=NOW)
    assert [one["code"] for one in opened.problems] == ["age.differs"]


def test_a_guess_that_agrees_is_no_problem(phone: Phone, people: dict[UUID, str]) -> None:
    receipts = visited(phone, child_born(phone, of_age(11)), age_guess=11)
    assert receipts[1].get("problems") in (None, [])
    assert found() == {}


@pytest.mark.parametrize("event", ["detained", "compulsory_treatment", "mental_crisis", "dead"])
def test_a_neighbour_for_tonight_is_a_danger_of_the_same_day_for_county_and_township(
    phone: Phone, people: dict[UUID, str], event: str
) -> None:
    home = child_born(phone, of_age(12))
    told_ = {"child_cared_for": "yes", "cared_for_by": "邻居", "cared_for_until": "tonight"}
    visited(phone, home, shared={"guardian_event": event}, **told_)
    assert found()["R9"] == "high"
    assert "yang" in told(people)
    row = Escalation.objects.get()
    assert {"county_officer", "township"} <= set(row.to)
    assert row.deadline is not None
    assert row.deadline - row.received_at < dt.timedelta(days=4)


@pytest.mark.parametrize(
    ("shared", "child", "rules"),
    [
        ({}, {"actual_carer": "nobody"}, {"R2": "high"}),
        ({}, {"days_alone_last_week": 1}, {"R2": "medium"}),
        ({"father_status": "dead", "mother_status": "dead"}, {"actual_carer": "nobody"},
         {"R2": "critical", "R17": "medium"}),
        ({"guardian_event": "left"}, {"child_cared_for": "no"}, {"R8": "high", "R9": "medium"}),
        ({"guardian_event": "left"}, {"child_cared_for": "not_collected"},
         {"R8": "high", "R9": "medium"}),
        ({"guardian_event": "hospital"}, {"cared_for_until": "some_days"}, {"R9": "high"}),
        ({"guardian_event": "mental_crisis"}, {}, {"R11": "high"}),
        ({"guardian_event": "dead"}, {}, {"R9": "medium"}),
        ({"guardian_event": "compulsory_treatment"}, {}, {"R9": "medium"}),
    ],
)  # fmt: skip
def test_a_carer_or_guardian_who_is_gone_is_a_danger_that_reaches_the_township(
    phone: Phone, people: dict[UUID, str], shared: Any, child: Any, rules: dict[str, str]
) -> None:
    visited(phone, child_born(phone, of_age(10)), shared=shared, **child)
    assert found() == rules
    row = Escalation.objects.get()
    assert "yang" in told(people)
    assert "township" in row.to or "county_officer" in row.to


def test_a_concern_that_the_carer_cannot_care_is_a_danger_for_the_township(
    phone: Phone, people: dict[UUID, str]
) -> None:
    child, _ = child_born(phone, of_age(12))
    answers = {
        "concern_kinds": ["carer"], "adult_with_child_now": "yes", "actual_carer": "grandparents",
        "carer_unfitness": ["mental"], "guardian_event": "none", "severity": "high",
    }  # fmt: skip
    data = {"answers": answers, "skipped": ["child_cared_for", "cared_for_until"]}
    phone.http.say("concern.raise", ids.uuid7(NOW), data, file=child)
    phone.send()
    assert found() == {"R11": "high"}
    assert told(people) == {"yang"}


@pytest.mark.parametrize(
    "child",
    [
        {"special_needs": "no", "health": "disabled", "disabled": "yes",
         "disability_certificate": "yes", "rehabilitation_received": "yes"},
        {"special_needs": "no", "health": "serious"},
    ],
)  # fmt: skip
def test_deafness_or_asthma_at_fifteen_is_no_danger_and_tells_nobody(
    phone: Phone, people: dict[UUID, str], child: dict[str, str]
) -> None:
    home = child_born(phone, of_age(15))
    visited(phone, home, adult_with_child_now="no", **child)
    assert found() == {}
    assert not Escalation.objects.exists()
    assert told(people) == set()


def test_a_child_who_cannot_be_left_is_a_danger_at_fifteen_too(
    phone: Phone, people: dict[UUID, str]
) -> None:
    home = child_born(phone, of_age(15))
    visited(phone, home, adult_with_child_now="no", special_needs="yes")
    assert found()["R10"] == "critical"
    assert {"yang", "lead"} <= told(people)


@pytest.mark.parametrize("written", ["child.register", "child.edit"])
def test_a_danger_that_is_only_written_into_the_file_reaches_the_township(
    phone: Phone, people: dict[UUID, str], written: str
) -> None:
    """Nobody cares for the child: on the registration form, or in an update of the file, and no visit."""
    nobody = {"actual_carer": {"v": "nobody", "saw": []}}
    if written == "child.edit":
        child, _ = child_born(phone, of_age(12))
        phone.http.say(written, child, {"set": nobody})
    else:
        child = register(phone.http, number="")
        card = json.loads(phone.http.log[-1])
        card["data"]["set"] |= nobody
        phone.http.log[-1] = json.dumps(card, ensure_ascii=False).encode()
    lines = phone.http.log[-1:]
    phone.send()
    row = Escalation.objects.get(file=child)
    assert (row.severity, found()) == ("high", {"R2": "high"})
    assert told(people) >= {"yang", "lead"}
    assert not Gap.objects.exists()
    desk = OfficeUser(Person.objects.get(username="officer"))
    (finding,) = desk.get(f"{row.id}/").json()["findings"]
    assert finding["source"]["kind"] == written
    # The same once more, and another carer, find nothing.
    phone.http.sync(*lines)
    phone.http.say("child.edit", child, {"set": {"actual_carer": {"v": "parents", "saw": []}}})
    phone.send()
    assert Finding.objects.count() == 1
    assert list(rebuild.differences()) == []
