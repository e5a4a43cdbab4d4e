"""What takes longer than a request: asked for, carried out by a worker, once, and nobody else's."""

import datetime as dt
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.test import Client

from backend.accounts.models import Person, RoleGrant
from backend.caseload.models import RosterImport
from backend.common import clock, encrypted
from backend.common.models import DataKey
from backend.tasks import kinds, services
from backend.tasks.errors import TaskLost
from backend.tasks.models import Task
from sync.models import Operation

from .conftest import COUNTY, person
from .test_roster_api import Caller
from .test_roster_import import child, county, xlsx

__all__ = ["county"]

CONTENT = xlsx([child("吴小龙"), child("吴小凤", serial=4)])


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Puts the clock on."""
    real, ahead = clock.now, [dt.timedelta()]
    monkeypatch.setattr(clock, "now", lambda: real() + ahead[0])

    def put_on(**by: float) -> None:
        ahead[0] += dt.timedelta(**by)

    return put_on


def asked(call: Caller, path: str = "import") -> UUID:
    answer = call(path, CONTENT)
    assert answer.status_code == 202, answer.content
    assert answer["Location"].endswith(f"/api/v1/tasks/{answer.json()['id']}/")
    return UUID(answer.json()["id"])


def read(call: Caller, task: UUID) -> Any:
    return call.read(f"/api/v1/tasks/{task}/")


def test_what_waits_is_sealed_and_what_has_ended_keeps_nothing_that_was_asked(
    county: Person, later: Any
) -> None:
    call = Caller(county)
    task = asked(call, "preview")
    with connection.cursor() as cursor:
        cursor.execute("SELECT asked, file FROM tasks_task WHERE id = %s", [task])
        said, file = map(bytes, cursor.fetchone())
    assert CONTENT not in file
    assert COUNTY.encode() not in said
    assert (read(call, task)["state"], Operation.objects.count()) == ("waiting", 0)
    assert services.carry_on() == 1
    assert read(call, task)["result"]["counts"]["new"] == 2
    row = Task.objects.get()
    assert (row.asked, row.file, services.forget_expired(now=clock.now())) == (None, None, 0)
    later(days=1, minutes=1)
    assert read(call, task)["result"] is None
    assert services.forget_expired(now=clock.now()) == 1
    assert (Task.objects.count(), DataKey.objects.get(owner=task).wrapped) == (0, None)


def test_only_who_asked_sees_a_task_and_its_result_only_with_the_role(county: Person) -> None:
    call, other = Caller(county), Caller(person("other", "administrator", COUNTY))
    task = asked(call)
    services.carry_on()
    for address in (f"/api/v1/tasks/{task}/", "/api/v1/tasks/"):
        assert other.read(address).get("count", "not_found") in (0, "not_found")
    (listed,) = call.read("/api/v1/tasks/")["results"]
    assert (listed["id"], "result" in listed) == (str(task), False)
    assert read(call, task)["result"]["counts"]["new"] == 2
    RoleGrant.objects.filter(person=county).delete()
    assert read(call, task)["code"] == "not_found"


def test_a_role_that_was_lost_before_the_worker_came_imports_nothing(county: Person) -> None:
    call = Caller(county)
    task = asked(call)
    RoleGrant.objects.filter(person=county).update(role="auditor")
    services.carry_on()
    told = read(call, task)
    assert (told["state"], told["problem"]["code"]) == ("failed", "not_found")
    assert Operation.objects.count() == 0


def test_a_task_whose_process_died_is_taken_up_once_and_makes_nothing_twice(
    county: Person, later: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    call = Caller(county)
    task = asked(call)
    real, steps = kinds.KINDS["roster_import"].run, list[Any]()

    def dies(asked: kinds.Asked, step: kinds.Step, now: dt.datetime) -> Any:
        real(asked, step, now)
        steps.append(step)
        raise KeyboardInterrupt

    died = kinds.Kind(name="roster_import", run=dies)
    with monkeypatch.context() as patched:
        patched.setitem(kinds.KINDS, "roster_import", died)
        with pytest.raises(KeyboardInterrupt):
            services.carry_on()
    written = Operation.objects.count()
    assert (services.carry_on(), read(call, task)["state"]) == (0, "running")
    later(minutes=11)
    assert services.carry_on() == 1
    assert (read(call, task)["state"], RosterImport.objects.count()) == ("finished", 1)
    assert Operation.objects.count() == written
    # The first process was not dead after all: it may go no further.
    with pytest.raises(TaskLost):
        steps[0](1, 2)


def test_a_clock_that_came_back_holds_nothing_back(county: Person) -> None:
    task = asked(Caller(county))
    ahead = clock.now() + dt.timedelta(days=3)
    Task.objects.update(touched_at=ahead, state="running")
    assert services.carry_on() == 1
    assert Task.objects.get(id=task).state == "finished"


def test_an_error_nobody_expected_is_tried_three_times_and_then_said(
    county: Person, later: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    call = Caller(county)
    task = asked(call)

    def fails(asked: kinds.Asked, step: kinds.Step, now: dt.datetime) -> Any:
        raise ZeroDivisionError

    monkeypatch.setitem(
        kinds.KINDS, "roster_import", kinds.Kind(name="roster_import", run=fails)
    )  # fmt: skip
    for state in ("waiting", "waiting", "failed"):
        assert services.carry_on() == 1
        assert services.carry_on() == 0, "it is not tried again at once"
        assert read(call, task)["state"] == state
        later(minutes=1, seconds=1)
    assert read(call, task)["problem"]["code"] == "task.failed"
    assert encrypted.key(task)


def test_a_cancelled_task_stops_at_its_next_step_and_five_wait_at_most(county: Person) -> None:
    call = Caller(county)
    five = [asked(call) for _ in range(5)]
    assert call("import", CONTENT).json()["code"] == "task.too_many"
    address, headers = f"/api/v1/tasks/{five[0]}/cancel", {"authorization": f"Token {call.token}"}
    told = [Client().post(address, headers=headers).json() for _ in range(2)]
    assert (told[0]["state"], told[1]["code"]) == ("cancelled", "task.ended")
    assert services.carry_on() == 4
    assert RosterImport.objects.filter(id=five[0]).count() == 0
    assert {read(call, task)["state"] for task in five[1:]} == {"finished"}
    services.forget(county=COUNTY, now=clock.now())
    assert [read(call, task)["result"] for task in five[1:]] == [None] * 4
