"""Visits worth a second look, on a page: where to ask and to help, without a name or a word."""

import datetime as dt
import html
import re

import pytest
from django.test import Client

from backend.accounts.models import Person
from backend.audit.models import AuditEntry
from backend.children.models import Child
from backend.concerns import looking
from backend.console import paging

from . import cases
from .cases import Case
from .test_console_login import log_in
from .test_console_pages import ROLES

WORDS = "家里干净，灶上有饭。"
NAMES = ("龙小燕", "吴小勇")


@pytest.fixture
def people(transactional_db: None) -> dict[str, Person]:
    """Two households of one village, of which the same was written."""
    now = dt.datetime.now(dt.UTC)
    cases.county(now)
    made = {
        username: cases.somebody(username, username, role, area, now)
        for username, (role, area) in ROLES.items()
    }
    answers = {"hukou_registered": "no", "child_seen": "yes", "facts_observed": WORDS}
    for name in NAMES:
        case = Case(name=name, born="2016-01-01", village="522630001217", answers=answers)
        cases.happened(case, by=made["officer"].id, now=now)
    return made


def seated(username: str) -> Client:
    client = Client()
    log_in(client, username)
    return client


def page(client: Client, address: str = "/office/visits/", language: str = "zh-hans") -> str:
    answer = client.get(address, headers={"accept-language": language})
    assert answer.status_code == 200, answer.content
    assert "no-store" in answer.headers["cache-control"]
    return answer.content.decode()


@pytest.mark.parametrize("username", ["township", "officer"])
def test_the_page_shows_where_a_risk_may_have_been_missed_without_a_name_or_a_word(
    people: dict[str, Person], username: str
) -> None:
    client = seated(username)
    assert 'href="/office/visits/"' in page(client, "/office/children/")
    shown = page(client)
    assert "不是批评谁" in shown
    assert "与另一户孩子写得一样" in shown
    assert people["officer"].get_username() in shown
    assert not any(secret in shown for secret in (*NAMES, WORDS, "灶上有饭"))
    for child in Child.objects.all():
        assert f'href="/office/children/{child.id}/"' in shown
        assert client.get(f"/office/children/{child.id}/").status_code == 200


def test_the_page_of_missed_risks_is_complete_in_english(people: dict[str, Person]) -> None:
    shown = page(seated("officer"), language="en")
    assert "not accusations" in shown
    assert "Same words as for a child of another household" in shown


def test_another_county_is_shown_no_visit_and_other_roles_no_page_of_missed_risks(
    people: dict[str, Person],
) -> None:
    shown = page(seated("stranger"))
    assert "最近没有需要回看的走访" in shown
    assert "/office/children/0" not in shown
    for username in ("administrator", "auditor"):
        client = seated(username)
        assert client.get("/office/visits/").status_code == 403
        assert "/office/visits/" not in client.get("/office/", follow=True).content.decode()


def test_only_the_children_of_the_page_that_was_read_stand_on_the_audit_log(
    people: dict[str, Person], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paging, "SIZE", 1)
    client, officer = seated("officer"), people["officer"].id
    listed = looking.listed(viewer=officer, now=dt.datetime.now(dt.UTC))
    following = ""
    for number, (part, _) in enumerate(listed, 1):
        shown = page(client, f"/office/visits/{following}")
        read = AuditEntry.objects.filter(action="child.signs", actor=officer)
        assert (f"/office/children/{part.file}/" in shown, read.count()) == (True, number)
        assert read.latest("id").subject == part.file
        following = html.unescape("".join(re.findall(r'rel="next" href="([^"]+)"', shown)))
    assert len(listed) == len(NAMES)
