"""The roster's page, and what an escalation's page says of levels and calls to the police."""

import datetime as dt
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from backend.accounts.models import Person
from backend.concerns.models import Escalation
from tests.api.conftest import COUNTY, NOW, person
from tests.api.test_escalations import open_one


@pytest.fixture
def people(db: None) -> dict[str, Person]:
    cast = {"lead": "county_lead", "officer": "county_officer", "auditor": "auditor"}
    return {name: person(name, role, COUNTY) for name, role in cast.items()}


def seated(who: Person) -> Client:
    client = Client()
    client.force_login(who, backend="django.contrib.auth.backends.ModelBackend")
    return client


def local(days: int) -> str:
    return f"{timezone.localtime(NOW + dt.timedelta(days=days)):%Y-%m-%dT%H:%M}"


def text(answer: Any) -> str:
    return str(answer.content.decode())


def test_a_lead_puts_somebody_on_call_and_the_page_says_who_and_when_nobody(
    people: dict[str, Person],
) -> None:
    lead = seated(people["lead"])
    assert "无人值班" in text(lead.get("/office/duty/"))
    body = {
        "division": COUNTY, "person": str(people["officer"].id),
        "deputies": [str(people["lead"].id), ""], "starts_at": local(-1), "ends_at": local(2),
    }  # fmt: skip
    page = lead.post("/office/duty/shift/", body, follow=True)
    assert ("已排班" in text(page), "正在值班 <b>吴officer</b>" in text(page)) == (True, True)
    refused = lead.post("/office/duty/shift/", body)
    assert (refused.status_code, "时间重叠" in text(refused)) == (409, True)
    assert f'value="{local(2)}"' in text(refused), "what was typed is kept"
    unread = lead.post("/office/duty/shift/", {**body, "starts_at": "", "ends_at": "soon"})
    assert (unread.status_code, "结束时间须晚于开始时间" in text(unread)) == (400, True)
    away = {**body, "starts_at": local(0), "ends_at": local(1)}
    page = lead.post("/office/duty/leave/", away, follow=True)
    assert "正在值班 <b>吴lead</b>" in text(page)


def test_who_does_not_keep_the_roster_reads_it_and_an_auditor_does_not(
    people: dict[str, Person],
) -> None:
    page = text(seated(people["officer"]).get("/office/duty/"))
    assert 'action="/office/duty/shift/"' not in page
    assert seated(people["auditor"]).get("/office/duty/").status_code == 403


def test_an_escalations_page_asks_for_the_call_to_the_police_and_shows_it(
    people: dict[str, Person],
) -> None:
    row, officer = open_one(), seated(people["officer"])
    address = f"/office/escalations/{row.id}/"
    assert "尚无报警记录" in text(officer.get("/office/queue/"))
    assert "尚无报警记录" in text(officer.get(address))
    call = {"revision": 1, "called_at": local(0), "officer": "王警官", "receipt": "A-17"}
    missing = officer.post(f"{address}reported/", {**call, "called_at": ""})
    assert (missing.status_code, "请填写报警电话的日期和时间" in text(missing)) == (400, True)
    page = text(officer.post(f"{address}reported/", call, follow=True))
    assert all(said in page for said in ("已登记报警", "接警人员 王警官", "回执号 A-17"))
    assert "已报警" in text(officer.get("/office/queue/"))
    assert Escalation.objects.get().reported_by == people["officer"].id


def test_an_escalations_page_keeps_somebody_out(people: dict[str, Person]) -> None:
    row, lead = open_one(), seated(people["lead"])
    address = f"/office/escalations/{row.id}/"
    body = {"revision": 1, "people": str(people["officer"].id), "reason": "当事人亲属"}
    page = text(lead.post(f"{address}keep_out/", body, follow=True))
    assert "排除涉事人员" in page
    assert "吴officer" in page
    assert "系统不发送反馈" not in page, "nothing ends it yet"
    assert seated(people["officer"]).get(address).status_code == 404
