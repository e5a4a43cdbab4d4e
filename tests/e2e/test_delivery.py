"""Real receivers that fail in every way, a real worker on a real broker, killed in the middle (DELIVERY).

At the end each message is at its receiver exactly once by its key, or is a dead letter that can be
sent again.
"""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from celery import Celery
from django.db import transaction

from backend.accounts.models import Person
from backend.common import encrypted
from backend.notifications import nudge
from backend.notifications.models import Delivery, Preference, Webhook
from backend.notifications.services import Notice, deliveries_resend, enqueue
from sync.protocol import ids
from tests.api.conftest import COUNTY, person
from tests.receivers import HttpReceiver, MailServer, mailing, receiving, until

from .test_celery import RABBITMQ, Worker, reachable

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
NOW = dt.datetime.now(dt.UTC)
TASK = "backend.notifications.tasks.deliver_all"
PEOPLE = 6


class Postman(Worker):
    """A worker whose channels lead to the receivers of the test."""

    def __init__(self, folder: Path, http: HttpReceiver, mail: MailServer) -> None:
        super().__init__(folder)
        self.channels = {
            "HUXING_SMS_URL": f"{http.address}/sms",
            "HUXING_SMTP_URL": f"smtp://127.0.0.1:{mail.port}",
            "HUXING_WEBHOOK_PRIVATE": "1",
            "HUXING_ADDRESS": "https://huxing.example.cn",
            "CELERY_TASK_DEFAULT_QUEUE": self.queue,
        }

    def _environment(self) -> dict[str, str]:
        return {**super()._environment(), **self.channels}

    def client(self) -> Celery:
        """A process that stores visits, as far as its broker goes."""
        client = self._client()
        client.conf.task_default_queue = self.queue
        return client


@pytest.fixture
def http() -> Iterator[HttpReceiver]:
    with receiving() as receiver:
        yield receiver


@pytest.fixture
def mail() -> Iterator[MailServer]:
    with mailing() as server:
        yield server


@pytest.fixture
def postman(
    tmp_path: Path, http: HttpReceiver, mail: MailServer, monkeypatch: pytest.MonkeyPatch,
    settings: Any,
) -> Iterator[Postman]:  # fmt: skip
    postman = Postman(tmp_path, http, mail)
    client = postman.client()
    monkeypatch.setattr(nudge, "current_app", client)
    settings.HUXING_SMS_URL, settings.HUXING_SMTP = "on", {"host": "on"}
    yield postman
    client.close()
    postman.forget()


@pytest.fixture
def officers(transactional_db: None) -> list[Person]:
    made = [person(f"officer{number}", "county_officer", COUNTY) for number in range(PEOPLE)]
    for officer in made:
        card = {"email": f"{officer.username}@mzj.example.cn", "mobile": ""}
        Preference.objects.create(
            person=officer.id, sealed=encrypted.key(officer.id).seal_json(card), has_email=True,
            critical=["email", "sms"],
        )  # fmt: skip
    return made


def hook(url: str) -> Webhook:
    id_ = ids.uuid7(NOW)
    sealed = encrypted.key(id_, create=True).seal_json({"secret": "of the county"})
    return Webhook.objects.create(id=id_, county=COUNTY, url=url, sealed=sealed, made_at=NOW)


def say(officers: list[Person], key: str) -> None:
    """In the transaction of whatever happened, whose commit nudges the worker."""
    values = {"severity": "critical", "division": COUNTY, "deadline": NOW}
    with transaction.atomic():
        enqueue(
            [
                Notice(key=key, person=officer.id, kind="escalation.opened", values=values,
                       critical=True, county=COUNTY)
                for officer in officers
            ],
            now=dt.datetime.now(dt.UTC),
        )  # fmt: skip


def waiting() -> int:
    return Delivery.objects.filter(state="waiting").count()


def as_if_time_passed(postman: Postman) -> None:
    """The waits between tries, and the lease of a killed worker, are over; beat has its minute."""
    Delivery.objects.filter(state="waiting").update(due_at=dt.datetime.now(dt.UTC))
    postman.send(TASK)


def finish(postman: Postman) -> None:
    def done() -> bool:
        as_if_time_passed(postman)
        return waiting() == 0

    until(done, postman.said(), pause=1.0)


def keys(state: str, *channels: str) -> set[str]:
    rows = Delivery.objects.filter(state=state, channel__in=channels)
    return {str(key) for key in rows.values_list("id", flat=True)}


def mail_keys(mail: MailServer) -> set[str]:
    return {key.strip("<>").partition("@")[0] for key in mail.mails.taken}


def test_every_message_is_at_its_receiver_once_by_key_after_every_failure(
    postman: Postman, officers: list[Person], http: HttpReceiver, mail: MailServer
) -> None:
    hook(f"{http.address}/oa")
    http.moods = [500, "cut", 429, "cut", 503, 400]
    mail.mails.moods = ["451 later", "cut", "554 not this one"]
    postman.start()
    say(officers, "first")
    # Nobody but the commit's nudge has told the worker.
    until(lambda: len(http.asked) >= PEOPLE + 1 and len(mail.mails.taken) >= 4, postman.said())

    # A power cut while letters are under way: claimed, sent, and nobody heard what came of them.
    until(lambda: not http.moods, postman.said())
    http.usual = "hang"
    before = len(http.asked)
    say(officers, "second")
    until(lambda: len(http.asked) > before, postman.said())
    postman.kill()
    assert waiting() > PEOPLE
    http.usual = 200
    say(officers, "while nobody works")
    postman.start()
    finish(postman)

    assert keys("dead", "sms", "webhook") == {came.key for came in http.asked} - set(http.taken)
    assert set(http.taken) == keys("sent", "sms", "webhook")
    assert mail_keys(mail) == keys("sent", "email")
    total = 3 * (2 * PEOPLE + 1)
    assert Delivery.objects.count() == total
    assert len(keys("dead", "sms", "webhook")) == len(keys("dead", "email")) == 1
    # What was cut after it was taken came again, under the same key.
    assert max(http.times.values()) == max(mail.mails.times.values()) == 2

    administrator = person("admin", "administrator", COUNTY)
    dead = Delivery.objects.filter(state="dead")
    now = dt.datetime.now(dt.UTC)
    with transaction.atomic():
        deliveries_resend(
            deliveries=[row.id for row in dead], actor=administrator.id, now=now
        )  # fmt: skip
    finish(postman)
    assert keys("sent", "sms", "webhook") == set(http.taken)
    assert keys("sent", "email") == mail_keys(mail)
    assert len(http.taken) + len(mail.mails.taken) == total


def test_a_day_without_a_broker_loses_nothing_and_two_workers_then_double_nothing(
    tmp_path: Path, postman: Postman, officers: list[Person], http: HttpReceiver, mail: MailServer,
    monkeypatch: pytest.MonkeyPatch, caplog: Any,
) -> None:  # fmt: skip
    deaf = Celery(broker="amqp://127.0.0.1:9//", set_as_current=False)
    with monkeypatch.context() as down:
        down.setattr(nudge, "current_app", deaf)
        down.setattr(nudge, "PAUSE_SECONDS", 0.1)
        for hour in range(0, 24, 2):
            say(officers, f"hour {hour}")
            say(officers, f"hour {hour}")  # a caller that is not sure says it again
        until(lambda: "beat sees to it instead" in caplog.text, "no word of the broker")
    assert waiting() == 12 * 2 * PEOPLE
    (tmp_path / "other").mkdir()
    other = Postman(tmp_path / "other", http, mail)
    try:
        for worker in (postman, other):
            worker.start()
        for worker in (postman, other):
            worker.send(TASK)
        until(lambda: waiting() == 0, postman.said() + other.said())
    finally:
        other.forget()
    assert set(http.taken) == keys("sent", "sms")
    assert len(http.asked) == len(http.taken) == 12 * PEOPLE
    assert mail_keys(mail) == keys("sent", "email")
    assert sum(mail.mails.times.values()) == len(mail.mails.taken) == 12 * PEOPLE


def test_the_broker_of_these_tests_is_rabbitmq_where_there_is_one(postman: Postman) -> None:
    assert (postman.broker == RABBITMQ) == reachable(RABBITMQ)
