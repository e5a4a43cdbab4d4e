"""The bell, the inbox, how one is reached, and dead letters, on the office's pages (DELIVERY)."""

import datetime as dt
import re

import pytest
from django.test import Client

from backend.accounts.models import Person
from backend.notifications.models import Delivery, Notice, Preference
from backend.notifications.services import Notice as Say
from backend.notifications.services import enqueue
from sync.protocol import ids
from tests.api.conftest import COUNTY, person

from .test_console_login import log_in

pytestmark = pytest.mark.django_db
NOW = dt.datetime.now(dt.UTC)


@pytest.fixture
def officer() -> Person:
    return person("officer", "county_officer", COUNTY)


@pytest.fixture
def desk(officer: Person) -> Client:
    client = Client()
    log_in(client, "officer")
    return client


def say(to: Person, key: str, *, critical: bool = False) -> Say:
    values = {"severity": "high", "division": COUNTY, "deadline": NOW, "link": "/office/queue/"}
    said = Say(
        key=key, person=to.id, kind="escalation.opened", values=values, critical=critical,
        county=COUNTY,
    )  # fmt: skip
    enqueue([said], now=NOW)
    return said


def dead(said: Say, to: Person, error: str = "http.503") -> Delivery:
    return Delivery.objects.create(
        id=ids.uuid7(NOW), notice_id=said.id, channel="sms", target=to.id, state="dead",
        due_at=NOW, done_at=NOW, error=error, attempts=9,
    )  # fmt: skip


def page(client: Client, address: str, language: str = "zh-hans") -> str:
    answer = client.get(address, headers={"accept-language": language})
    assert answer.status_code == 200
    return answer.content.decode()


def bell(client: Client) -> str:
    found = re.search(r'class="bell[^>]*aria-label="([^"]*)"', page(client, "/office/queue/"))
    assert found
    return found[1]


def test_the_bell_counts_what_she_has_not_read(desk: Client, officer: Person) -> None:
    assert bell(desk) == "消息（0 条未读）"
    first, _ = say(officer, "a"), say(officer, "b")
    say(person("other", "county_officer", COUNTY), "c")
    assert bell(desk) == "消息（2 条未读）"
    opened = desk.post(f"/office/notices/{first.id}/")
    assert (opened.status_code, opened["Location"]) == (302, "/office/queue/")
    assert bell(desk) == "消息（1 条未读）"
    desk.post("/office/notices/read/")
    assert bell(desk) == "消息（0 条未读）"


def test_the_inbox_is_hers_alone_in_her_language(desk: Client, officer: Person) -> None:
    assert "没有消息" in page(desk, "/office/notices/")
    say(officer, "a", critical=True)
    other = say(person("other", "county_officer", COUNTY), "b")
    shown = page(desk, "/office/notices/")
    assert shown.count("新预警") == 1
    assert "severity critical" in shown
    assert "New escalation" in page(desk, "/office/notices/", "en")
    assert desk.post(f"/office/notices/{other.id}/").status_code == 404
    assert Notice.objects.get(id=other.id).read_at is None
    desk.post("/office/notices/read/")
    assert "没有消息" in page(desk, "/office/notices/?unread=on")


def test_she_chooses_how_she_is_reached_and_keeps_what_was_refused(
    desk: Client, officer: Person
) -> None:
    shown = page(desk, "/office/notices/contact/")
    assert "22:00–07:00" in shown
    assert shown.count("（系统未开通）") == 4
    given = {
        "mobile": "123", "email": "yang@mzj.example.cn", "critical": ["sms", "email"],
        "normal": ["email"], "quiet_from": "21:00", "quiet_until": "06:30",
    }  # fmt: skip
    refused = desk.post("/office/notices/contact/", given)
    words = refused.content.decode()
    assert (refused.status_code, "手机号码不正确" in words, 'value="21:00"' in words) == (
        400, True, True,
    )  # fmt: skip
    bad = desk.post("/office/notices/contact/", {**given, "email": "nothing"})
    assert (bad.status_code, 'value="nothing"' in bad.content.decode()) == (400, True)
    saved = desk.post("/office/notices/contact/", {**given, "mobile": "13800138000"}, follow=True)
    words = saved.content.decode()
    for part in ("已保存", 'value="13800138000"', 'value="21:00"', 'value="yang@mzj.example.cn"'):
        assert part in words
    row = Preference.objects.get(person=officer.id)
    assert (row.normal, row.critical) == (["email"], ["email", "sms"])


def test_dead_letters_say_why_and_are_sent_again(officer: Person) -> None:
    administrator = Client()
    person("admin", "administrator", COUNTY)
    log_in(administrator, "admin")
    assert "没有符合条件的消息" in page(administrator, "/office/deliveries/")
    rows = [dead(say(officer, key), officer) for key in ("a", "b", "c")]
    shown = page(administrator, "/office/deliveries/")
    assert shown.count("对方系统拒绝 (http.503)") == 3
    assert "吴officer" in shown
    assert "未开通" in shown
    sent = administrator.post("/office/deliveries/resend/", {"delivery": rows[0].id}, follow=True)
    assert "正在重新发送" in sent.content.decode()
    again = administrator.post("/office/deliveries/resend/", {"delivery": rows[0].id}, follow=True)
    assert "此消息已送达" in again.content.decode()
    administrator.post("/office/deliveries/resend/", {"delivery": [row.id for row in rows[1:]]})
    assert set(Delivery.objects.values_list("state", flat=True)) == {"waiting"}
    assert administrator.post("/office/deliveries/resend/", {"delivery": "x"}).status_code == 404
    assert "吴officer" in page(administrator, "/office/deliveries/?state=waiting")


def test_dead_letters_are_not_for_officers(desk: Client, officer: Person) -> None:
    row = dead(say(officer, "a"), officer)
    assert desk.get("/office/deliveries/").status_code == 403
    assert desk.post("/office/deliveries/resend/", {"delivery": row.id}).status_code == 403
    assert "/office/deliveries/" not in page(desk, "/office/queue/")
