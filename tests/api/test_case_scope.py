"""Who sees which case in the list, and what is told to whom may not see it."""

from typing import Any
from uuid import UUID

import pytest

from backend.guardianship.models import Case, CaseCard
from sync import rebuild

from . import cases
from .cases import DAY, TODAY, Office
from .conftest import NOW
from .test_case_phone import seal
from .test_escalations import open_one


@pytest.fixture
def office(db: None) -> Office:
    return cases.make()


def test_an_officer_cannot_open_a_sealed_case_and_learns_of_none_by_trying(office: Office) -> None:
    seal(office)
    body = {"child": str(office.child), "reason": "x", "sealed": True}
    answer = office.desk("officer").post("cases/", **body)
    assert (answer.status_code, answer.json()["code"]) == (403, "not_allowed")
    other = {**body, "child": str(office.town.child("石阿朵"))}
    assert office.desk("officer").post("cases/", **other).json() == answer.json()


def test_the_next_clock_stands_first_and_filters_narrow_the_cases(office: Office) -> None:
    first = office.open(observed=(NOW - DAY).isoformat())
    office.take(first, "report_police", "place")
    other = office.town.child("石阿朵")
    body = {"child": str(other), "reason": "无人照料"}
    second = UUID(office.desk("officer").post("cases/", **body).json()["id"])

    def listed(**query: Any) -> list[UUID]:
        rows = office.desk("officer").get("cases/", **query).json()["results"]
        return [UUID(row["id"]) for row in rows]

    assert listed() == [second, first]
    assert listed(state="concern") == [second]
    assert listed(clock="assessment_full") == [first]
    assert listed(overdue="true") == [second]
    assert listed(due_before=str(TODAY + 20 * DAY)) == [second, first]
    assert listed(division="522630999") == []
    office.step(first, "move_placement")
    office.step(second, "close")
    assert listed(proposed="true") == [second]
    office.approve(second)
    assert listed() == [first]
    assert listed(state="closed") == [second]


def test_a_child_with_an_open_case_is_not_erased(office: Office) -> None:
    office.open()
    answer = office.desk("lead").post(f"children/{office.child}/erase", reason="依法申请")
    assert (answer.status_code, answer.json()["code"]) == (409, "erasure.open")
    assert "case" in answer.json()["message"]


def test_whom_an_escalation_is_kept_from_the_case_is_kept_from_too(office: Office) -> None:
    """`Bypass`: neither the person kept out nor a level in which somebody is suspected hears of it."""
    row = open_one(office.child)
    case = office.open(by="lead", escalation=str(row.id))
    assert office.desk("officer").get(f"cases/{case}/").status_code == 200
    row.refresh_from_db()
    out = [str(office.town.officer.id)]
    body = {"revision": row.revision, "people": out, "reason": "亲属"}
    answer = office.desk("lead").post(f"escalations/{row.id}/keep-out", **body)
    assert answer.status_code == 200, answer.content
    assert office.desk("officer").get(f"cases/{case}/").status_code == 404
    assert office.desk("officer").get("cases/").json()["count"] == 0
    assert office.desk("lead").get("cases/").json()["count"] == 1
    before = CaseCard.objects.get().op
    office.take(case, "report_police", by="lead")
    assert CaseCard.objects.get().op == before
    assert list(rebuild.differences()) == []


def test_a_case_with_a_suspect_in_the_county_is_for_whoever_stands_above(office: Office) -> None:
    case = office.open()
    Case.objects.filter(id=case).update(skips="county")
    for name in ("officer", "lead"):
        assert office.desk(name).get(f"cases/{case}/").status_code == 404
    Case.objects.filter(id=case).update(skips="township")
    assert office.desk("officer").get(f"cases/{case}/").status_code == 200
