"""The office reads the shown risk level with its reason, sets one, and ends reports by name, on pages."""

import datetime as dt
import re

import pytest
from django.test import Client

from backend.accounts.models import Person
from backend.children.models import Child
from backend.concerns import services
from backend.concerns.models import Concern, Escalation
from sync.entries import Draft
from sync.protocol import ids
from sync.push import submit

from . import cases
from .cases import Case
from .test_console_login import log_in
from .test_console_pages import ROLES


@pytest.fixture
def people(transactional_db: None) -> dict[str, Person]:
    """A county, and a child of whom somebody reported something grave."""
    now = dt.datetime.now(dt.UTC)
    cases.county(now)
    made = {
        username: cases.somebody(username, username, role, area, now)
        for username, (role, area) in ROLES.items()
    }
    case = Case(
        name="龙小燕", born="2016-01-01", village="522630001217",
        answers={"hukou_registered": "no", "child_seen": "yes"},
    )  # fmt: skip
    child = cases.happened(case, by=made["officer"].id, now=now).file
    report = Draft(
        op=ids.uuid7(now), person=made["officer"].id, kind="concern.raise", target=ids.uuid7(now),
        file=child, data={"answers": {"severity": "critical"}}, at=now,
    )  # fmt: skip
    (receipt,) = submit([report], now=now)
    assert receipt.outcome == "applied"
    return made


def seated(username: str) -> Client:
    client = Client()
    log_in(client, username)
    return client


def page(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, answer.content
    return answer.content.decode()


def test_a_page_says_the_shown_risk_level_why_and_that_a_lower_one_does_not_count_yet(
    people: dict[str, Person],
) -> None:
    client, child = seated("township"), Child.objects.get()
    address = f"/office/children/{child.id}/"
    listed = page(client, "/office/children/")
    assert "risk red" in listed
    assert "未结束：有人报告的情况，" in listed
    assert address in listed
    form = page(client, address)
    assert "未结束：有人报告的情况，" in form
    saw = re.findall(r'name="saw" value="([^"]+)"', form)
    given = {"level": "GREEN", "reason": "家访后认为好转", "saw": saw}
    told = client.post(f"{address}risk-level/", given, follow=True).content.decode()
    assert "还有未结束的危险，显示的等级不降低" in told
    assert "risk red" in told
    assert "家访后认为好转" in told
    assert Child.objects.get().risk_level == "GREEN"


def test_a_page_that_is_behind_is_told_and_keeps_the_words_of_a_risk_level(
    people: dict[str, Person],
) -> None:
    client, child = seated("officer"), Child.objects.get()
    given = {"level": "BLUE", "reason": "我的理由", "saw": str(ids.uuid7(dt.datetime.now(dt.UTC)))}
    answer = client.post(f"/office/children/{child.id}/risk-level/", given)
    assert answer.status_code == 409
    assert "其间又有新的填写" in answer.content.decode()
    assert "我的理由" in answer.content.decode()


def test_a_page_ends_reports_by_name_and_only_then_the_risk_level_falls(
    people: dict[str, Person],
) -> None:
    client, now = seated("officer"), dt.datetime.now(dt.UTC)
    row, concern = Escalation.objects.get(), Concern.objects.get()
    row = services.escalation_acknowledge(
        escalation=row.id, actor=people["officer"].id, revision=row.revision, now=now
    )
    services.escalation_resolve(
        escalation=row.id, outcome="settled", reason="已核实", feedback="谢谢",
        actor=people["officer"].id, revision=row.revision, now=now,
    )  # fmt: skip
    assert "risk red" in page(client, "/office/children/")
    address = f"/office/escalations/{row.id}/"
    assert str(concern.id) in page(client, address)
    given = {"concerns": [str(concern.id)], "reason": "已核实"}
    told = client.post(f"{address}concerns/", given, follow=True).content.decode()
    assert "已结束所选报告" in told
    assert str(concern.id) not in told
    assert "risk red" not in page(client, "/office/children/")
    assert str(concern.id) not in page(seated("township"), address)
