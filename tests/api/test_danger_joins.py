"""From answers on a form to who is told: a danger that joins what is in somebody's hands already."""

import datetime as dt
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from django.utils import timezone

from backend.concerns import rulesets, timers
from backend.concerns.models import Escalation, EscalationClock, Finding
from backend.notifications.models import Delivery, Notice
from backend.referrals import queries as referred
from backend.referrals import services as referrals
from fieldforms.services import publish_forms
from sync import rebuild

from .conftest import COUNTY, NOW, person
from .test_judging import Phone
from .town import Desk, Town

HOUR, DAY = dt.timedelta(hours=1), dt.timedelta(days=1)
FORM = {"form": "household_visit", "form_version": "3"}
# Nothing wrong: an adult is there and cares.
CALM = {"child_seen": "yes", "adult_with_child_now": "yes", "actual_carer": "grandparents"}
NO_CERTIFICATE = {"disabled": "yes", "disability_certificate": "no"}
SUICIDE = {"suicide_thoughts": "yes", "child_words": "我不想活了"}
BEATEN = {"beaten": "yes"}
SELDOM = {"parent_contact": "rarely"}


class Scene:
    """A child of a village, its supervisor's phone, and the desks of those above her."""

    def __init__(self, town: Town) -> None:
        publish_forms(now=NOW)
        rulesets.publish_rules(rulesets.shipped(), actor=None, now=NOW)
        self.town = town
        for name, role in (("lead", "county_lead"), ("second", "county_officer")):
            town.people[name] = person(name, role, COUNTY, None)
        self.child = town.child("龙小花", of="wu")
        self.phone = Phone(town.phone("wu"))
        self.phone.http.sync()

    def visit(self, told: dict[str, Any], *, back: int = 0, at: dt.datetime | None = None) -> UUID:
        """A home visit in which the calm answers were given but for these, sent at once."""
        data: dict[str, Any] = {"answers": CALM | told}
        part = self.phone.say("visit.part", self.child, data, back=back, **FORM)
        receipts = self.phone.send()
        assert receipts[-1]["outcome"] == "applied", receipts
        return part

    def report(self, **told: Any) -> None:
        answers = {"adult_with_child_now": "yes", **told}
        more = {"form": "concern_report", "form_version": "3"}
        self.phone.say("concern.raise", self.child, {"answers": answers}, **more)
        self.phone.send()

    def escalation(self) -> Escalation:
        return Escalation.objects.get(file=self.child, sealed=False)

    def step(self, name: str, *, by: str = "officer", **given: Any) -> Escalation:
        row = self.escalation()
        answer = self.town.desk(by).post(
            f"escalations/{row.id}/{name}", revision=row.revision, **given
        )
        assert answer.status_code == 200, answer.content
        return self.escalation()

    def told(self) -> dict[str, set[str]]:
        """Since the last time it was asked: by kind of notice about escalations, who was told."""
        names = {who.id: name for name, who in self.town.people.items()}
        found: dict[str, set[str]] = {}
        for notice in Notice.objects.exclude(
            kind__in=["duty.missing", "visit.unasked", "person.phone"]
        ):
            found.setdefault(notice.kind, set()).add(names[notice.person])
        Notice.objects.all().delete()
        return found


@pytest.fixture
def scene(town: Town) -> Iterator[Scene]:
    yield Scene(town)
    # Whatever came of it, replaying the operations gives the same.
    assert list(rebuild.differences()) == []


def refer(scene: Scene) -> None:
    """Taken on by the officer and referred to an organisation."""
    scene.step("acknowledge")
    people = scene.town.people
    clinic = referrals.organisation_create(
        name="残疾人康复站", kind="health", division=COUNTY, actor=people["admin"].id, now=NOW
    )
    row = referrals.referral_draft(
        child=scene.child, actor=people["officer"].id, now=NOW, escalation=scene.escalation().id
    )
    _, digest = referred.preview(
        viewer=people["officer"].id, referral=row.id, fields=["sex"], now=NOW
    )
    referrals.referral_send(
        referral=row.id, organisation=clinic.id, due_on=timezone.localdate(NOW) + 7 * DAY,
        purpose="评残", fields=["sex"], digest=digest, actor=people["officer"].id, revision=1,
        now=NOW,
    )  # fmt: skip
    assert scene.escalation().status == "referred"


def open_case(scene: Scene) -> None:
    desk = scene.town.desk("officer")
    escalation = str(scene.escalation().id)
    answer = desk.post("cases/", child=str(scene.child), escalation=escalation, reason="残疾无证")
    assert answer.status_code == 201, answer.content
    assert scene.escalation().status == "case_opened"


HANDS = {
    "acknowledged": lambda scene: scene.step("acknowledge"),
    "in_progress": lambda scene: (scene.step("acknowledge"), scene.step("start")),
    "referred": refer,
    "case_opened": open_case,
}


@pytest.mark.parametrize("status", HANDS)
def test_a_new_danger_tells_all_who_have_the_escalation_and_starts_its_clock(
    scene: Scene, status: str
) -> None:
    scene.visit(NO_CERTIFICATE)
    assert scene.told() == {"escalation.opened": {"township"}}
    HANDS[status](scene)
    assert scene.escalation().status == status
    scene.told()
    scene.visit(SUICIDE)
    told = scene.told()["escalation.joined"]
    # R19 goes to township and county; the officer who works on it hears by name.
    assert told >= {"township", "officer"}
    row = scene.escalation()
    assert (row.status, row.severity) == ("open", "high")
    assert row.resume == (status if status in ("referred", "case_opened") else "")
    clock = EscalationClock.objects.get(escalation=row.id)
    assert clock.next_at is not None
    timers.run(now=row.waits_since + 3 * DAY)
    assert scene.escalation().climbs > 0


def test_a_new_danger_goes_back_to_its_referral_by_a_step_that_says_how(scene: Scene) -> None:
    scene.visit(NO_CERTIFICATE)
    refer(scene)
    scene.visit(SUICIDE)
    scene.step("acknowledge")
    early = scene.town.desk("township").post(
        f"escalations/{scene.escalation().id}/resume", revision=scene.escalation().revision,
        reason="镇里看过",
    )  # fmt: skip
    assert early.status_code == 403
    row = scene.step("resume", reason="康复站的心理老师已约孩子，学校同意")
    assert (row.status, row.resume) == ("referred", "")
    assert EscalationClock.objects.get(escalation=row.id).next_at is None
    again = scene.town.desk("officer").post(
        f"escalations/{row.id}/resume", revision=row.revision, reason="再来"
    )
    assert again.status_code == 409
    steps = scene.town.desk("officer").get(f"escalations/{row.id}/").json()["steps"]
    assert steps[-1]["kind"] == "escalation.resume"
    assert "心理老师" in steps[-1]["reason"]


def test_a_second_critical_danger_beside_a_critical_one_is_told(scene: Scene) -> None:
    scene.visit(BEATEN, back=2)
    scene.step("acknowledge")
    scene.told()
    scene.visit({"poisoned": "yes"})
    assert scene.told()["escalation.critical"] >= {"township", "lead", "officer"}
    assert scene.escalation().status == "open"


def test_the_same_danger_in_a_later_visit_is_told_to_all_where_it_is_grave(scene: Scene) -> None:
    scene.visit(BEATEN, back=2)
    scene.step("acknowledge")
    scene.told()
    scene.visit(BEATEN)
    assert scene.told()["escalation.critical"] >= {"township", "lead", "officer"}


def test_a_mild_danger_found_again_lies_in_the_worker_s_inbox_and_nowhere_else(
    scene: Scene, settings: Any
) -> None:
    settings.HUXING_SMS_URL = "http://127.0.0.1:9/"
    scene.visit(SELDOM, back=2)
    scene.step("acknowledge", by="township")
    scene.told()
    Delivery.objects.all().delete()
    before = scene.escalation()
    scene.visit(SELDOM)
    assert scene.told() == {"escalation.seen_again": {"township"}}
    assert not Delivery.objects.exists()
    after = scene.escalation()
    assert len(after.findings) == len(before.findings) + 1
    assert (after.status, after.waits_since) == (before.status, before.waits_since)


def test_a_resend_and_a_late_visit_that_judges_a_danger_again_tell_nobody(scene: Scene) -> None:
    scene.visit(BEATEN)
    scene.step("acknowledge")
    scene.told()
    lines = scene.phone.http.log[-1:]
    assert scene.phone.http.sync(*lines)["receipts"][0]["again"]
    # An older visit: the one after it is judged again, with another history.
    scene.visit({}, back=9)
    assert scene.told() == {}
    assert scene.escalation().status == "acknowledged"
    assert Finding.objects.count() == 1


def test_the_missing_call_to_the_police_is_asked_about_for_each_danger(scene: Scene) -> None:
    called = {"police_called": "yes", "police_receipt": "警回2026-7"}
    scene.visit(BEATEN | called, back=2)
    row = scene.step("acknowledge")
    assert (row.uncalled_since, row.reported_at is None) == ([], False)
    scene.visit(BEATEN)
    row = scene.escalation()
    assert len(row.uncalled_since) == 1
    scene.told()
    timers.run(now=row.received_at + 2 * HOUR)
    assert "escalation.not_reported" in scene.told()
    (item,) = scene.town.desk("officer").get("escalations/").json()["results"]
    assert (item["uncalled"], item["reported_at"] is None) == (1, False)
    scene.visit(called)
    assert scene.escalation().uncalled_since == []


def test_of_a_sealed_danger_that_joins_only_its_named_people_hear(scene: Scene) -> None:
    def sealed(**told: str) -> None:
        part = scene.phone.say("visit.part", scene.child, {"answers": CALM}, **FORM)
        data = {"part": str(part), "answers": told, "skipped": []}
        scene.phone.say("visit.sealed", scene.child, data, **FORM)
        scene.phone.send()

    sealed(sexual_danger="yes")
    assert scene.told() == {"sealed.waiting": {"lead"}}
    row = Escalation.objects.get(sealed=True)
    desk: Desk = scene.town.desk("lead")
    taken = desk.post(f"escalations/{row.id}/acknowledge", revision=row.revision)
    assert taken.status_code == 200, taken.content
    sealed(sexual_abuse_suspected="yes")
    assert scene.told() == {"sealed.waiting": {"lead"}}
    assert Escalation.objects.get(sealed=True).status == "open"


def test_whoever_may_not_work_on_it_any_more_does_not_hear_of_a_new_danger(scene: Scene) -> None:
    scene.visit(NO_CERTIFICATE)
    scene.step("acknowledge")
    scene.town.people["officer"].grants.all().delete()
    scene.told()
    scene.visit(SUICIDE)
    told = scene.told()["escalation.joined"]
    assert "township" in told
    assert "officer" not in told


def test_reminders_of_a_danger_go_past_whoever_may_not_work_on_it_any_more(scene: Scene) -> None:
    scene.visit(NO_CERTIFICATE)
    scene.step("acknowledge")
    second = scene.town.people["second"]
    scene.step("assign", assigned_to=str(second.id))
    second.grants.all().delete()
    scene.visit(SUICIDE)
    scene.told()
    timers.run(now=scene.escalation().waits_since + 21 * HOUR)
    told = scene.told()
    assert told["escalation.due_soon"]
    assert not [kind for kind, people in told.items() if "second" in people]


def test_two_reports_in_a_person_s_own_words_are_two_dangers(scene: Scene) -> None:
    scene.report(concern_kinds=["other"], severity="medium", facts_observed="孩子总在路边")
    scene.step("acknowledge")
    scene.told()
    scene.report(concern_kinds=["other"], severity="medium", facts_observed="有人跟着孩子")
    assert scene.told() == {"escalation.joined": {"township", "lead", "officer"}}
