"""T1, T3, T4 (rules.md), and what a missing calendar and two officers at once come to."""

import datetime as dt
import threading
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.utils import timezone

from backend.accounts.models import Person
from backend.caseload.models import Assignment, VisitDue
from backend.concerns import calendar, tasks, watch, year_tables
from backend.concerns.models import Escalation, Finding
from backend.concerns.year_tables import Years
from backend.notifications.models import Notice
from sync import rebuild
from sync.models import DeviceLog

from .conftest import COUNTY, NOW, OTHER_COUNTY, VILLAGE, person
from .test_escalations import OfficeUser, open_one
from .town import Town

DAY = dt.timedelta(days=1)
TODAY = timezone.localdate(NOW)


@pytest.fixture
def lead(town: Town) -> Person:
    return person("lead", "county_lead", COUNTY, None)


def overdue(town: Town, days: int, **registers: Any) -> UUID:
    """A child whose visit was due so many days ago."""
    child = town.child("龙小燕", of="wu", **registers)
    VisitDue.objects.filter(child=child).update(
        due_on=TODAY - days * DAY, supervisor_on=TODAY - (days - 1) * DAY,
        township_on=TODAY - (days - 3) * DAY, county_on=TODAY - (days - 7) * DAY,
    )  # fmt: skip
    return child


def told(kind: str) -> dict[UUID, Any]:
    return {n.person: n.values["number"] for n in Notice.objects.filter(kind=kind)}


def test_T1_an_overdue_visit_is_said_to_each_level_on_its_day_and_once(
    town: Town, lead: Person
) -> None:
    overdue(town, 1)
    overdue(town, 3)
    overdue(town, 8)
    for _ in range(2):
        assert watch.visits(NOW) == 0
    assert told("visit.overdue_own") == {town.wu.id: 3}
    assert told("visit.overdue") == {town.township.id: 2, lead.id: 1}
    assert Notice.objects.count() == 3
    watch.visits(NOW + DAY)
    assert Notice.objects.filter(kind="visit.overdue_own").count() == 2


def test_T1_a_red_child_seven_days_overdue_becomes_a_finding_once(town: Town, lead: Person) -> None:
    child = overdue(town, 8, risk_level="RED")
    overdue(town, 8, risk_level="GREEN")
    assert [watch.visits(NOW), watch.visits(NOW + DAY)] == [1, 0]
    finding = Finding.objects.get()
    assert (finding.file, finding.rule, finding.severity) == (child, "T1", "high")
    assert Escalation.objects.get().level == "county"
    VisitDue.objects.filter(child=child).update(due_on=TODAY - 9 * DAY, county_on=TODAY - 2 * DAY)
    assert watch.visits(NOW + 2 * DAY) == 1, "another visit that was missed"
    assert list(rebuild.differences()) == []


def test_T3_a_child_whom_nobody_covers_is_said_weekly_and_at_high_risk_becomes_a_finding(
    town: Town, lead: Person
) -> None:
    for risk in ("RED", "YELLOW", "GREEN"):
        child = town.child("吴小勇", risk_level=risk)
        VisitDue.objects.filter(child=child).update(registered_on=TODAY - 9 * DAY)
    town.child("新来的", risk_level="RED")
    covered = town.child("有人管", of="wu", risk_level="RED")
    VisitDue.objects.filter(child=covered).update(registered_on=TODAY - 9 * DAY)
    assert [watch.caseload(NOW), watch.caseload(NOW)] == [2, 0]
    assert told("child.uncovered") == {town.township.id: 3, town.admin.id: 3}
    assert {f.severity for f in Finding.objects.all()} == {"high", "medium"}
    Assignment.objects.filter(file=covered).update(ends_on=TODAY - 9 * DAY)
    assert watch.caseload(NOW) == 1


def test_T3_a_phone_that_is_silent_for_a_week_is_said_to_township_and_administrator(
    town: Town, lead: Person
) -> None:
    quiet, loud = town.phone("wu"), town.phone("yang")
    for phone in (quiet, loud):
        phone.sync()
    DeviceLog.objects.filter(device=quiet.device).update(synced_at=NOW - 8 * DAY)
    watch.caseload(NOW)
    assert told("phone.silent") == {town.township.id: 1, town.admin.id: 1}


def test_T4_a_confirmation_that_ends_within_a_month_is_said_to_the_supervisor(town: Town) -> None:
    for days, revoked in ((20, False), (60, False), (10, True)):
        child = town.child("龙小燕", of="wu")
        term = {"term_from": "2020-01-01", "term_to": (TODAY + days * DAY).isoformat()}
        confirmed = town.office("delegation.confirm", UUID(int=days), {"answers": term}, child)
        town.submit(confirmed)
        if revoked:
            data = {"delegation": str(UUID(int=days)), "on": TODAY.isoformat()}
            town.submit(town.office("delegation.revoke", UUID(int=99), data, child))
    watch.delegations(NOW)
    watch.delegations(NOW)
    assert told("delegation.expiring") == {town.wu.id: 1}


FILE = """
2031:
  holidays: [[2031-10-01, 2031-10-07]]
  worked: [2031-10-11]
"""


def test_a_loaded_year_counts_and_stands_above_the_shipped_one(db: None, tmp_path: Path) -> None:
    first = dt.datetime(2031, 9, 30, 9, tzinfo=calendar.ZONE)
    rule = {"working_days": 1}
    assert calendar.due(rule, received=first, years=Years()).missing == 2031
    file = tmp_path / "2031.yaml"
    file.write_text(FILE, encoding="utf-8")
    call_command("load_working_days", str(file))
    due = calendar.due(rule, received=first, years=Years())
    assert (due.fallback, due.at) == (False, dt.datetime(2031, 10, 9, tzinfo=calendar.ZONE))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[1]", "it has no year"),
        ("2031: {holidays: [], worked: []}", "not announced yet"),
        (
            "2031: {holidays: [[2031-10-07, 2031-10-01]], worked: []}",
            "is not .first day, last day.",
        ),
        ("2031: {holidays: [[2030-10-01, 2030-10-07]], worked: []}", "of that year"),
        ("2031: {holidays: [[2031-10-01, 2031-10-07]]}", "needs `holidays` and `worked`"),
        ("2031: {", "end>"),
    ],
)
def test_a_calendar_that_cannot_be_right_is_refused_with_the_place(
    db: None, tmp_path: Path, text: str, said: str
) -> None:
    file = tmp_path / "years.yaml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(CommandError, match=said):
        call_command("load_working_days", str(file))


def test_a_missing_year_is_told_to_the_administrators_once_and_marked(town: Town) -> None:
    for _ in range(2):
        row = open_one(
            severity="medium", to=["township"], deadline_fallback=True, calendar_missing=2031,
            deadline=(NOW + 5 * DAY).isoformat(),
        )  # fmt: skip
    assert row.deadline_fallback
    (notice,) = Notice.objects.filter(kind="calendar.missing")
    assert (notice.person, notice.values["year"]) == (town.admin.id, 2031)
    item = town.desk("officer").get(f"escalations/{row.id}/").json()
    assert item["deadline_fallback"] is True


def test_of_two_officers_at_once_one_wins_and_the_other_is_told_by_whom(
    transactional_db: None,
) -> None:
    desks = [OfficeUser(person(name, "county_officer", COUNTY)) for name in ("li", "ma")]
    row = open_one(division=VILLAGE)
    start = threading.Barrier(2)
    answers: list[Any] = []

    def acknowledge(desk: OfficeUser) -> None:
        start.wait()
        try:
            answers.append(desk.post(f"{row.id}/acknowledge", revision=1))
        finally:
            connection.close()

    threads = [threading.Thread(target=acknowledge, args=(desk,)) for desk in desks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    answers.sort(key=lambda answer: answer.status_code)
    assert [answer.status_code for answer in answers] == [200, 409]
    told = answers[1].json()
    assert told["code"] == "stale"
    row.refresh_from_db()
    winner = {desks[0].id: "吴li", desks[1].id: "吴ma"}[row.acknowledged_by]
    assert told["message"].startswith(f"{winner} changed this escalation")
    assert row.revision == 2


# A Monday, so late that every role of the cast has begun; the days of 2026 are in the unit tests.
LATE = dt.datetime(2098, 12, 1, 1, tzinfo=dt.UTC)
FALLS_BACK = "2098-12-11"
LOADED = "2099: {holidays: [[2099-01-01, 2099-01-03]], worked: []}"


@pytest.fixture
def no_2099(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody has announced the year after this one."""
    known = {2098: calendar.Year(frozenset(), frozenset())}
    monkeypatch.setattr(calendar, "shipped", lambda: known)


def wanted() -> dict[UUID, list[Any]]:
    found: dict[UUID, list[Any]] = {}
    for notice in Notice.objects.filter(kind="calendar.wanted"):
        found.setdefault(notice.person, []).append(notice.values)
    return found


def test_the_administrators_hear_weekly_of_a_year_that_deadlines_of_rules_will_need(
    town: Town, no_2099: None
) -> None:
    far = person("far_admin", "administrator", OTHER_COUNTY, None)
    watch.calendars(LATE - 60 * DAY)
    assert wanted() == {}
    for day in range(3):
        watch.calendars(LATE + day * DAY)
    said = {"day": FALLS_BACK, "year": 2099, "link": "/office/rules/"}
    assert wanted() == {town.admin.id: [said], far.id: [said]}
    watch.calendars(LATE + 7 * DAY)
    assert [len(own) for own in wanted().values()] == [2, 2]
    year_tables.load(LOADED, now=NOW)
    watch.calendars(LATE + 14 * DAY)
    assert [len(own) for own in wanted().values()] == [2, 2]


def test_the_task_that_looks_at_time_warns_of_a_year_that_deadlines_of_rules_will_need(
    town: Town, no_2099: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("backend.common.clock.now", lambda: LATE)
    tasks.look_at_time()
    assert wanted().keys() == {town.admin.id}


def test_the_page_of_rules_shows_administrators_a_year_that_deadlines_will_need(
    town: Town, no_2099: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("backend.common.clock.today", lambda: LATE.date())

    def page() -> str:
        client = Client()
        client.force_login(town.admin, backend="django.contrib.auth.backends.ModelBackend")
        shown: str = client.get("/office/rules/").content.decode()
        return shown

    assert f"缺少2099年工作日历：{FALLS_BACK}起" in page()
    year_tables.load(LOADED, now=NOW)
    assert "工作日历" not in page()
