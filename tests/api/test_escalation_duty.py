"""The on-call roster over HTTP: who keeps it, what is refused, and that escalations go to who is on call."""

import datetime as dt
import threading
from typing import Any
from uuid import UUID

import pytest
from django.db import connection

from backend.accounts.models import Person
from backend.audit.models import AuditEntry
from backend.common.errors import DomainError
from backend.duty import queries, services
from backend.duty.models import Shift
from backend.notifications.models import Notice

from .conftest import COUNTY, NOW, OTHER_COUNTY, VILLAGE, person
from .test_escalations import OfficeUser, open_one

DAY, HOUR = dt.timedelta(days=1), dt.timedelta(hours=1)
TOWNSHIP = VILLAGE[:9]


@pytest.fixture
def people(db: None) -> dict[str, Person]:
    cast = {
        "lead": ("county_lead", COUNTY), "li": ("county_officer", COUNTY),
        "ma": ("county_officer", COUNTY), "yang": ("township_supervisor", TOWNSHIP),
        "admin": ("administrator", COUNTY), "far": ("county_lead", OTHER_COUNTY),
    }  # fmt: skip
    return {name: person(name, role, prefix) for name, (role, prefix) in cast.items()}


def shift(people: dict[str, Person], who: str, start: float, end: float, **more: Any) -> Shift:
    """Days from now."""
    return services.shift_create(
        **{
            "division": COUNTY, "person": people[who].id, "deputies": [],
            "starts_at": NOW + start * DAY, "ends_at": NOW + end * DAY,
            "actor": people["lead"].id, "now": NOW, **more,
        }
    )  # fmt: skip


def call(who: Person, method: str, path: str, body: Any = None, **query: Any) -> Any:
    desk = OfficeUser(who)
    if method == "get":
        return desk.client.get(f"/api/v1/duty/{path}", query, headers=desk.headers)
    send = getattr(desk.client, method)
    return send(f"/api/v1/duty/{path}", body, content_type="application/json", headers=desk.headers)


def test_a_lead_keeps_the_roster_and_everybody_who_may_sees_its_gaps(
    people: dict[str, Person],
) -> None:
    body = {
        "division": COUNTY, "person": str(people["li"].id), "deputies": [str(people["ma"].id)],
        "starts_at": NOW.isoformat(), "ends_at": (NOW + 2 * DAY).isoformat(),
    }  # fmt: skip
    made = call(people["lead"], "post", "shifts/", body)
    assert made.status_code == 201, made.content
    assert call(people["li"], "post", "shifts/", body).status_code == 403
    assert call(people["far"], "post", "shifts/", body).status_code == 404
    window = {"start": NOW.isoformat(), "end": (NOW + 3 * DAY).isoformat()}
    for name in ("yang", "li", "admin"):
        plan = call(people[name], "get", "", division=COUNTY, **window).json()
        assert (plan["now"], plan["keeps"]) == (str(people["li"].id), False)
        assert [one["name"] for one in plan["shifts"][0]["deputies"]] == ["吴ma"]
        assert [gap["starts_at"] for gap in plan["gaps"]] == [(NOW + 2 * DAY).isoformat()]
    assert call(people["far"], "get", "", division=COUNTY, **window).status_code == 404
    assert AuditEntry.objects.filter(action="duty.shift", actor=people["lead"].id).count() == 1


def test_an_overlapping_shift_is_refused_and_says_with_which(people: dict[str, Person]) -> None:
    shift(people, "li", 0, 7)
    body = {
        "division": COUNTY, "person": str(people["ma"].id), "starts_at": (NOW + DAY).isoformat(),
        "ends_at": (NOW + 8 * DAY).isoformat(),
    }  # fmt: skip
    answer = call(people["lead"], "post", "shifts/", body)
    assert (answer.status_code, answer.json()["code"]) == (409, "duty.overlap")
    assert "吴li's shift" in answer.json()["message"]
    shift(people, "ma", 7, 8)
    shift(people, "yang", 0, 7, division=TOWNSHIP)


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"ends_at": NOW - DAY}, "duty.order"),
        ({"ends_at": NOW + 40 * DAY}, "duty.length"),
        ({"person": UUID(int=7)}, "duty.person"),
        ({"division": VILLAGE}, "duty.division"),
    ],
)
def test_what_is_wrong_with_a_shift_is_named(
    people: dict[str, Person], wrong: dict[str, Any], code: str
) -> None:
    with pytest.raises(DomainError) as refused:
        shift(people, "li", 0, 1, **wrong)
    assert refused.value.code == code
    doubled = {"deputies": [people["li"].id]}
    with pytest.raises(DomainError, match=r"duty\.person"):
        shift(people, "li", 0, 1, **doubled)


def test_a_change_names_the_revision_it_saw_and_a_cancelled_shift_is_a_gap(
    people: dict[str, Person],
) -> None:
    row = shift(people, "li", 0, 1)
    body = {
        "person": str(people["ma"].id), "starts_at": NOW.isoformat(),
        "ends_at": (NOW + 2 * DAY).isoformat(), "revision": 1,
    }  # fmt: skip
    assert call(people["lead"], "put", f"shifts/{row.id}/", body).status_code == 204
    assert call(people["lead"], "put", f"shifts/{row.id}/", body).json()["code"] == "stale"
    assert queries.on_call([COUNTY], at=NOW) == {COUNTY: people["ma"].id}
    assert call(people["lead"], "delete", f"shifts/{row.id}/").status_code == 204
    assert queries.on_call([COUNTY], at=NOW) == {COUNTY: None}


def test_leave_puts_the_deputy_on_call_and_a_role_that_ended_too(people: dict[str, Person]) -> None:
    shift(people, "li", 0, 7, deputies=[people["ma"].id, people["lead"].id])
    body = {
        "person": str(people["li"].id), "starts_at": NOW.isoformat(),
        "ends_at": (NOW + DAY).isoformat(),
    }  # fmt: skip
    made = call(people["lead"], "post", "leaves/", body)
    assert made.status_code == 201, made.content
    assert queries.on_call([COUNTY], at=NOW)[COUNTY] == people["ma"].id
    people["ma"].grants.update(ended_at=NOW)
    assert queries.on_call([COUNTY], at=NOW)[COUNTY] == people["lead"].id
    assert call(people["far"], "delete", f"leaves/{made.json()['id']}/").status_code == 404
    assert call(people["lead"], "delete", f"leaves/{made.json()['id']}/").status_code == 204
    assert queries.on_call([COUNTY], at=NOW)[COUNTY] == people["li"].id


def test_a_critical_escalation_goes_to_who_is_on_call_and_without_anybody_to_the_lead(
    people: dict[str, Person],
) -> None:
    open_one(severity="critical")
    heard = Notice.objects.filter(kind="escalation.critical")
    assert set(heard.values_list("person", flat=True)) == {people["lead"].id, people["yang"].id}
    (gap,) = Notice.objects.filter(kind="duty.missing")
    assert (gap.person, gap.values["what"]) == (people["admin"].id, "on_call")
    open_one(severity="critical")
    assert Notice.objects.filter(kind="duty.missing").count() == 1, "once a day"
    shift(people, "li", 0, 1)
    last = open_one(severity="critical")
    own = heard.filter(subject=last.id).values_list("person", flat=True)
    assert set(own) == {people["li"].id, people["yang"].id}


@pytest.mark.django_db(transaction=True)
def test_of_two_leads_who_fill_one_gap_at_once_one_is_refused(people: dict[str, Person]) -> None:
    start, outcomes = threading.Barrier(2), []

    def fill(who: str) -> None:
        start.wait()
        try:
            shift(people, who, 0, 1)
            outcomes.append("made")
        except DomainError as refused:
            outcomes.append(refused.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=fill, args=(who,)) for who in ("li", "ma")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["duty.overlap", "made"]
    assert Shift.objects.count() == 1
