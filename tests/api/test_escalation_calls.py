"""A call to the police that is written down after the finding counts for what is open."""

from typing import Any
from uuid import UUID

import pytest

from backend.concerns import rulesets
from backend.concerns.models import Escalation
from sync import rebuild

from .conftest import COUNTY, NOW, HttpPhone, person
from .test_escalations import OfficeUser
from .test_judging import ALONE, NO_ADULT, RULES, Phone, child_of_six

CALLED = {
    "police_called": "yes", "police_called_at": "2026-11-22T18:05:00+08:00",
    "police_receipt": "2026-0317",
}  # fmt: skip
SAFE = {"adult_with_child_now": "yes", "child_seen": "yes"}
SAFE_HOME = {"adult_in_home_now": "yes"}


@pytest.fixture
def phone(http_phone: HttpPhone) -> Phone:
    rulesets.publish_rules(RULES, actor=None, now=NOW)
    return Phone(http_phone)


@pytest.fixture
def home(phone: Phone) -> tuple[UUID, UUID]:
    made = child_of_six(phone)
    phone.send()
    return made


@pytest.fixture
def officer(transactional_db: None) -> OfficeUser:
    return OfficeUser(person("officer", "county_officer", COUNTY))


def detail(officer: OfficeUser, row: Escalation) -> dict[str, Any]:
    shown: dict[str, Any] = officer.get(f"{row.id}/").json()
    return shown


def test_a_later_visit_without_a_finding_brings_the_call(
    phone: Phone, home: tuple[UUID, UUID], officer: OfficeUser
) -> None:
    phone.visit(*home, **NO_ADULT)
    phone.send()
    assert Escalation.objects.get().reported_at is None
    phone.visit(*home, shared=SAFE_HOME, answers={**SAFE, **CALLED})
    phone.send()
    row = Escalation.objects.get()
    assert row.reported_at is not None
    assert row.reported_at.isoformat() == "2026-11-22T10:05:00+00:00"
    assert row.reported_by == UUID(phone.http.person)
    shown = detail(officer, row)
    (call,) = shown["police"]
    assert (call["receipt"], call["by"]) == ("2026-0317", "吴supervisor")
    assert [step["kind"] for step in shown["steps"]] == ["escalation.open", "escalation.call"]
    assert list(rebuild.differences()) == []


def test_both_visits_in_one_push_say_the_same(
    phone: Phone, home: tuple[UUID, UUID], officer: OfficeUser
) -> None:
    phone.visit(*home, **NO_ADULT)
    phone.visit(*home, shared=SAFE_HOME, answers={**SAFE, **CALLED})
    phone.send()
    row = Escalation.objects.get()
    assert row.reported_by == UUID(phone.http.person)
    shown = detail(officer, row)
    assert [call["receipt"] for call in shown["police"]] == ["2026-0317"]
    assert [step["kind"] for step in shown["steps"]] == ["escalation.open"]


def test_a_call_counts_although_a_later_visit_of_the_push_finds_something_new(
    phone: Phone, home: tuple[UUID, UUID]
) -> None:
    """The new finding is younger than the call, which is about what was open before."""
    child, household = home
    phone.visit(child, household, back=3, **NO_ADULT)
    phone.send()
    phone.visit(child, household, shared=SAFE_HOME, back=2, answers={**SAFE, **CALLED})
    phone.visit(child, household, **NO_ADULT)
    phone.send()
    row = Escalation.objects.get()
    assert len(row.findings) > 1
    assert row.reported_by == UUID(phone.http.person)


def test_the_second_call_adds_nothing(phone: Phone, home: tuple[UUID, UUID]) -> None:
    phone.visit(*home, shared=NO_ADULT["shared"], answers={**ALONE, **CALLED})
    phone.send()
    before = Escalation.objects.get()
    later = {**CALLED, "police_called_at": "2026-11-22T21:00:00+08:00"}
    phone.visit(*home, shared=SAFE_HOME, answers={**SAFE, **later})
    phone.send()
    after = Escalation.objects.get()
    assert (after.reported_at, after.revision) == (before.reported_at, before.revision)


def test_a_call_from_before_the_danger_is_about_something_else(
    phone: Phone, home: tuple[UUID, UUID]
) -> None:
    phone.visit(*home, **NO_ADULT)
    phone.send()
    phone.visit(*home, shared=SAFE_HOME, back=9, answers={**SAFE, **CALLED})
    phone.send()
    assert Escalation.objects.get().reported_at is None


def test_a_call_about_the_open_part_says_nothing_of_the_sealed_one(
    phone: Phone, home: tuple[UUID, UUID]
) -> None:
    child, household = home
    part = phone.visit(child, household, shared=SAFE_HOME, answers=SAFE)
    sealed = {"part": str(part), "answers": {"sexual_abuse_suspected": "yes"}, "skipped": []}
    phone.say("visit.sealed", child, sealed)
    phone.send()
    phone.visit(child, household, shared=SAFE_HOME, answers={**SAFE, **CALLED})
    phone.send()
    assert Escalation.objects.get(sealed=True).reported_at is None
