"""Messages are written once, in the transaction that causes them (rules.md, "Delivery")."""

import datetime as dt
from typing import Any
from uuid import UUID

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from backend.accounts.models import Person
from backend.notifications import models, outbox
from backend.notifications.services import Notice, enqueue
from sync.protocol import ids

from .conftest import COUNTY, NOW, OTHER_COUNTY, person

pytestmark = pytest.mark.django_db
NIGHT = dt.datetime(2026, 5, 4, 15, 30, tzinfo=dt.UTC)  # half past eleven at night in China
MORNING = dt.datetime(2026, 5, 4, 23, 0, tzinfo=dt.UTC)  # the end of the quiet hours
OPENED = {"severity": "high", "division": COUNTY, "deadline": NOW, "link": "/office/queue/"}


@pytest.fixture
def officer() -> Person:
    return person("officer", "county_officer", COUNTY)


@pytest.fixture(autouse=True)
def all_ways_are_on(settings: Any) -> None:
    settings.HUXING_SMTP = {"host": "127.0.0.1"}
    settings.HUXING_SMS_URL = "http://127.0.0.1:1/"


def opened(officer: UUID, key: str = "escalation:1", **more: Any) -> Notice:
    return Notice(
        key=key, person=officer, kind="escalation.opened",
        **{"values": OPENED, "county": COUNTY, **more},
    )  # fmt: skip


def inbox(officer: Person) -> list[str]:
    rows = models.Notice.objects.filter(person=officer.id).order_by("key")
    return list(rows.values_list("key", flat=True))


def ways() -> list[str]:
    return sorted(models.Delivery.objects.values_list("channel", flat=True))


def wishes(officer: Person, **more: Any) -> None:
    models.Preference.objects.create(person=officer.id, **more)


def test_a_message_lies_in_the_inbox_as_codes(officer: Person) -> None:
    enqueue([opened(officer.id, subject=UUID(int=7))], now=NOW)
    row = models.Notice.objects.get()
    assert (row.person, row.kind, row.county, row.at) == (
        officer.id, "escalation.opened", COUNTY, NOW,
    )  # fmt: skip
    assert row.values == {**OPENED, "deadline": NOW.isoformat()}
    assert (row.subject, row.read_at) == (UUID(int=7), None)


def test_who_repeats_herself_adds_nothing(officer: Person) -> None:
    for _ in range(2):
        enqueue([opened(officer.id, critical=True)] * 2, now=NOW)
    models.Notice.objects.update(read_at=NOW)
    # She has an address by now; an old message must not go out again.
    wishes(officer, has_email=True, critical=["email", "sms"])
    enqueue([opened(officer.id, critical=True), opened(officer.id, "escalation:2")], now=NOW)
    assert inbox(officer) == ["escalation:1", "escalation:2"]
    assert ways() == ["sms"]
    assert models.Notice.objects.get(key="escalation:1").read_at == NOW


def test_the_number_of_statements_does_not_depend_on_the_number_of_messages(
    officer: Person,
) -> None:
    counts = []
    for many in (1, 500):
        notices = [opened(officer.id, f"{many}:{n}", critical=True) for n in range(many)]
        with CaptureQueriesContext(
            connection,
        ) as seen:
            enqueue(notices, now=NOW)
        counts.append(len(seen))
    assert counts[0] == counts[1] <= 7
    assert models.Notice.objects.count() == models.Delivery.objects.count() == 501


def test_nothing_is_said_of_what_was_rolled_back(officer: Person) -> None:
    with transaction.atomic():
        enqueue([opened(officer.id, critical=True)], now=NOW)
        transaction.set_rollback(True)
    assert not models.Notice.objects.exists()
    assert not models.Delivery.objects.exists()


def test_a_message_refused_leaves_none_of_the_others(officer: Person) -> None:
    bad = opened(officer.id, "escalation:2", values={"child": "龙小燕"})
    with pytest.raises(ValueError, match="does not declare the value child"):
        enqueue([opened(officer.id), bad], now=NOW)
    assert inbox(officer) == []


def test_critical_ones_go_out_too_where_there_is_an_address(officer: Person) -> None:
    enqueue([opened(officer.id, "a")], now=NOW)
    assert ways() == []
    enqueue([opened(officer.id, "b", critical=True)], now=NOW)
    assert ways() == ["sms"]
    wishes(officer, has_email=True, critical=["email", "sms"], normal=["email"])
    enqueue([opened(officer.id, "c", critical=True), opened(officer.id, "d")], now=NOW)
    assert ways() == ["email", "email", "sms", "sms"]


def test_a_way_that_is_not_configured_is_not_taken(officer: Person, settings: Any) -> None:
    settings.HUXING_SMTP = settings.HUXING_SMS_URL = None
    enqueue([opened(officer.id, critical=True)], now=NOW)
    assert (inbox(officer), ways()) == (["escalation:1"], [])


def test_who_has_left_gets_nothing_outside_the_system(officer: Person) -> None:
    Person.objects.update(is_active=False)
    enqueue([opened(officer.id, critical=True)], now=NOW)
    assert ways() == []


def test_quiet_hours_hold_back_everything_but_what_is_critical(officer: Person) -> None:
    wishes(officer, normal=["sms"], critical=["sms"])
    enqueue([opened(officer.id, "a"), opened(officer.id, "b", critical=True)], now=NIGHT)
    due = dict(models.Delivery.objects.values_list("notice__key", "due_at"))
    assert due == {"a": MORNING, "b": NIGHT}


def test_a_county_and_a_person_have_quiet_hours_of_their_own(
    officer: Person, settings: Any
) -> None:
    settings.HUXING_QUIET_HOURS_BY_COUNTY = {COUNTY: (dt.time(23, 0), dt.time(6, 0))}
    owl = person("owl", "county_officer", COUNTY)
    wishes(officer, normal=["sms"])
    wishes(owl, normal=["sms"], quiet_from=dt.time(3), quiet_until=dt.time(3))
    enqueue([opened(officer.id, "a"), opened(owl.id, "b")], now=NIGHT)
    due = dict(models.Delivery.objects.values_list("notice__key", "due_at"))
    assert due == {"a": MORNING - dt.timedelta(hours=1), "b": NIGHT}


def test_a_countys_own_system_hears_each_thing_once(officer: Person) -> None:
    deputy = person("deputy", "county_lead", COUNTY)
    hooks = {
        county: models.Webhook.objects.create(
            id=ids.uuid7(NOW), county=county, url="https://oa.example.cn/", sealed=b"", made_at=NOW
        )
        for county in (COUNTY, OTHER_COUNTY)
    }
    enqueue([opened(officer.id), opened(deputy.id)], now=NOW)
    enqueue([opened(deputy.id, "later")], now=NOW)
    sealed = Notice(key="s", person=deputy.id, kind="sealed.waiting", county=COUNTY, critical=True)
    enqueue([sealed], now=NOW)
    told = models.Delivery.objects.filter(channel="webhook")
    assert {row.target for row in told} == {hooks[COUNTY].id}
    assert sorted(row.notice.key for row in told) == ["escalation:1", "later"]


@pytest.mark.django_db(transaction=True)
def test_a_worker_is_told_after_the_commit_and_only_if_something_goes_out(
    monkeypatch: pytest.MonkeyPatch, officer: Person
) -> None:
    told: list[bool] = []
    monkeypatch.setattr(outbox, "nudge", lambda: told.append(models.Delivery.objects.exists()))
    with transaction.atomic():
        enqueue([opened(officer.id, "a")], now=NOW)
    assert told == []
    with transaction.atomic():
        enqueue([opened(officer.id, "b", critical=True)], now=NOW)
        assert told == []
    assert told == [True]
