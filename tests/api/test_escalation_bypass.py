"""A suspect in the reporting chain is passed over (rules.md; product.md, "a way round a suspect")."""

import datetime as dt
from typing import Any
from uuid import UUID

import pytest

from backend.accounts.models import Person
from backend.concerns import queries, services
from backend.concerns.errors import FeedbackWithheld, NobodyLeft
from backend.concerns.models import Escalation, Feedback
from backend.notifications.models import Notice
from backend.visits.models import VisitPart
from sync import rebuild
from sync.protocol import ids

from .conftest import COUNTY, NOW, VILLAGE, HttpPhone, person
from .test_escalations import OfficeUser
from .test_sync import register

TOWNSHIP = VILLAGE[:9]
SUSPECT = {"supervisor": "village", "township_worker": "township", "county_worker": "county"}


@pytest.fixture
def desks(administrator: Person) -> dict[str, OfficeUser]:
    cast = {
        "yang": ("township_supervisor", TOWNSHIP), "officer": ("county_officer", COUNTY),
        "lead": ("county_lead", COUNTY), "above": ("county_lead", COUNTY[:4]),
    }  # fmt: skip
    return {name: OfficeUser(person(name, role, prefix)) for name, (role, prefix) in cast.items()}


def accuse(phone: HttpPhone, *suspects: str, child: UUID | None = None) -> UUID:
    """A concern that a child is beaten, and by whom."""
    file = child or register(phone)
    answers = {
        "concern_kinds": ["violence"], "beaten": "yes", "facts_observed": "打人的是他们的主任",
        "suspected_persons": list(suspects), "adult_with_child_now": "yes",
    }  # fmt: skip
    phone.say("concern.raise", ids.uuid7(NOW), {"answers": answers}, file=file)
    return file


def sees(desk: OfficeUser, row: Escalation) -> bool:
    """In list, count and by id alike."""
    listed = [item["id"] for item in desk.get().json()["results"]]
    found = desk.get(f"{row.id}/").status_code == 200
    assert (str(row.id) in listed) == found == (desk.get("counts").json()["total"] > 0)
    return found


def told() -> set[UUID]:
    return set(
        Notice.objects.filter(kind__startswith="escalation.").values_list("person", flat=True)
    )


@pytest.mark.parametrize(
    ("suspect", "see", "hear"),
    [
        ("parent", {"yang", "officer", "lead", "above"}, {"yang", "lead"}),
        ("village_committee", {"yang", "officer", "lead", "above"}, {"yang", "lead"}),
        ("supervisor", {"yang", "officer", "lead", "above"}, {"yang", "lead"}),
        ("township_worker", {"officer", "lead", "above"}, {"lead"}),
        ("county_worker", {"above"}, {"above"}),
    ],
)
def test_whoever_works_at_the_suspects_level_neither_sees_it_nor_is_told(
    http_phone: HttpPhone, desks: dict[str, OfficeUser], suspect: str, see: set[str], hear: set[str]
) -> None:
    accuse(http_phone, suspect)
    http_phone.sync(*http_phone.log)
    row = Escalation.objects.get()
    assert row.skips == SUSPECT.get(suspect, "village" if "village" in suspect else "")
    assert {name for name, desk in desks.items() if sees(desk, row)} == see
    assert told() == {desks[name].id for name in hear}
    assert list(rebuild.differences()) == []


def test_no_webhook_of_the_county_hears_that_the_county_is_suspected(
    http_phone: HttpPhone, desks: dict[str, OfficeUser]
) -> None:
    accuse(http_phone, "county_worker")
    http_phone.sync(*http_phone.log)
    (notice,) = Notice.objects.filter(kind__startswith="escalation.")
    assert (notice.kind, notice.values.keys()) == ("escalation.apart", {"severity", "link"})


def test_a_phone_gets_of_the_accusation_that_it_is_there_and_no_word(
    http_phone: HttpPhone, administrator: Person, supervisor: Person
) -> None:
    """The suspect's phone holds the file; her digest counts the record."""
    file = accuse(http_phone, "supervisor")
    http_phone.say(
        "visit.part", ids.uuid7(NOW),
        {"answers": {"child_seen": "yes", "child_words": "主任打我",
                     "suspected_persons": ["supervisor"]}},
        file=file,
    )  # fmt: skip
    page = http_phone.sync(*http_phone.log)
    text = str(page) + str(http_phone.sync())
    assert "打人的是" not in text
    assert "主任打我" not in text
    assert "withheld" in text


def test_it_gets_an_escalation_of_its_own_so_that_nothing_vanishes_from_the_suspects_queue(
    http_phone: HttpPhone, desks: dict[str, OfficeUser]
) -> None:
    file = accuse(http_phone, "parent")
    http_phone.sync(*http_phone.log)
    accuse(http_phone, "township_worker", child=file)
    http_phone.sync(*http_phone.log[-1:])
    open_one, apart = Escalation.objects.order_by("skips")
    assert (open_one.skips, apart.skips) == ("", "township")
    page = desks["yang"].get().json()
    assert [item["id"] for item in page["results"]] == [str(open_one.id)]
    assert desks["officer"].get().json()["count"] == 2


def test_no_feedback_goes_out_and_the_office_is_told_so(
    http_phone: HttpPhone, desks: dict[str, OfficeUser]
) -> None:
    accuse(http_phone, "supervisor")
    http_phone.sync(*http_phone.log)
    row, officer = Escalation.objects.get(), desks["officer"].id
    services.escalation_acknowledge(escalation=row.id, actor=officer, revision=1, now=NOW)
    ending: dict[str, Any] = {
        "escalation": row.id, "actor": officer, "revision": 2, "outcome": "settled",
        "reason": "已查实", "now": NOW,
    }  # fmt: skip
    with pytest.raises(FeedbackWithheld):
        services.escalation_resolve(feedback="谢谢", **ending)
    services.escalation_resolve(feedback="", **ending)
    assert not Feedback.objects.exists()


def test_a_visit_that_accuses_is_read_by_those_above_alone(
    http_phone: HttpPhone, desks: dict[str, OfficeUser]
) -> None:
    file = register(http_phone)
    answers = {"child_seen": "yes", "child_words": "督导员打我", "beaten": "yes",
               "suspected_persons": ["township_worker"]}  # fmt: skip
    http_phone.say("visit.part", ids.uuid7(NOW), {"answers": answers}, file=file)
    http_phone.sync(*http_phone.log)
    assert VisitPart.objects.get().skips == "township"
    for name, read in (("yang", False), ("officer", True)):
        desk = desks[name]
        (visit,) = desk.client.get(f"/api/v1/children/{file}/visits/", headers=desk.headers).json()[
            "results"
        ]
        assert ("督导员打我" in str(visit), visit["withheld"]) == (read, not read)


def test_the_county_keeps_a_named_person_out_and_somebody_must_be_left(
    http_phone: HttpPhone, desks: dict[str, OfficeUser]
) -> None:
    accuse(http_phone, "unknown")
    http_phone.sync(*http_phone.log)
    row, lead = Escalation.objects.get(), desks["lead"]
    answer = lead.post(
        f"{row.id}/keep-out", revision=1, people=[str(desks["officer"].id)], reason="当事人亲属"
    )
    assert answer.status_code == 200, answer.content
    assert not sees(desks["officer"], row)
    assert sees(desks["yang"], row)
    item, _ = queries.detail(viewer=lead.id, escalation=row.id, now=NOW)
    on = NOW.astimezone(dt.timezone(dt.timedelta(hours=8))).date()
    assert desks["officer"].id not in queries.assignees(escalation=item, on=on)
    with pytest.raises(NobodyLeft):
        services.escalation_keep_out(
            escalation=row.id, people=[lead.id, desks["above"].id], reason="亲属", actor=lead.id,
            revision=2, now=NOW,
        )  # fmt: skip
    assert list(rebuild.differences()) == []


def test_where_nobody_above_the_suspect_has_a_role_the_administrator_hears_that_somebody_is_missing(
    http_phone: HttpPhone, administrator: Person
) -> None:
    accuse(http_phone, "county_worker")
    http_phone.sync(*http_phone.log)
    (notice,) = Notice.objects.filter(person=administrator.id, kind="duty.missing")
    assert notice.values["what"] == "nobody"
