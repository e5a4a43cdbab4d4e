"""The clocks of cases are told of, once, also after an outage (T4; 2014 Opinions 15)."""

import datetime as dt
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from backend.guardianship.alerts import give_alerts
from backend.guardianship.clocks import months_after
from backend.guardianship.models import AlertGiven, Case
from backend.notifications.models import Notice

from . import cases
from .cases import DAY, Office
from .conftest import NOW
from .test_case_phone import seal
from .test_case_steps import WAY_TO_TEMPORARY

HOUR = dt.timedelta(hours=1)


@pytest.fixture
def office(db: None) -> Office:
    return cases.make()


def told(kind: str = "case.alert", **values: str) -> list[UUID]:
    rows = Notice.objects.filter(kind=kind, **{f"values__{k}": v for k, v in values.items()})
    return sorted(rows.values_list("person", flat=True))


def people(office: Office, *names: str) -> list[UUID]:
    return sorted(office.town.people[name].id for name in names)


def temporary(office: Office) -> Case:
    row = office.take(office.open(), *WAY_TO_TEMPORARY)
    give_alerts(now=NOW + HOUR)
    Notice.objects.all().delete()
    return row


@pytest.mark.parametrize(
    ("months", "severity", "who"),
    [
        (3, "medium", ("officer",)), (6, "medium", ("officer",)),
        (9, "high", ("officer", "lead", "second_lead")),
        (11, "high", ("officer", "lead", "second_lead")),
    ],
)  # fmt: skip
def test_temporary_guardianship_of_a_case_is_told_of_at_3_6_9_and_11_months(
    office: Office, months: int, severity: str, who: tuple[str, ...]
) -> None:
    row = temporary(office)
    at = months_after(row.since_observed, months)
    give_alerts(now=at - DAY)
    before = told(clock="temporary", severity=severity)
    give_alerts(now=at + HOUR)
    assert AlertGiven.objects.filter(clock="temporary", at__gt=at - HOUR).count() == 1
    new = list(told(clock="temporary", severity=severity))
    for person in before:
        new.remove(person)
    assert new == people(office, *who)


def test_an_alert_of_a_case_is_given_once_however_often_the_task_runs(office: Office) -> None:
    row = temporary(office)
    late = months_after(row.since_observed, 3) + HOUR
    assert give_alerts(now=late) > 0
    count = Notice.objects.count()
    assert give_alerts(now=late) == give_alerts(now=late + HOUR) == 0
    # A clock that jumps back gives nothing twice either.
    assert give_alerts(now=NOW) == 0
    assert Notice.objects.count() == count


def test_a_case_whose_clock_was_started_by_a_server_three_days_ahead_is_told_of_in_time(
    office: Office,
) -> None:
    row = office.take(office.open(), *WAY_TO_TEMPORARY)
    at, ahead = months_after(row.since_observed, 3), 3 * DAY
    give_alerts(now=NOW - ahead)
    assert told(clock="temporary") == []
    # Seen again, it does not begin anew.
    give_alerts(now=NOW - ahead + HOUR)
    give_alerts(now=at - ahead - HOUR)
    assert told(clock="temporary") == []
    give_alerts(now=at - ahead + HOUR)
    assert told(clock="temporary") == people(office, "officer")
    # Once the clock has come so far by itself, nothing is told twice.
    give_alerts(now=at + HOUR)
    assert AlertGiven.objects.filter(clock="temporary").count() == 1


def test_what_is_due_at_once_of_a_case_does_not_wait_for_a_clock_that_was_ahead(
    office: Office,
) -> None:
    case = office.open()
    starts = (NOW + 3 * DAY).isoformat()
    police = {
        "code": "police",
        "starts": starts,
        "due": starts,
        "alerts": [{"at": starts, "severity": "high"}],
    }
    Case.objects.filter(id=case).update(clocks=[police])
    give_alerts(now=NOW)
    (one,) = {notice.values["due"] for notice in Notice.objects.filter(values__clock="police")}
    assert dt.datetime.fromisoformat(one) == NOW


def test_after_an_outage_of_months_a_case_is_told_of_where_it_stands_now(office: Office) -> None:
    row = temporary(office)
    give_alerts(now=months_after(row.since_observed, 10))
    assert AlertGiven.objects.filter(clock="temporary").count() == 3
    assert told(clock="temporary") == people(office, "officer", "lead", "second_lead")


def test_a_case_whose_worker_left_is_told_to_all_officers(office: Office) -> None:
    row = temporary(office)
    office.town.officer.grants.all().delete()
    give_alerts(now=months_after(row.since_observed, 3) + HOUR)
    assert told(clock="temporary") == people(office, "lead", "second_lead")


def test_of_a_sealed_case_its_leads_hear_only_that_something_waits(office: Office) -> None:
    case = seal(office)
    give_alerts(now=NOW + 40 * DAY)
    assert told("case.alert") == told("case.proposed") == []
    assert set(told("sealed.waiting")) == set(people(office, "lead", "second_lead"))
    about = f"/office/cases/{case}/"
    rows = Notice.objects.filter(kind="sealed.waiting", values__link=about)
    assert rows.count() > 2
    for row in rows:
        assert (row.values, row.subject) == ({"link": about}, None)


def test_a_step_of_a_case_that_waits_for_approval_is_told_to_the_leads(office: Office) -> None:
    office.step(office.open(), "close")
    assert told("case.proposed", step="close") == people(office, "lead", "second_lead")


def test_a_closed_case_alerts_nobody(office: Office) -> None:
    office.take(office.open(), "close")
    assert give_alerts(now=NOW + 300 * DAY) == 0


def test_the_statements_of_the_alerts_do_not_grow_with_the_cases(office: Office) -> None:
    def counted() -> int:
        with CaptureQueriesContext(
            connection,
        ) as made:
            assert give_alerts(now=NOW + DAY) > 0
        return len(made)

    def more(count: int) -> None:
        for number in range(count):
            child = office.town.child(f"龙{number}")
            body: dict[str, Any] = {"child": str(child), "reason": "无人照料"}
            assert office.desk("officer").post("cases/", **body).status_code == 201

    more(1)
    one = counted()
    more(6)
    assert counted() == one
