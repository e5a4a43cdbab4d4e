"""T2 with the database: each rise an operation, told to whom it rises, once, whatever the server's clock did."""

import datetime as dt
import threading
from typing import Any
from uuid import UUID

import pytest
from django.db import connection, transaction

from backend.concerns import county_limits, services, tasks, timers
from backend.concerns.models import Escalation, EscalationClock
from backend.notifications.models import Notice
from backend.regions.models import Division
from sync import rebuild

from . import test_escalations
from .conftest import COUNTY, NOW, VILLAGE, person
from .test_escalations import open_one

HOUR, DAY = dt.timedelta(hours=1), dt.timedelta(days=1)
TOWNSHIP = VILLAGE[:9]
HIGH = {"severity": "high", "to": ["township"], "deadline": (NOW + DAY).isoformat()}


@pytest.fixture
def office(db: None) -> dict[str, UUID]:
    """One person at each level."""
    Division.objects.create(code=COUNTY, name="黎平县", level="county")
    cast = {
        "wu": ("village_supervisor", VILLAGE), "yang": ("township_supervisor", TOWNSHIP),
        "lead": ("county_lead", COUNTY), "officer": ("county_officer", COUNTY),
        "prefecture": ("viewer", COUNTY[:4]), "admin": ("administrator", COUNTY),
    }  # fmt: skip
    return {name: person(name, role, prefix).id for name, (role, prefix) in cast.items()}


def told(kind: str) -> set[UUID]:
    return set(Notice.objects.filter(kind=kind).values_list("person", flat=True))


def steps(row: Escalation) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT kind FROM sync_operation WHERE target = %s AND outcome = 'applied'"
            " ORDER BY decision",
            [row.id],
        )
        return [kind.removeprefix("escalation.") for (kind,) in cursor.fetchall()]


def test_T2_what_nobody_took_on_by_its_deadline_rises_and_the_next_level_is_told(
    office: dict[str, UUID],
) -> None:
    row = open_one(**HIGH)
    assert told("escalation.opened") == {office["yang"]}
    timers.run(now=NOW + DAY - HOUR / 60)
    assert steps(row) == ["open"]
    timers.run(now=NOW + DAY)
    row.refresh_from_db()
    assert (steps(row), row.level, row.level_since) == (["open", "climb"], "county", NOW + DAY)
    assert told("escalation.climbed") == {office["lead"]}
    said = Notice.objects.get(kind="escalation.climbed")
    assert said.values["reason"] == "unacknowledged"
    assert list(rebuild.differences()) == []


def test_T2_after_an_outage_of_a_week_every_level_is_reached_once_and_each_step_recorded(
    office: dict[str, UUID],
) -> None:
    row = open_one(**HIGH)
    for _ in range(2):
        timers.run(now=NOW + 7 * DAY)
    row.refresh_from_db()
    assert steps(row) == ["open", "climb", "climb"]
    assert (row.level, row.level_since) == ("prefecture", NOW + 2 * DAY)
    assert told("escalation.climbed") == {office["lead"], office["prefecture"]}
    assert told("escalation.past_due") == {office["prefecture"]}
    assert Notice.objects.filter(kind="escalation.climbed").count() == 2
    link = Notice.objects.filter(person=office["prefecture"], kind="escalation.climbed").get()
    assert "link" not in link.values, "a viewer cannot open it"
    assert list(rebuild.differences()) == []


def test_T2_a_server_clock_that_jumps_skips_and_doubles_nothing(office: dict[str, UUID]) -> None:
    row = open_one(**HIGH)
    for at in (NOW + 25 * HOUR, NOW - 300 * DAY, NOW + 26 * HOUR, NOW, NOW + 48 * HOUR):
        timers.run(now=at)
    assert steps(row) == ["open", "climb", "climb"]
    row.refresh_from_db()
    assert row.deadline == NOW + DAY


def test_T2_while_the_clock_is_behind_the_time_that_passes_counts(office: dict[str, UUID]) -> None:
    row = open_one(severity="critical")
    behind = NOW - 300 * DAY
    for hours in (0, 1.9):
        assert timers.run(now=behind + hours * HOUR) <= 1
        assert steps(row) == ["open"]
    timers.run(now=behind + 2 * HOUR)
    assert steps(row) == ["open", "climb"]
    timers.run(now=NOW + 3 * HOUR)
    assert steps(row) == ["open", "climb"]


def test_T2_what_was_opened_while_the_servers_clock_ran_ahead_is_timed_anew(
    office: dict[str, UUID],
) -> None:
    """Otherwise it would stand last in the queue until a year that is not ours."""
    row = open_one(**HIGH)
    right = NOW - 3650 * DAY
    timers.run(now=right)
    timers.run(now=right + DAY)
    row.refresh_from_db()
    assert (row.waits_since, row.deadline) == (right, right + DAY)
    timers.run(now=right + DAY)
    assert steps(row)[:2] == ["open", "reclock"]
    timers.run(now=right + DAY + HOUR)
    assert sorted(steps(row)) == ["climb", "open", "reclock"]
    assert list(rebuild.differences()) == []


def test_T2_what_a_clock_that_ran_ahead_has_put_off_is_not_put_off_for_days(
    office: dict[str, UUID], monkeypatch: pytest.MonkeyPatch
) -> None:
    row = open_one(**HIGH)
    with monkeypatch.context() as failing:
        failing.setattr(timers, "submit", lambda *_, **__: [])
        timers.run(now=NOW + 4 * DAY)
    assert EscalationClock.objects.get().next_at == NOW + 4 * DAY + timers.LATER
    monkeypatch.setattr("backend.common.clock.now", lambda: NOW)
    tasks.look_at_time()
    timers.run(now=NOW + DAY)
    row.refresh_from_db()
    assert row.level != "township"


def test_T2_acknowledging_in_time_keeps_it_where_it_is(office: dict[str, UUID]) -> None:
    row = open_one(severity="critical")
    assert told("escalation.critical") == {office["yang"], office["lead"]}
    services.escalation_acknowledge(
        escalation=row.id, actor=office["officer"], revision=1, now=NOW + HOUR
    )
    timers.run(now=NOW + 3 * HOUR)
    assert steps(row) == ["open", "acknowledge"]


def test_T2_a_reopened_one_begins_a_round_of_its_own_and_rises_again(
    office: dict[str, UUID], monkeypatch: pytest.MonkeyPatch
) -> None:
    row = open_one(**HIGH)
    timers.run(now=NOW + DAY)
    now = NOW + 25 * HOUR
    services.escalation_acknowledge(escalation=row.id, actor=office["officer"], revision=2, now=now)
    services.escalation_resolve(
        escalation=row.id, actor=office["officer"], revision=3, outcome="settled",
        reason="已解决", feedback="已解决", now=now,
    )  # fmt: skip
    assert not EscalationClock.objects.filter(escalation=row.id).exists()
    monkeypatch.setattr(test_escalations, "NOW", NOW + 26 * HOUR)
    open_one(row.file, **{**HIGH, "deadline": (NOW + 30 * HOUR).isoformat(),
                          "observed": NOW.isoformat()})  # fmt: skip
    row.refresh_from_db()
    assert (row.status, row.level, row.climbs) == ("open", "township", 0)
    assert told("escalation.reopened") == {office["yang"]}
    timers.run(now=NOW + 30 * HOUR)
    assert steps(row)[-2:] == ["reopen", "climb"]
    assert list(rebuild.differences()) == []


def test_T2_a_county_sets_its_own_limits_and_what_is_open_follows(office: dict[str, UUID]) -> None:
    row = open_one(severity="critical")
    county_limits.configure(
        county=COUNTY, overrides={"acknowledge_critical": 1}, actor=None, now=NOW
    )
    timers.run(now=NOW + HOUR)
    assert steps(row) == ["open", "climb"]
    with pytest.raises(county_limits.LimitUnknown, match=r"escalation\.limit"):
        county_limits.configure(county=COUNTY, overrides={"grace_high": 0}, actor=None, now=NOW)


def test_T2_a_sealed_one_stays_with_the_named_leads_who_are_reminded(
    office: dict[str, UUID],
) -> None:
    row = open_one(severity="critical", sealed=True)
    assert told("sealed.waiting") == {office["lead"]}
    timers.run(now=NOW + 30 * DAY)
    assert steps(row) == ["open"]
    # When it opened, that nobody has acknowledged it, and that no call to the police is on record.
    assert Notice.objects.filter(kind="sealed.waiting").count() == 3
    assert Notice.objects.exclude(kind="sealed.waiting").count() == 0
    assert all(n.values.keys() == {"link"} for n in Notice.objects.all())


def test_a_critical_one_without_a_call_on_record_is_asked_about_after_an_hour(
    office: dict[str, UUID],
) -> None:
    row = open_one(severity="critical")
    timers.run(now=NOW + HOUR)
    assert told("escalation.not_reported") == {office["lead"]}
    other = open_one(severity="critical")
    services.escalation_report(
        escalation=other.id, actor=office["officer"], revision=1, called_at=NOW, officer="王警官",
        receipt="A-17", now=NOW,
    )  # fmt: skip
    timers.run(now=NOW + HOUR)
    assert not Notice.objects.filter(kind="escalation.not_reported", subject=other.id).exists()
    assert Notice.objects.filter(kind="escalation.not_reported", subject=row.id).exists()


@pytest.mark.django_db(transaction=True)
def test_a_file_somebody_writes_to_is_left_for_the_next_run(office: dict[str, UUID]) -> None:
    row, other = open_one(**HIGH), open_one(**HIGH)
    locked, done = threading.Event(), threading.Event()

    def hold() -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM sync_file WHERE id = %s FOR UPDATE", [row.file])
            locked.set()
            done.wait(30)
        connection.close()

    thread = threading.Thread(target=hold)
    thread.start()
    locked.wait(30)
    timers.run(now=NOW + DAY)
    assert (steps(row), steps(other)) == (["open"], ["open", "climb"])
    done.set()
    thread.join()
    timers.run(now=NOW + DAY)
    assert steps(row) == ["open", "climb"]


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_raise_each_escalation_once(office: dict[str, UUID]) -> None:
    rows = [open_one(**HIGH) for _ in range(6)]
    start = threading.Barrier(2)

    def work() -> None:
        start.wait()
        timers.run(now=NOW + DAY, batch=2)
        connection.close()

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    timers.run(now=NOW + DAY)
    assert [steps(row) for row in rows] == [["open", "climb"]] * 6
    assert Notice.objects.filter(kind="escalation.climbed").count() == 6


def test_T2_the_statements_of_a_batch_do_not_grow_with_it(
    office: dict[str, UUID], django_assert_num_queries: Any
) -> None:
    open_one(**HIGH)
    with django_assert_num_queries(_STATEMENTS):
        assert timers.run_batch(now=NOW + DAY) == 1
    for _ in range(12):
        open_one(**HIGH)
    with django_assert_num_queries(_STATEMENTS):
        assert timers.run_batch(now=NOW + DAY) == 12


_STATEMENTS = 50


def test_one_whose_clock_cannot_be_read_does_not_stand_before_the_others(
    office: dict[str, UUID], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    broken, sound = open_one(**HIGH), open_one(**HIGH)
    drafts = timers._drafts

    def fail(row: Escalation, *args: Any) -> Any:
        if row.id == broken.id:
            raise RuntimeError("unreadable")
        return drafts(row, *args)

    monkeypatch.setattr(timers, "_drafts", fail)
    timers.run(now=NOW + DAY)
    assert (steps(broken), steps(sound)) == (["open"], ["open", "climb"])
    assert f"escalation {broken.id} could not be read" in caplog.text
    monkeypatch.undo()
    timers.run(now=NOW + DAY + HOUR)
    assert steps(broken)[:2] == ["open", "climb"]


def test_the_end_of_an_assignment_tells_the_assignee_and_not_who_assigned_herself(
    office: dict[str, UUID],
) -> None:
    row = open_one(**HIGH)
    services.escalation_acknowledge(escalation=row.id, actor=office["officer"], revision=1, now=NOW)
    for revision, to in ((2, "yang"), (3, "officer")):
        services.escalation_assign(
            escalation=row.id, assigned_to=office[to], actor=office["officer"],
            revision=revision, now=NOW,
        )  # fmt: skip
    assert told("escalation.assigned") == {office["yang"]}
