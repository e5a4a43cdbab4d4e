"""One's own messages, how one is reached, dead letters and webhooks, over HTTP (rules.md, "Delivery")."""

from typing import Any

import pytest

from backend.audit.models import AuditEntry
from backend.common import encrypted
from backend.notifications import outbox
from backend.notifications.models import Delivery, Notice, Preference, Webhook
from tests.cast import HERE, Cast

pytestmark = pytest.mark.django_db
CONTACT = "/api/v1/me/contact"


@pytest.fixture(autouse=True)
def nudged(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    told: list[bool] = []
    monkeypatch.setattr("backend.notifications.dead_letters.nudge", lambda: told.append(True))
    monkeypatch.setattr(outbox, "nudge", lambda: told.append(True))
    return told


def read(cast: Cast, name: str, path: str, **more: Any) -> Any:
    answer = cast[name].call("GET", path, **more)
    assert answer.status_code == 200, answer.content
    return answer.json()


def test_messages_come_in_the_language_asked_for_with_the_number_unread(cast: Cast) -> None:
    page = read(cast, "officer", "/api/v1/notices/")
    assert (page["count"], page["unread"]) == (1, 1)
    (item,) = page["results"]
    assert item["title"].startswith("New escalation")
    assert item["link"] == "/office/queue/"
    zh = read(cast, "officer", "/api/v1/notices/", language="zh-hans")
    assert zh["results"][0]["title"].startswith("新预警")


def test_read_is_read_once_and_for_all(cast: Cast) -> None:
    me, notice = cast["officer"], cast.here.ids["notice"]
    others = read(cast, "lead", "/api/v1/notices/")["unread"]
    assert others > 0
    for _ in range(2):
        assert me.call("POST", f"/api/v1/notices/{notice}/read").status_code == 204
    page = read(cast, "officer", "/api/v1/notices/")
    assert (page["count"], page["unread"]) == (1, 0)
    assert read(cast, "officer", "/api/v1/notices/", query="unread=1")["results"] == []
    Notice.objects.update(read_at=None)
    assert me.call("POST", "/api/v1/notices/read").status_code == 204
    assert read(cast, "officer", "/api/v1/notices/")["unread"] == 0
    assert read(cast, "lead", "/api/v1/notices/")["unread"] == others


def test_defaults_are_text_messages_and_mail_for_what_is_critical(cast: Cast) -> None:
    found = read(cast, "officer", CONTACT)
    assert (found["normal"], found["critical"]) == ([], ["email", "sms"])
    assert (found["quiet_from"], found["usual_from"]) == (None, "22:00:00")
    assert found["on"] == []


def test_contact_points_are_hers_alone_and_sealed(cast: Cast) -> None:
    given = {
        "email": "yang@mzj.example.cn", "mobile": "+86 138 0013 8000", "normal": ["email"],
        "critical": ["email", "sms"], "quiet_from": "21:30", "quiet_until": "06:00",
    }  # fmt: skip
    answer = cast["officer"].call("PUT", CONTACT, given)
    assert answer.status_code == 200, answer.content
    assert answer.json()["mobile"] == "13800138000"
    person = cast["officer"].person
    assert person
    row = Preference.objects.get(person=person.id)
    sealed = bytes(row.sealed or b"")
    assert b"yang" not in sealed
    assert b"13800138000" not in sealed
    assert encrypted.key(person.id).open_json(sealed)["email"] == "yang@mzj.example.cn"
    assert read(cast, "lead", CONTACT)["email"] == ""
    line = AuditEntry.objects.get(action="contact.change")
    assert (line.actor, line.subject, line.county, line.detail) == (person.id, person.id, HERE, {})


@pytest.mark.parametrize(
    ("given", "code", "field"),
    [
        ({"critical": ["sms"], "mobile": "12345"}, "contact.mobile", "mobile"),
        ({"critical": []}, "contact.critical", "critical"),
        ({"critical": ["email"]}, "contact.critical", "critical"),
        ({"critical": ["sms"], "quiet_from": "22:00"}, "contact.quiet", "quiet_from"),
        ({"critical": ["sms"], "email": "no address"}, "invalid", "email"),
        ({"critical": ["sms"], "email": "a@b.cn\r\nBcc: x@y.cn"}, "invalid", "email"),
        ({"critical": ["sms"], "email": "杨@mzj.example.cn"}, "invalid", "email"),
        ({"critical": ["pigeon"]}, "invalid", "critical"),
        ({}, "invalid", "critical"),
    ],
)
def test_a_contact_that_cannot_be_used_names_its_field(
    cast: Cast, given: dict[str, Any], code: str, field: str
) -> None:
    answer = cast["officer"].call("PUT", CONTACT, given)
    assert answer.status_code == 400
    assert answer.json()["code"] == code
    assert field in answer.json()["fields"]
    assert not Preference.objects.exists()


def test_dead_letters_say_what_went_to_whom_and_why_not(cast: Cast) -> None:
    (item,) = read(cast, "administrator", "/api/v1/deliveries/")["results"]
    assert item["id"] == str(cast.here.ids["delivery"])
    assert (item["channel"], item["error"], item["state"]) == ("webhook", "http.400", "dead")
    assert item["receiver"] == f"https://oa{HERE}.example.cn/"
    assert item["county"] == HERE


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("channel=sms", 0), ("channel=webhook", 1), ("kind=escalation.opened", 1),
        ("kind=quarantine.alarm", 0), ("state=sent", 0), (f"county={HERE}", 1),
        ("county=522629", 0),
    ],
)  # fmt: skip
def test_dead_letters_can_be_narrowed(cast: Cast, query: str, found: int) -> None:
    assert read(cast, "administrator", "/api/v1/deliveries/", query=query)["count"] == found


def test_a_sealed_dead_letter_is_in_no_list_or_count_but_the_leads(cast: Cast) -> None:
    sealed = str(cast.here.ids["sealed_delivery"])
    for query in ("", "kind=sealed.waiting", "channel=sms"):
        page = read(cast, "administrator", "/api/v1/deliveries/", query=query)
        assert sealed not in [row["id"] for row in page["results"]]
    counts = {
        row["channel"]: row["dead"]
        for row in read(cast, "administrator", "/api/v1/deliveries/status")
    }
    assert counts == {"email": 0, "sms": 0, "webhook": 1}
    mine = read(cast, "lead", "/api/v1/deliveries/")
    assert [row["id"] for row in mine["results"]] == [sealed]


def test_a_channel_that_is_not_set_up_says_so(cast: Cast, settings: Any) -> None:
    def on() -> dict[str, bool]:
        status = read(cast, "administrator", "/api/v1/deliveries/status")
        return {row["channel"]: row["on"] for row in status}

    assert on() == {"email": False, "sms": False, "webhook": True}
    settings.HUXING_SMS_URL = "https://sms.example.cn/"
    assert on() == {"email": False, "sms": True, "webhook": True}


def test_sending_again_starts_anew_under_the_same_key_and_is_on_the_log(
    cast: Cast, nudged: list[bool], django_capture_on_commit_callbacks: Any
) -> None:
    delivery = cast.here.ids["delivery"]
    path = f"/api/v1/deliveries/{delivery}/resend"
    with django_capture_on_commit_callbacks(execute=True):
        assert cast["administrator"].call("POST", path).status_code == 202
    assert nudged == [True]
    row = Delivery.objects.get(id=delivery)
    assert (row.state, row.attempts, row.since, row.error) == ("waiting", 0, None, "")
    line = AuditEntry.objects.get(action="delivery.resend")
    assert (line.subject, line.county) == (delivery, HERE)
    again = cast["administrator"].call("POST", path)
    assert (again.status_code, again.json()["code"]) == (409, "delivery.not_dead")
    assert AuditEntry.objects.filter(action="delivery.resend").count() == 1


def test_a_webhooks_secret_is_shown_once_and_sealed(cast: Cast) -> None:
    given = {"county": HERE, "url": "https://new.example.cn/in"}
    made = cast["administrator"].call("POST", "/api/v1/webhooks/", given).json()
    hook = Webhook.objects.get(id=made["id"])
    sealed = bytes(hook.sealed)
    assert made["secret"].encode() not in sealed
    assert encrypted.key(hook.id).open_json(sealed) == {"secret": made["secret"]}
    listed = read(cast, "administrator", "/api/v1/webhooks/")
    assert "secret" not in listed["results"][0]
    assert {row["county"] for row in listed["results"]} == {HERE}
    line = AuditEntry.objects.filter(action="webhook.create").latest("id")
    assert (line.county, line.detail["host"]) == (HERE, "new.example.cn")
    path = f"/api/v1/webhooks/{made['id']}/"
    kept = cast["administrator"].call("PATCH", path, {"active": False}).json()
    assert (kept["active"], kept["secret"], kept["url"]) == (False, None, given["url"])
    renewed = cast["administrator"].call("PATCH", path, {"new_secret": True}).json()
    assert renewed["secret"] not in (None, made["secret"])


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"county": "522629", "url": "https://x.example.cn/"}, "webhook.county"),
        ({"county": "52263", "url": "https://x.example.cn/"}, "invalid"),
        ({"county": HERE, "url": "http://x.example.cn/"}, "webhook.url"),
        ({"county": HERE, "url": "https://user:pass@x.example.cn/"}, "webhook.url"),
        ({"county": HERE, "url": "https://127.0.0.1/"}, "webhook.url"),
        ({"county": HERE, "url": "https://localhost/"}, "webhook.url"),
        ({"county": HERE, "url": "https://[::1]/"}, "webhook.url"),
        ({"county": HERE, "url": "https://x.example.cn:99999/"}, "webhook.url"),
        ({"county": HERE, "url": "https://x.example.cn/a b"}, "webhook.url"),
        ({"county": HERE, "url": "no address"}, "webhook.url"),
        ({"county": HERE, "url": f"https://oa{HERE}.example.cn/"}, "webhook.known"),
    ],
)
def test_a_webhook_that_cannot_be_used_is_refused(
    cast: Cast, given: dict[str, str], code: str
) -> None:
    answer = cast["administrator"].call("POST", "/api/v1/webhooks/", given)
    assert answer.json()["code"] == code, answer.content
    assert Webhook.objects.filter(county=HERE).count() == 1
