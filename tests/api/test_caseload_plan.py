"""Due dates follow from what phones and the office write, in the same transaction."""

import datetime as dt
import json
from typing import Any
from uuid import UUID

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from backend.accounts.models import Person
from backend.accounts.services import device_revoke
from backend.caseload import services
from backend.caseload.errors import SettingUnknown
from backend.caseload.models import VisitDue
from backend.children.models import Child
from backend.quarantine.services import item_approve
from sync.entries import Draft
from sync.models import Operation
from sync.protocol import ids
from sync.push import submit

from .conftest import COUNTY, NOW, HttpPhone, person
from .test_sync import new, register

TODAY = timezone.localdate(NOW)
DAY = dt.timedelta(days=1)


@pytest.fixture
def child(http_phone: HttpPhone) -> UUID:
    """A left-behind child at BLUE risk, registered today."""
    registered = register(http_phone)
    http_phone.sync(*http_phone.log)
    return registered


def send(phone: HttpPhone) -> None:
    page = phone.sync(*phone.log)
    assert {receipt["outcome"] for receipt in page["receipts"]} == {"applied"}


def visit(phone: HttpPhone, child: UUID, *, mode: str = "home", seen: str = "yes") -> None:
    shared = shared_part(phone, child, mode)
    part_of(phone, child, shared, seen)


def shared_part(phone: HttpPhone, child: UUID, mode: str, shared: UUID | None = None) -> UUID:
    shared = shared or new()
    household = Child.objects.get(id=child).household
    phone.say("visit.record", shared, {"mode": mode, "answers": {}}, file=household)
    return shared


def part_of(phone: HttpPhone, child: UUID, shared: UUID, seen: str) -> None:
    phone.say("visit.part", new(), {"visit": str(shared), "answers": {"child_seen": seen}}, child)


def edit(phone: HttpPhone, child: UUID, **registers: Any) -> None:
    writes = {name: {"v": value, "saw": []} for name, value in registers.items()}
    phone.say("child.edit", child, {"set": writes})


def due(child: UUID) -> tuple[int | None, str]:
    row = VisitDue.objects.get(child=child)
    return (row.due_on - TODAY).days if row.due_on else None, row.basis


def finding(child: UUID, by: Person, *, severity: str, sealed: bool = False) -> Draft:
    data = {
        "rule": "R10", "rule_version": 1, "branch": 0, "severity": severity, "source": "server",
        "sealed": sealed, "by_hand": False, "observed": NOW.isoformat(),
        "received": NOW.isoformat(), "basis": [], "cause": str(ids.uuid7(NOW)), "to": ["civil_affairs"],
        "deadline": (NOW + DAY).isoformat(), "division": COUNTY,
    }  # fmt: skip
    return Draft(
        op=ids.uuid7(NOW), person=by.id, kind="finding.record", target=ids.uuid7(NOW), file=child,
        data=data, at=NOW,
    )  # fmt: skip


def test_a_registered_child_is_due_at_once_and_a_visit_moves_the_date(
    http_phone: HttpPhone, child: UUID
) -> None:
    assert due(child) == (0, "registered")
    visit(http_phone, child)
    send(http_phone)
    assert due(child) == (30, "risk")


@pytest.mark.parametrize(("mode", "seen"), [
    ("attempted", "yes"), ("home", "no"), ("home", "not_collected"),
])  # fmt: skip
def test_a_visit_that_did_not_see_the_child_does_not_count(
    http_phone: HttpPhone, child: UUID, mode: str, seen: str
) -> None:
    visit(http_phone, child, mode=mode, seen=seen)
    send(http_phone)
    assert due(child) == (0, "registered")


def test_an_attempt_that_says_so_after_its_part_came_is_taken_back(
    http_phone: HttpPhone, child: UUID
) -> None:
    shared = new()
    part_of(http_phone, child, shared, "yes")
    send(http_phone)
    assert due(child) == (30, "risk")
    shared_part(http_phone, child, "attempted", shared)
    send(http_phone)
    assert due(child) == (0, "registered")


def test_a_revoked_phones_visit_moves_the_date_when_a_person_has_approved_it(
    http_phone: HttpPhone, child: UUID, administrator: Person
) -> None:
    """SYNC: its evidence is applied at once, but must not let anybody off the next visit."""
    part_of(http_phone, child, shared_part(http_phone, child, "home"), "yes")
    lead = person("lead", "county_lead", COUNTY)
    device_revoke(device=http_phone.device, actor=administrator.id, reason="lost", now=NOW)
    send(http_phone)
    assert due(child) == (0, "registered")
    part = Operation.objects.get(kind="visit.part")
    assert part.flags == ["revoked"]
    item_approve(item=part.op, actor=lead.id, reason="was there", revision=0, now=NOW)
    assert due(child) == (30, "risk")
    call_command("visit_plan", COUNTY)
    assert due(child) == (30, "risk")


def test_an_edit_of_the_risk_level_moves_the_date(http_phone: HttpPhone, child: UUID) -> None:
    visit(http_phone, child)
    edit(http_phone, child, risk_level="RED")
    send(http_phone)
    assert due(child) == (7, "risk")


@pytest.mark.parametrize("status", ["moved", "closed", "died"])
def test_a_child_that_left_is_due_no_more_until_it_is_back(
    http_phone: HttpPhone, child: UUID, status: str
) -> None:
    edit(http_phone, child, life_cycle={"status": status})
    gone = http_phone.log[-1]
    send(http_phone)
    assert due(child) == (None, "")
    back = {"v": {"status": "registered"}, "saw": [json.loads(gone)["op"]]}
    http_phone.say("child.edit", child, {"set": {"life_cycle": back}})
    send(http_phone)
    assert due(child) == (0, "registered")


def test_a_critical_finding_brings_the_visit_within_a_day(
    http_phone: HttpPhone, child: UUID, administrator: Person
) -> None:
    visit(http_phone, child)
    send(http_phone)
    submit([finding(child, administrator, severity="high")], now=NOW)
    assert due(child) == (7, "risk")
    submit([finding(child, administrator, severity="critical")], now=NOW)
    assert due(child) == (1, "critical")


def test_a_sealed_finding_shows_in_no_list(
    http_phone: HttpPhone, child: UUID, administrator: Person
) -> None:
    submit([finding(child, administrator, severity="critical", sealed=True)], now=NOW)
    assert due(child) == (0, "registered")


def test_a_county_sets_its_own_days(http_phone: HttpPhone, child: UUID) -> None:
    visit(http_phone, child)
    send(http_phone)
    services.plan_configure(county=COUNTY, overrides={"blue": 20}, actor=None, now=NOW)
    call_command("visit_plan", COUNTY)
    assert due(child) == (20, "risk")
    with pytest.raises(SettingUnknown):
        services.plan_configure(county=COUNTY, overrides={"purple": 3}, actor=None, now=NOW)


def test_visits_of_fifty_children_cost_as_many_statements_as_of_one(http_phone: HttpPhone) -> None:
    counts = []
    for size in (1, 50):
        children = [register(http_phone, number="") for _ in range(size)]
        send(http_phone)
        while http_phone.sync().get("enter"):
            pass  # files enter fifty at a time and are confirmed by the next sync
        before = len(http_phone.log)
        for child in children:
            visit(http_phone, child)
        with CaptureQueriesContext(connection) as captured:
            http_phone.sync(*http_phone.log[before:])
        counts.append(len(captured))
        assert all(due(child) == (30, "risk") for child in children)
    assert counts[0] == counts[1]
