"""Each role has its own pages, and no other; what the lists show and what stands in the log."""

import datetime as dt
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone

from backend.accounts.models import Person
from backend.audit.models import AuditEntry
from backend.children.models import Child
from backend.concerns.models import RulesEdition

from . import cases
from .cases import Case
from .test_console_login import log_in

HOME = {
    "officer": "/office/queue/",
    "township": "/office/queue/",
    "administrator": "/office/children/",
    "auditor": "/office/audit/",
}
CLOSED = {
    "officer": ["/office/audit/"],
    "administrator": ["/office/audit/", "/office/queue/"],
    "auditor": ["/office/queue/", "/office/children/"],
}
ROLES = {
    "officer": ("county_officer", cases.COUNTY),
    "township": ("township_supervisor", "522630001"),
    "administrator": ("administrator", cases.COUNTY),
    "auditor": ("auditor", cases.COUNTY),
    "stranger": ("county_officer", cases.OTHER_COUNTY),
}


@pytest.fixture
def people(transactional_db: None) -> dict[str, Person]:
    now = dt.datetime.now(dt.UTC)
    cases.county(now)
    made = {
        username: cases.somebody(username, username, role, area, now)
        for username, (role, area) in ROLES.items()
    }
    visited = {"hukou_registered": "no", "child_seen": "yes"}
    for name, village in (("龙小燕", cases.VILLAGE), ("吴小勇", "522630001217")):
        case = Case(name=name, born="2016-01-01", village=village, answers=visited)
        cases.happened(case, by=made["officer"].id, now=now)
    return made


def seated(username: str) -> Client:
    client = Client()
    log_in(client, username)
    return client


def read(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, address
    return answer.content.decode()


@pytest.mark.parametrize("username", HOME)
def test_each_role_lands_on_its_first_page_and_is_kept_from_the_others(
    people: dict[str, Person], username: str
) -> None:
    client = seated(username)
    assert client.get("/office/").headers["location"] == HOME[username]
    for address in CLOSED.get(username, []):
        answer = client.get(address)
        assert (answer.status_code, "您的角色不能进行此操作" in answer.content.decode()) == (
            403,
            True,
        )


def test_children_are_found_by_pinyin_within_the_area_only(people: dict[str, Person]) -> None:
    client = seated("officer")
    page = read(client, "/office/children/?q=long+xiao")
    assert ("龙小燕" in page, "吴小勇" in page) == (True, False)
    assert AuditEntry.objects.filter(action="child.list", actor=people["officer"].id).count() == 1
    client = seated("township")
    page = read(client, "/office/children/")
    assert ("龙小燕" in page, "吴小勇" in page) == (False, True)
    client = seated("stranger")
    assert "没有符合条件的儿童" in read(client, "/office/children/")


def test_an_unknown_filter_value_narrows_nothing(people: dict[str, Person]) -> None:
    client = seated("officer")
    for address in (
        "/office/queue/?severity=x&page=zero",
        "/office/children/?division=999&page=-1",
    ):
        assert "龙小燕" in read(client, address)


def test_a_step_without_a_number_or_a_person_is_told_in_words(people: dict[str, Person]) -> None:
    client = seated("officer")
    address = read(client, "/office/queue/").split('href="/office/escalations/')[1].split('"')[0]
    address = f"/office/escalations/{address}"
    stale = client.post(f"{address}acknowledge/", {"revision": "many"})
    assert (stale.status_code, "请刷新后再试" in stale.content.decode()) == (409, True)
    assert client.post(f"{address}acknowledge/", {"revision": "1"}).status_code == 302
    nobody = client.post(f"{address}assign/", {"revision": "2", "assigned_to": "nobody"})
    assert (nobody.status_code, "请另选一位工作人员" in nobody.content.decode()) == (409, True)
    assert client.post(f"{address}vanish/", {"revision": "2"}).status_code == 404
    assert client.get(f"{address}acknowledge/").status_code == 405


def test_another_countys_escalation_looks_like_one_that_is_not_there(
    people: dict[str, Person],
) -> None:
    client = seated("officer")
    address = read(client, "/office/queue/").split('href="/office/escalations/')[1].split('"')[0]
    client = seated("stranger")
    hidden = client.get(f"/office/escalations/{address}")
    absent = client.get("/office/escalations/00000000-0000-0000-0000-000000000001/")
    assert (hidden.status_code, absent.status_code) == (404, 404)
    told = [answer.content.decode().partition("<main")[2] for answer in (hidden, absent)]
    assert told[0] == told[1]


def test_a_county_s_own_name_and_colour_of_a_risk_level_are_shown(
    people: dict[str, Person],
) -> None:
    Child.objects.update(risk_level="RED")
    assert "risk red" in read(seated("officer"), "/office/children/")
    content = {"risk_levels": {"RED": {"label": {"zh": "一级", "en": "One"}, "colour": "#c00000"}}}
    RulesEdition.objects.create(
        id=uuid4(), division=cases.COUNTY, content=content, sha256="0" * 64, version=1,
        status="published", drafted_at=timezone.now(), published_at=timezone.now(),
    )  # fmt: skip
    page = read(seated("officer"), "/office/children/")
    assert "risk local" in page
    assert 'fill="#c00000"' in page
    assert "一级</span>" in page


def test_an_auditor_reads_who_saw_what_and_no_name_of_a_child(people: dict[str, Person]) -> None:
    client = seated("officer")
    read(client, "/office/queue/")
    client = seated("auditor")
    page = read(client, "/office/audit/?action=escalation.list")
    assert ("在预警队列中看到儿童" in page, "officer" in page) == (True, True)
    assert "小燕" not in page
    assert AuditEntry.objects.filter(action="audit.read", actor=people["auditor"].id).exists()
    assert "没有符合条件的记录" in read(client, "/office/audit/?until=2001-01-01")


def test_an_escalation_shows_the_words_of_danger_by_the_question_they_answer(
    people: dict[str, Person],
) -> None:
    said = Case(
        name="吴小静", born="2015-01-01", village=cases.VILLAGE,
        answers={"child_seen": "yes", "child_words": "爸爸喝了酒就打"},
    )  # fmt: skip
    row = cases.happened(said, by=people["officer"].id, now=dt.datetime.now(dt.UTC))
    assert "孩子原话：爸爸喝了酒就打" in read(seated("officer"), f"/office/escalations/{row.id}/")
