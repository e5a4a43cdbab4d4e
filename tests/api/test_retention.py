"""What has passed its time: technical data goes by itself, a child's file only by two people."""

import datetime as dt
from typing import Any
from uuid import UUID

import pytest
from django.conf import settings
from django.test import override_settings

from backend.accounts import services as accounts
from backend.accounts.models import Confirmation, EnrolmentCode
from backend.audit.models import AuditEntry
from backend.children.models import Child
from backend.erasure.services import WAITS
from backend.notifications.models import Delivery, Notice
from backend.retention import queries, schedule, services
from sync.protocol import ids

from .conftest import COUNTY, NOW, OTHER_COUNTY, person
from .town import CAST, Town

pytestmark = pytest.mark.django_db
DAY = dt.timedelta(days=1)
YEAR = queries.today(NOW).year
GROWN, NEARLY = f"{YEAR - 29}-12-31", f"{YEAR - 28}-01-01"


@pytest.fixture
def town(db: None) -> Town:
    people = CAST | {"lead": ("county_lead", COUNTY), "far_lead": ("county_lead", OTHER_COUNTY)}
    return Town({n: person(n, role, prefix, None) for n, (role, prefix) in people.items()})


def born(town: Town, name: str, day: str) -> UUID:
    identity = {"name": name, "sex": "female", "birth_date": day}
    return town.child(name, identity=identity)


def due(town: Town, by: str) -> list[str]:
    answer = town.desk(by).get("retention/due/")
    assert answer.status_code == 200, answer.content
    return [row["id"] for row in answer.json()["results"]]


def test_every_line_that_is_deleted_or_proposed_is_seen_to_by_an_entry_of_the_beat() -> None:
    lines = schedule.lines().values()
    assert {line.does for line in lines} <= set(schedule.DOES)
    assert {line.set_by for line in lines} <= set(schedule.SET_BY)
    for line in lines:
        assert bool(line.by) == (line.does != "keep"), line.name
        assert not line.by or line.by in settings.CELERY_BEAT_SCHEDULE, line.name
    ours = {line.name for line in lines if line.by == "keep-to-the-schedule"}
    assert ours == set(services.CLEANERS)


def notice(town: Town, key: str, *, read: dt.datetime | None) -> Notice:
    return Notice.objects.create(
        id=ids.uuid7(NOW), key=key, person=town.officer.id, kind="copy.asked", at=NOW, read_at=read
    )


def test_technical_data_goes_when_its_time_has_passed_and_not_before(
    town: Town, monkeypatch: Any
) -> None:
    monkeypatch.setattr(services, "PIECE", 2)
    long_ago, unread = NOW - 366 * DAY, notice(town, "unread", read=None)
    fresh = notice(town, "fresh", read=NOW - 364 * DAY)
    for number in range(5):
        notice(town, f"old {number}", read=long_ago)
    dead = notice(town, "dead letter", read=long_ago)
    for row, state, at in (
        (dead, "dead", long_ago), (unread, "sent", long_ago), (fresh, "sent", NOW - DAY),
    ):  # fmt: skip
        Delivery.objects.create(
            id=ids.uuid7(NOW), notice=row, channel="email", target=row.person, state=state,
            due_at=at, done_at=at,
        )  # fmt: skip
    for digest, ended in (("old", NOW - 8 * DAY), ("new", NOW - DAY)):
        code = EnrolmentCode.objects.create(digest=digest, made_by=town.admin, expires_at=ended)
        code.people.add(town.wu)
    went = services.keep(now=NOW)
    assert went == {"delivery": 1, "notice": 5, "enrolment_code": 1, "guardian_copy": 0}
    assert set(Notice.objects.values_list("key", flat=True)) == {"unread", "fresh", "dead letter"}
    assert set(Delivery.objects.values_list("state", flat=True)) == {"dead", "sent"}
    assert EnrolmentCode.objects.get().digest == "new"
    assert set(services.keep(now=NOW).values()) == {0}


def test_a_file_is_due_ten_years_after_the_year_of_the_18th_birthday_or_when_the_county_says(
    town: Town,
) -> None:
    grown, nearly = born(town, "龙大姐", GROWN), born(town, "龙二姐", NEARLY)
    town.child("龙小燕")
    assert due(town, "admin") == due(town, "lead") == [str(grown)]
    with override_settings(HUXING_KEEP_YEARS_BY_COUNTY={COUNTY: 8}):
        assert set(due(town, "lead")) == {str(grown), str(nearly)}
    with override_settings(HUXING_KEEP_YEARS_BY_COUNTY={COUNTY: 20}):
        assert due(town, "lead") == []
    assert due(town, "far_lead") == []
    for nobody in ("officer", "township", "auditor"):
        assert town.desk(nobody).get("retention/due/").status_code == 403
    assert AuditEntry.objects.filter(action="retention.read", subject=grown).exists()


@pytest.mark.parametrize(
    ("born_on", "on"), [("2000-02-29", "2029-01-01"), ("2000-12-31", "2029-01-01"), ("2001-01-01", "2030-01-01")]
)  # fmt: skip
def test_a_file_is_due_on_the_day_that_is_shown(town: Town, born_on: str, on: str) -> None:
    child = born(town, "龙大姐", born_on)
    day = dt.date.fromisoformat(on)
    assert queries.due_on(dt.date.fromisoformat(born_on), COUNTY) == day
    noon = dt.datetime.combine(day, dt.time(4), dt.UTC)
    asked = {"viewer": town.lead.id}
    # By then the roles, which have no end, still count.
    assert [row.id for row in queries.due(now=noon, **asked)] == [child]
    assert not queries.due(now=noon - DAY, **asked).exists()


def test_nothing_is_erased_by_time_alone_and_the_county_is_told_once_a_month(town: Town) -> None:
    child = born(town, "龙大姐", GROWN)
    for _ in range(2):
        services.keep(now=NOW)
        assert services.propose(now=NOW) == 1
    told = Notice.objects.filter(kind="retention.due")
    assert set(told.values_list("person", flat=True)) == {town.admin.id, town.lead.id}
    assert told.count() == 2
    services.propose(now=NOW + 31 * DAY)
    assert told.count() == 4
    assert Child.objects.filter(id=child).exists()
    assert not Confirmation.objects.exists()


def test_secure_the_erasure_of_a_due_file_takes_two_people_and_seven_days(town: Town) -> None:
    child, young = born(town, "龙大姐", GROWN), town.child("龙小燕")
    ask = town.desk("lead").post
    assert ask(f"retention/due/{young}/erase").status_code == 404, "its time has not passed"
    assert town.desk("admin").post(f"retention/due/{child}/erase").status_code == 403
    assert town.desk("far_lead").post(f"retention/due/{child}/erase").status_code == 404
    answer = ask(f"retention/due/{child}/erase")
    assert (answer.status_code, answer.json()["kind"]) == (202, "file.erase"), answer.content
    assert "article" in answer.json()["reason"] or "Law 19" in answer.json()["reason"]
    (row,) = town.desk("admin").get("retention/due/").json()["results"]
    assert row["waiting"]
    accounts.confirmation_confirm(
        confirmation=UUID(answer.json()["id"]), actor=town.admin.id, now=NOW
    )
    accounts.confirmations_carry_out(now=NOW + WAITS - DAY)
    assert Child.objects.filter(id=child).exists()
    accounts.confirmations_carry_out(now=NOW + WAITS)
    assert not Child.objects.filter(id=child).exists()
    assert Child.objects.filter(id=young).exists()


def test_a_file_with_something_open_is_listed_and_cannot_be_erased(town: Town) -> None:
    """To leave it out would tell whoever may not know of a sealed matter that there is one."""
    child = born(town, "龙大姐", GROWN)
    town.submit(town.office("concern.raise", ids.uuid7(NOW), {"answers": {}}, child))
    assert due(town, "admin") == [str(child)]
    answer = town.desk("lead").post(f"retention/due/{child}/erase")
    assert (answer.status_code, answer.json()["code"]) == (409, "erasure.open")
