"""Delivery to receivers that fail in every way; each gets each message once by its key (rules.md, "Delivery")."""

import datetime as dt
import logging
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID

import pytest
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext

from backend.accounts.models import Person
from backend.common import encrypted
from backend.common.errors import NotFound
from backend.notifications import claims, dead_letters, delivery
from backend.notifications.channels import CHANNELS, http, mail, sms, webhook
from backend.notifications.models import Delivery, Notice, Preference, Webhook
from backend.notifications.services import Notice as Say
from backend.notifications.services import enqueue
from sync.protocol import ids
from tests.receivers import HttpReceiver, MailServer, mailing, receiving

from .conftest import COUNTY, NOW, OTHER_COUNTY, person

pytestmark = pytest.mark.django_db
EMAIL = "yang.ming@mzj.example.cn"
MOBILE = "13900000000"  # what everybody of these tests is registered with
SECRET = "a secret of the county"


@pytest.fixture
def receiver() -> Iterator[HttpReceiver]:
    with receiving() as server:
        yield server


@pytest.fixture
def mails() -> Iterator[MailServer]:
    with mailing() as server:
        yield server


@pytest.fixture(autouse=True)
def ways(settings: Any, receiver: HttpReceiver, mails: MailServer) -> None:
    settings.HUXING_SMS_URL = receiver.address + "/sms"
    settings.HUXING_SMTP = {
        "host": "127.0.0.1", "port": mails.port, "user": "", "password": "", "tls": "",
    }  # fmt: skip
    settings.HUXING_WEBHOOK_PRIVATE = True
    settings.HUXING_ADDRESS = "https://huxing.example.cn"
    settings.HUXING_MAIL_FROM = "护行 <huxing@mzj.example.cn>"


@pytest.fixture
def officer() -> Person:
    made = person("officer", "county_officer", COUNTY)
    sealed = encrypted.key(made.id).seal_json({"email": EMAIL, "mobile": ""})
    Preference.objects.create(
        person=made.id, sealed=sealed, has_email=True, critical=["email", "sms"]
    )
    return made


def hook(url: str, county: str = COUNTY) -> Webhook:
    id_ = ids.uuid7(NOW)
    sealed = encrypted.key(id_, create=True).seal_json({"secret": SECRET})
    return Webhook.objects.create(id=id_, county=county, url=url, sealed=sealed, made_at=NOW)


def say(officer: Person, key: str = "escalation:1", *, critical: bool = True) -> None:
    values = {"severity": "high", "division": COUNTY, "deadline": NOW, "link": "/office/queue/"}
    enqueue(
        [
            Say(key=key, person=officer.id, kind="escalation.opened", values=values,
                critical=critical, county=COUNTY, subject=UUID(int=7))
        ],
        now=NOW,
    )  # fmt: skip


def turn(channel: str, *, later: dt.timedelta = dt.timedelta()) -> None:
    delivery.deliver(channel, clock=lambda: NOW + later)


def states(channel: str) -> list[tuple[str, str]]:
    rows = Delivery.objects.filter(channel=channel).order_by("due_at")
    return list(rows.values_list("state", "error"))


def wait_of(channel: str) -> float:
    return (Delivery.objects.get(channel=channel).due_at - NOW).total_seconds()


def test_a_text_message_arrives_as_the_settings_say(
    officer: Person, receiver: HttpReceiver, settings: Any
) -> None:
    settings.HUXING_SMS_HEADERS = {"X-Account": "huxing"}
    settings.HUXING_SMS_BODY = {"to": ["{phone}"], "content": "【护行】{text}", "ref": "{key}"}
    say(officer)
    turn("sms")
    (came,) = receiver.asked
    key = str(Delivery.objects.get(channel="sms").id)
    assert (came.method, came.path, came.headers["X-Account"], came.key) == (
        "POST", "/sms", "huxing", key,
    )  # fmt: skip
    assert (came.json["to"], came.json["ref"]) == ([MOBILE], key)
    assert came.json["content"].endswith("请登录护行查看。 https://huxing.example.cn/office/queue/")
    assert states("sms") == [("sent", "")]
    turn("sms", later=dt.timedelta(days=1))
    assert len(receiver.asked) == 1


def test_a_gateway_may_want_a_form_or_everything_in_the_address(
    officer: Person, receiver: HttpReceiver, settings: Any
) -> None:
    settings.HUXING_SMS_BODY = {"m": "{phone}", "c": "{kind}&{key}"}
    for method, format_ in (("POST", "form"), ("GET", "form")):
        settings.HUXING_SMS_METHOD, settings.HUXING_SMS_FORMAT = method, format_
        say(officer, method)
        turn("sms")
    posted, got = receiver.asked
    assert posted.body.decode() == f"m={MOBILE}&c=escalation.opened%26{posted.key}"
    assert (got.body, got.path) == (b"", f"/sms?m={MOBILE}&c=escalation.opened%26{got.key}")


def test_a_gateway_that_answers_200_to_everything_must_say_yes(
    officer: Person, receiver: HttpReceiver, settings: Any
) -> None:
    settings.HUXING_SMS_SUCCESS = '"code":0'
    receiver.answer_text = '{"code":7}'
    say(officer)
    turn("sms")
    assert states("sms") == [("waiting", "sms.refused")]
    receiver.answer_text = '{"code":0}'
    turn("sms", later=dt.timedelta(minutes=1))
    assert states("sms") == [("sent", "")]


def test_a_mail_arrives_in_the_readers_language_and_keeps_its_id(
    officer: Person, mails: MailServer
) -> None:
    Person.objects.update(language="en")
    say(officer)
    mails.mails.moods = ["451 come again", "cut"]
    for minutes in (0, 1, 3):
        turn("email", later=dt.timedelta(minutes=minutes))
    ((id_, mail_),) = mails.mails.taken.items()
    assert id_ == f"<{Delivery.objects.get(channel='email').id}@mzj.example.cn>"
    assert mails.mails.recipients[id_] == [EMAIL]
    assert mail_["Subject"].startswith("New escalation")
    assert "https://huxing.example.cn/office/queue/" in mail_.get_content()  # type: ignore[attr-defined]
    # The line broke after the mail was taken: it came twice, under one id.
    assert mails.mails.times[id_] == 2
    assert states("email") == [("sent", "")]


def test_a_webhook_hears_codes_words_and_a_signature(
    officer: Person, receiver: HttpReceiver
) -> None:
    hook(receiver.address + "/oa?x=1")
    say(officer)
    turn("webhook")
    (came,) = receiver.asked
    assert came.path == "/oa?x=1"
    assert came.headers["X-Huxing-Signature"] == webhook.signature(
        SECRET, came.headers["X-Huxing-Timestamp"], came.body
    )
    assert came.json["id"] == came.key
    assert came.json["values"]["severity"] == "high"
    assert came.json["subject"] == str(UUID(int=7))
    assert set(came.json["text"]) == {"zh", "en"}


RETRIED = [500, 502, 503, 408, 425, 429, "cut", "hang", "dribble"]


@pytest.mark.parametrize("mood", RETRIED)
def test_what_may_get_better_is_tried_again_under_the_same_key(
    officer: Person, receiver: HttpReceiver, mood: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    receiver.moods = [mood]
    say(officer)
    with monkeypatch.context() as hurried:
        # Only what never ends is cut short: a slow machine may take its time over the rest.
        if mood in ("hang", "dribble"):
            hurried.setattr(http, "READ_SECONDS", 0.2)
            hurried.setattr(http, "ALL_SECONDS", 0.5)
        turn("sms")
    ((state, error),) = states("sms")
    assert state == "waiting"
    expected = {"cut": "cut", "hang": "timeout", "dribble": "timeout"}.get(
        str(mood), f"http.{mood}"
    )
    assert error == expected
    turn("sms", later=dt.timedelta(seconds=10))
    assert len(receiver.asked) == 1
    turn("sms", later=dt.timedelta(seconds=31))
    assert states("sms") == [("sent", "")]
    assert len({came.key for came in receiver.asked}) == 1
    assert list(receiver.taken) == [receiver.asked[0].key]


@pytest.mark.parametrize("mood", [400, 401, 404, 410, 301, 307])
def test_what_cannot_get_better_is_a_dead_letter_at_once(
    officer: Person, receiver: HttpReceiver, mood: int
) -> None:
    receiver.moods = [mood]
    say(officer)
    turn("sms")
    assert states("sms") == [("dead", f"http.{mood}")]
    assert len(receiver.asked) == 1


def test_a_mailbox_that_does_not_exist_is_a_dead_letter_and_a_full_one_is_not(
    officer: Person, mails: MailServer
) -> None:
    say(officer)
    mails.mails.refused = {EMAIL: "452 mailbox full"}
    turn("email")
    assert states("email") == [("waiting", "smtp.452")]
    mails.mails.refused = {EMAIL: "550 no such mailbox"}
    turn("email", later=dt.timedelta(minutes=1))
    assert states("email") == [("dead", "smtp.550")]


def test_a_server_that_is_not_there_is_tried_until_the_time_is_over(
    officer: Person, settings: Any
) -> None:
    settings.HUXING_SMTP = {**settings.HUXING_SMTP, "port": 9}
    say(officer)
    passed, tries = dt.timedelta(), 0
    while states("email")[0][0] == "waiting":
        turn("email", later=passed)
        tries += 1
        passed += dt.timedelta(hours=6)
    assert states("email") == [("dead", "refused")]
    assert passed - dt.timedelta(hours=6) == settings.HUXING_GIVE_UP_AFTER
    assert tries == 9


def test_waits_double_and_stay_short_for_what_is_critical(
    officer: Person, receiver: HttpReceiver
) -> None:
    receiver.usual = 500
    Preference.objects.update(normal=["sms"], quiet_from=dt.time(3), quiet_until=dt.time(3))
    say(officer, critical=False)
    waits = []
    for _ in range(10):
        row = Delivery.objects.get()
        turn("sms", later=row.due_at - NOW)
        waits.append((Delivery.objects.get().due_at - row.due_at).total_seconds())
    assert 22 <= waits[0] <= 30
    assert all(45 * 2**n <= wait <= 60 * 2**n for n, wait in enumerate(waits[1:7]))
    assert 2700 <= waits[-1] <= 3600
    Delivery.objects.update(critical=True)
    row = Delivery.objects.get()
    turn("sms", later=row.due_at - NOW)
    assert (Delivery.objects.get().due_at - row.due_at).total_seconds() <= 300


def test_a_receiver_may_ask_for_a_longer_wait(officer: Person, receiver: HttpReceiver) -> None:
    receiver.moods, receiver.retry_after = [429, 503], "120"
    say(officer)
    turn("sms")
    assert wait_of("sms") == 120
    Delivery.objects.filter(channel="sms").update(due_at=NOW)
    receiver.retry_after = "99999999"
    turn("sms")
    assert wait_of("sms") == 300


def test_a_retry_keeps_the_quiet_hours_too(officer: Person, receiver: HttpReceiver) -> None:
    evening = dt.datetime(2026, 5, 4, 13, 59, 50, tzinfo=dt.UTC)  # ten seconds to ten, in China
    morning = dt.datetime(2026, 5, 4, 23, 0, tzinfo=dt.UTC)
    Preference.objects.update(normal=["sms"])
    say(officer, critical=False)
    Delivery.objects.update(due_at=evening)
    receiver.moods = [500]
    delivery.deliver("sms", clock=lambda: evening)
    assert Delivery.objects.get().due_at == morning


def test_a_killed_workers_rows_come_back_after_their_lease(
    officer: Person, receiver: HttpReceiver
) -> None:
    say(officer)
    (held,) = claims.claim("sms", limit=9, now=NOW)
    assert claims.claim("sms", limit=9, now=NOW + claims.LEASE / 2) == []
    turn("sms", later=claims.LEASE)
    assert states("sms") == [("sent", "")]
    # The first worker was not dead but slow: it has nothing to say any more.
    late = claims.Verdict(claim=held, state="dead", due_at=NOW, error="timeout")
    assert claims.settle([late], now=NOW + claims.LEASE) == set()
    assert states("sms") == [("sent", "")]


def test_a_row_that_a_clock_three_days_ahead_put_off_is_anybodys(officer: Person) -> None:
    """Critical ones wait for a lease or five minutes; others until the night is over, and no longer."""
    Preference.objects.update(normal=["sms"])
    say(officer)
    say(officer, "escalation:2", critical=False)
    both = Delivery.objects.filter(channel="sms")
    for hours, claimed in ((72, 2), (20, 1), (0.05, 0)):
        ahead = NOW + dt.timedelta(hours=hours)
        both.update(due_at=ahead, since=ahead)
        held = claims.claim("sms", limit=9, now=NOW)
        assert len(held) == claimed
        assert all(claim.since == NOW for claim in held), "it is given up in its own time too"


@pytest.mark.django_db(transaction=True)
def test_two_workers_never_hold_the_same_row(officer: Person) -> None:
    for number in range(40):
        say(officer, f"n{number}")

    def take(_: int) -> list[UUID]:
        try:
            return [held.id for held in claims.claim("sms", limit=5, now=NOW)]
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as threads:
        taken = [id_ for held in threads.map(take, range(16)) for id_ in held]
    assert len(taken) == len(set(taken)) == 40


def test_a_batch_costs_the_same_statements_for_one_and_for_many(
    officer: Person, receiver: HttpReceiver
) -> None:
    counts = []
    for many in (1, delivery.BATCH - 1):
        for number in range(many):
            say(officer, f"{many}:{number}")
        with CaptureQueriesContext(connection) as seen:
            turn("sms")
        counts.append(len(seen))
    assert counts[0] == counts[1]
    assert len(receiver.taken) == delivery.BATCH


def test_the_critical_ones_go_first(officer: Person, receiver: HttpReceiver) -> None:
    Preference.objects.update(normal=["sms"], quiet_from=dt.time(3), quiet_until=dt.time(3))
    for number in range(20):
        say(officer, f"{number}", critical=False)
    say(officer, "critical")
    key = str(Delivery.objects.get(critical=True, channel="sms").id)
    turn("sms")
    assert key in {came.key for came in receiver.asked[: delivery.BATCH]}


def test_a_channel_that_is_off_keeps_what_waits_and_makes_no_dead_letters(
    officer: Person, receiver: HttpReceiver, settings: Any
) -> None:
    say(officer)
    gateway, settings.HUXING_SMS_URL = settings.HUXING_SMS_URL, ""
    turn("sms", later=dt.timedelta(days=9))
    assert states("sms") == [("waiting", "")]
    settings.HUXING_SMS_URL = gateway
    turn("sms", later=dt.timedelta(days=9))
    assert states("sms") == [("sent", "")]


def test_nothing_goes_to_somebody_who_left_or_cannot_be_reached(
    officer: Person, receiver: HttpReceiver, mails: MailServer
) -> None:
    closed = hook(receiver.address)
    say(officer)
    Person.objects.update(is_active=False)
    closed.active = False
    closed.save()
    for channel in ("sms", "email", "webhook"):
        turn(channel)
        assert states(channel) == [("void", "nobody")]
    assert (receiver.asked, mails.mails.taken) == ([], {})


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1/", "https://localhost/", "https://10.1.2.3/", "https://192.168.0.1/",
        "https://[::1]/", "https://[::ffff:10.0.0.1]/", "https://169.254.169.254/", "https://0/",
        "http://93.184.215.14/", "https://100.64.0.1/", "ftp://93.184.215.14/", "https:///",
        "https://[2002:7f00:1::]/",
    ],
)  # fmt: skip
def test_a_webhook_leads_neither_into_the_own_network_nor_past_tls(
    officer: Person, settings: Any, url: str
) -> None:
    settings.HUXING_WEBHOOK_PRIVATE = False
    hook(url)
    say(officer)
    turn("webhook")
    assert states("webhook") == [("dead", "address")]


def test_the_address_that_was_checked_is_the_one_that_is_called(
    receiver: HttpReceiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name that resolves to another address the second time (DNS rebinding) gains nothing."""
    asked: list[str] = []
    real = http.socket.getaddrinfo

    def look_up(host: str, *more: Any, **named: Any) -> Any:
        if host != "oa.example.cn":
            return real(host, *more, **named)
        asked.append(host)
        return real("127.0.0.1" if len(asked) == 1 else "10.255.255.1", *more, **named)

    monkeypatch.setattr(http.socket, "getaddrinfo", look_up)
    port = receiver.address.rpartition(":")[2]
    answer = http.request(
        "POST", f"http://oa.example.cn:{port}/", headers={}, body=b"", private=True
    )
    assert answer.status == 200
    assert receiver.asked[0].headers["Host"] == f"oa.example.cn:{port}"


def test_no_address_gets_into_a_log_or_a_row(
    officer: Person, receiver: HttpReceiver, mails: MailServer, caplog: Any
) -> None:
    caplog.set_level(logging.DEBUG)
    receiver.usual, receiver.answer_text = 500, MOBILE
    mails.mails.refused = {EMAIL: f"550 {EMAIL} is unknown"}
    say(officer)
    for channel in ("sms", "email"):
        turn(channel)
    # The mail server of the test keeps a log of its own.
    said = [one.getMessage() for one in caplog.records if one.name != "mail.log"]
    kept = [*Delivery.objects.values_list("error", flat=True), *said]
    assert len(said) >= 2
    assert not any(MOBILE in text or EMAIL in text for text in kept)
    assert EMAIL.encode() not in bytes(Preference.objects.get().sealed or b"")


def test_what_leaves_the_system_names_nobody(
    officer: Person, receiver: HttpReceiver, mails: MailServer
) -> None:
    hook(receiver.address + "/oa")
    say(officer)
    for channel in ("sms", "email", "webhook"):
        turn(channel)
    sms, event = receiver.asked
    (letter,) = mails.mails.taken.values()
    said = [sms.body.decode(), event.body.decode(), letter.as_string()]
    assert not any("吴officer" in one for one in said)
    assert set(sms.json) == {"phone", "text", "id"}
    assert MOBILE not in said[1] + said[2]
    assert EMAIL not in said[0] + said[1]


def test_a_fault_in_one_letter_leaves_the_others_alone(
    officer: Person, receiver: HttpReceiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[int] = []

    def faulty(letter: Any) -> Any:
        calls.append(1)
        if len(calls) == 1:
            raise ValueError(letter.address)
        return sms.send(letter)

    monkeypatch.setitem(CHANNELS, "sms", faulty)  # type: ignore[arg-type]
    say(officer, "a")
    say(officer, "b")
    turn("sms")
    assert sorted(states("sms")) == [("sent", ""), ("waiting", "fault")]


def test_administrators_of_the_county_hear_of_dead_letters_once_a_day(
    officer: Person, receiver: HttpReceiver
) -> None:
    admin = person("admin", "administrator", COUNTY)
    person("far", "administrator", OTHER_COUNTY)
    receiver.usual = 400
    for key in ("a", "b"):
        say(officer, key)
        turn("sms")
    told = Notice.objects.filter(kind="delivery.dead")
    assert [(row.person, row.county) for row in told] == [(admin.id, COUNTY)]


def test_what_passes_over_a_countys_office_is_a_dead_letter_above_the_county_alone(
    officer: Person, receiver: HttpReceiver
) -> None:
    viewers = [
        person(f"admin{area}", "administrator", area)
        for area in (COUNTY, COUNTY + "100", "5226", "", "5227")
    ]
    receiver.usual = 400
    apart = Say(
        key="p", person=officer.id, kind="escalation.apart", values={"severity": "critical"},
        critical=True, county=COUNTY,
    )  # fmt: skip
    enqueue([apart], now=NOW)
    turn("sms")
    assert states("sms") == [("dead", "http.400")]
    seen = [dead_letters.listed(who.id, dead_letters.Filters(), now=NOW).count() for who in viewers]
    assert seen == [0, 0, 1, 1, 0]
    for who in viewers[:2]:
        with pytest.raises(NotFound):
            dead_letters.resend(
                deliveries=[Delivery.objects.get(channel="sms").id], actor=who.id, now=NOW
            )
        counts = {
            one.channel: one.dead + one.waiting for one in dead_letters.status(who.id, now=NOW)
        }
        assert set(counts.values()) == {0}
    assert not Notice.objects.filter(kind="delivery.dead").exists()


def test_nobody_hears_of_a_sealed_dead_letter(officer: Person, receiver: HttpReceiver) -> None:
    person("admin", "administrator", COUNTY)
    receiver.usual = 400
    sealed = Say(key="s", person=officer.id, kind="sealed.waiting", critical=True, county=COUNTY)
    enqueue([sealed], now=NOW)
    turn("sms")
    assert states("sms") == [("dead", "http.400")]
    assert not Notice.objects.filter(kind="delivery.dead").exists()


def test_a_mail_server_that_wants_tls_or_a_log_in_is_told_apart(
    officer: Person, settings: Any
) -> None:
    for tls in ("always", "start"):
        settings.HUXING_SMTP = {**settings.HUXING_SMTP, "tls": tls}
        say(officer, tls)
    turn("email")
    assert {state for state, _ in states("email")} == {"waiting"}
    settings.HUXING_SMTP = {**settings.HUXING_SMTP, "tls": "", "user": "u", "password": "p"}
    turn("email", later=dt.timedelta(minutes=2))
    assert {state for state, _ in states("email")} == {"waiting"}
    assert mail.SECONDS > 0
