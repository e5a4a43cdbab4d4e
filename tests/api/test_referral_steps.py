"""A referral from the need ticked in a visit to its outcome (REFERRALS)."""

import datetime as dt
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from backend.audit.models import AuditEntry
from backend.concerns.models import Escalation
from backend.erasure import services as erasure
from backend.notifications.models import Notice
from backend.referrals import telling
from backend.referrals.models import Referral, ReferralCard
from backend.referrals.needs import draft_needs
from sync import rebuild
from sync.entries import Applied, Entry
from sync.protocol import ids

from .conftest import NOW
from .referred import DUE, TODAY, Office, make
from .test_escalations import open_one

pytestmark = pytest.mark.django_db


@pytest.fixture
def office(db: Any) -> Office:
    return make()


def test_a_referral_is_drafted_for_each_need_once_until_it_has_ended(office: Office) -> None:
    office.visit("medical", "legal")
    office.visit("medical", "none")
    rows = {row.need: row for row in Referral.objects.all()}
    assert {need: row.kind for need, row in rows.items()} == {
        "medical": "referral", "legal": "legal_consultation",
    }  # fmt: skip
    assert {(row.status, row.auto) for row in rows.values()} == {("draft", True)}
    # The township, which refers too, sees it by where the child lives.
    assert office.desk("township").get("referrals/").json()["count"] == 2
    medical = rows["medical"].id
    assert office.send(medical).status_code == 200
    assert office.answer(medical, "refuse", reason="没有床位").status_code == 200
    office.visit("medical")
    assert Referral.objects.filter(need="medical", status="draft").count() == 1
    assert list(rebuild.differences()) == []


def test_a_late_visit_does_not_ask_again_for_a_referral_that_was_done_since(office: Office) -> None:
    office.visit("medical")
    row = Referral.objects.get()
    office.send(row.id)
    office.answer(row.id, "done", outcome="delivered", report="已做康复")
    office.visit("medical", back=3)
    assert Referral.objects.count() == 1


def test_a_need_is_not_drafted_while_an_officers_referral_of_it_is_open(office: Office) -> None:
    office.draft(need="aid")
    office.visit("aid")
    assert Referral.objects.filter(need="aid").count() == 1


def test_the_referral_preview_is_exactly_what_is_sent_and_seen(office: Office) -> None:
    referral = office.draft()
    least = office.desk("officer").post(f"referrals/{referral}/preview").json()["shown"]
    assert set(least) == {"sex", "age", "place"}
    fields = ("name", "school", "guardians")
    seen = office.desk("officer").post(f"referrals/{referral}/preview", fields=list(fields)).json()
    assert seen["shown"] == {
        "name": "龙小燕", "school": "施洞小学", "guardians": ["龙阿公 13800138000"],
    }  # fmt: skip
    assert office.send(referral, *fields).status_code == 200
    theirs = office.desk("clinic").get(f"partner/referrals/{referral}/").json()
    assert theirs["shown"] == seen["shown"] == office.detail(referral)["shown"]
    entry = AuditEntry.objects.get(subject=referral, action="referral.partner_read")
    assert (entry.actor, entry.detail) == (
        office.person("clinic").id, {"fields": ["name", "school", "guardians"]},
    )  # fmt: skip


def test_a_referral_is_not_sent_when_the_file_changed_after_the_preview(office: Office) -> None:
    referral = office.draft()
    answer = office.send(referral, "name", digest="0" * 64)
    assert (answer.status_code, answer.json()["code"]) == (409, "referral.preview")
    assert Referral.objects.get(id=referral).status == "draft"


@pytest.mark.parametrize(
    ("more", "status", "code", "fields"),
    [
        ({"due_on": str(TODAY - dt.timedelta(days=1))}, 400, "referral.date", ["due_on"]),
        ({"purpose": " "}, 400, "invalid", ["purpose"]),
        ({"organisation": str(NOW.year).zfill(32)}, 409, "referral.organisation", ["organisation"]),
        (
            {"kind": "purchased_service", "contract": "采2026-1"},
            400,
            "referral.contract",
            ["amount"],
        ),
        ({"fields": ["bank"]}, 400, "invalid", ["fields"]),
        ({"revision": 7}, 409, "stale", ["revision"]),
    ],
)
def test_a_referral_says_what_is_wrong_with_what_was_given(
    office: Office, more: dict[str, Any], status: int, code: str, fields: list[str]
) -> None:
    answer = office.send(office.draft(), **more)
    said = answer.json()
    assert (answer.status_code, said["code"], said["fields"]) == (status, code, fields)


def test_a_purchased_service_is_a_referral_with_contract_and_amount(office: Office) -> None:
    referral = office.draft(kind="purchased_service")
    office.send(referral, contract="采2026-18", amount="3600.00")
    found = office.desk("clinic").get(f"partner/referrals/{referral}/").json()
    assert (found["kind"], found["contract"], found["amount"]) == (
        "purchased_service", "采2026-18", "3600.00",
    )  # fmt: skip


def test_a_step_that_a_referral_cannot_take_says_which_it_can(office: Office) -> None:
    answer = office.step(office.draft(), "done", outcome="delivered", report="x")
    assert answer.status_code == 409
    assert answer.json()["message"].endswith("possible: Send, Withdraw.")
    lacking = office.step(office.sent(), "refuse").json()
    assert (lacking["fields"], lacking["message"]) == (["reason"], "Please give: Reason.")


def test_an_answer_by_telephone_to_a_referral_is_marked_as_such(office: Office) -> None:
    referral = office.sent()
    assert office.step(referral, "accept", note="电话告知").status_code == 200
    entry = AuditEntry.objects.get(subject=referral, action="referral.accept")
    assert entry.detail == {"by_telephone": True}
    # What the officer wrote about it stays with the office.
    theirs = office.desk("clinic").get(f"partner/referrals/{referral}/").json()
    assert (theirs["status"], theirs["own"]) == ("accepted", [])


def test_a_withdrawn_referral_is_gone_from_the_organisations_view(office: Office) -> None:
    referral = office.sent("name")
    office.step(referral, "withdraw", reason="家庭已解决")
    assert office.desk("clinic").get(f"partner/referrals/{referral}/").status_code == 404
    assert office.desk("clinic").get("partner/referrals/", ended="true").json()["count"] == 0


def test_a_referral_from_an_escalation_makes_it_referred(office: Office) -> None:
    row = open_one(office.child)
    referral = office.draft(escalation=str(row.id), agency="school")
    assert Escalation.objects.get(id=row.id).status == "open"
    office.send(referral)
    row = Escalation.objects.get(id=row.id)
    assert (row.status, row.acknowledged_by) == ("referred", office.person("officer").id)
    # The supervisor hears of escalations by their feedback alone: she may be whom it is about.
    assert ReferralCard.objects.count() == 0
    assert list(rebuild.differences()) == []


def test_messages_about_a_referral_name_nobody(office: Office) -> None:
    referral = office.sent("name")
    (waits,) = Notice.objects.filter(person=office.person("clinic").id)
    link = f"/office/partner/{referral}/"
    assert (waits.kind, waits.values, waits.county) == ("referral.waiting", {"link": link}, "")
    office.answer(referral, "accept")
    office.answer(referral, "done", outcome="delivered", report="龙小燕已就诊")
    kinds = Notice.objects.filter(person=office.person("officer").id).order_by("at", "kind")
    assert {notice.kind for notice in kinds} == {"referral.accepted", "referral.done"}
    assert not [n for n in Notice.objects.all() if "龙小燕" in str(n.values)]


def test_an_overdue_referral_is_told_once_for_each_due_date(office: Office) -> None:
    referral = office.sent()
    later = NOW + dt.timedelta(days=9)
    for _ in range(2):
        assert telling.remind(now=later) == 1
    assert Notice.objects.filter(kind="referral.overdue").count() == 1
    found = office.desk("officer").get("referrals/counts").json()
    assert found == {"draft": 0, "sent": 1, "accepted": 0, "overdue": 0}
    office.step(referral, "extend", due_on=str(TODAY + dt.timedelta(days=8)), reason="医生请假")
    assert telling.remind(now=later) == 1
    assert Notice.objects.filter(kind="referral.overdue").count() == 2
    assert str(Referral.objects.get().due_on) != DUE


def test_a_sealed_referral_is_the_leads_and_nothing_of_it_is_told(office: Office) -> None:
    row = open_one(office.child, sealed=True, rule="R5")
    referral = office.sent("sex", by="lead", escalation=str(row.id))
    assert office.desk("officer").get("referrals/").json()["count"] == 0
    assert office.desk("officer").get(f"referrals/{referral}/").status_code == 404
    assert office.desk("officer").get("referrals/counts").json()["sent"] == 0
    (shown,) = office.desk("lead").get("referrals/").json()["results"]
    assert (shown["child"], shown["name"], shown["organisation_name"]) == (None, "", "")
    assert office.desk("lead").get(f"referrals/{referral}/").json()["code"] == "referral.reason"
    opened = office.desk("lead").post(f"referrals/{referral}/open", reason="办理").json()
    assert opened["name"] == "龙小燕"
    assert ReferralCard.objects.count() == 0
    office.answer(referral, "done", outcome="delivered", report="已就诊")
    told = Notice.objects.get(person=office.person("lead").id, key__startswith="referral")
    assert (told.kind, told.subject) == ("sealed.waiting", None)


def test_needs_of_a_hundred_children_are_drafted_in_as_many_statements_as_of_one(
    office: Office, django_assert_num_queries: Any
) -> None:
    def part() -> Applied:
        entry = Entry(
            op=ids.uuid7(NOW), person=office.person("wu").id, kind="visit.part",
            target=ids.uuid7(NOW), file=ids.uuid7(NOW), data={"answers": {"needs": ["aid"]}},
            wall=NOW, at=int(NOW.timestamp() * 1000), uncertainty=0, received=NOW, shard="522630",
        )  # fmt: skip
        return Applied(entry, "visit_part", {}, created=True)

    for count in (1, 100):
        with django_assert_num_queries(3):
            assert len(draft_needs([part() for _ in range(count)], NOW)) == count


def test_a_list_of_referrals_costs_as_many_statements_as_one_row(office: Office) -> None:
    desk, costs = office.desk("officer"), []
    for _ in range(2):
        office.sent()
        with CaptureQueriesContext(connection) as taken:
            assert desk.get("referrals/").status_code == 200
        costs.append(len(taken))
    assert costs[0] == costs[1]


def test_a_file_with_an_open_referral_is_not_erased(office: Office) -> None:
    referral = office.sent()
    lead = office.desk("lead")
    answer = lead.post(f"children/{office.child}/erase", reason="x")
    assert (answer.status_code, answer.json()["code"]) == (409, "erasure.open")
    office.step(referral, "withdraw", reason="迁出")
    assert lead.post(f"children/{office.child}/erase", reason="x").status_code == 202
    erasure.child_erase(
        child=office.child, reason="x", actor=office.town.lead.id,
        confirmed_by=office.town.officer.id, now=NOW,
    )  # fmt: skip
    # What was shared is gone with the file's key.
    assert Referral.objects.count() == 0


def test_whoever_is_kept_out_of_an_escalation_sees_no_referral_of_it(office: Office) -> None:
    row = open_one(office.child)
    referral = office.sent(by="lead", escalation=str(row.id))
    assert office.desk("officer").get(f"referrals/{referral}/").status_code == 200
    row = Escalation.objects.get(id=row.id)
    people = [str(office.person("officer").id)]
    answer = office.desk("lead").post(
        f"escalations/{row.id}/keep-out", revision=row.revision, people=people, reason="亲属"
    )
    assert answer.status_code == 200, answer.content
    assert office.desk("officer").get(f"referrals/{referral}/").status_code == 404
    assert office.desk("officer").get("referrals/").json()["count"] == 0
    assert office.desk("lead").get(f"referrals/{referral}/").status_code == 200
