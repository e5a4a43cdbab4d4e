"""What a phone sends is judged in the transaction that writes it (rules.md, product.md)."""

import datetime as dt
import json
from random import Random
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from backend.accounts import services as accounts
from backend.accounts.models import Person
from backend.concerns import judge, rulesets
from backend.concerns.models import Concern, Escalation, Finding, Gap
from backend.config import reactions
from backend.duty import services as duty
from backend.visits.models import VisitPart
from deploy.demo_data import answers as demo
from fieldforms import words
from fieldforms.services import publish_forms
from sync import ports, push, rebuild
from sync.oplog import contents
from sync.ports import Sender
from sync.protocol import messages

from .conftest import COUNTY, NOW, VILLAGE, HttpPhone, person
from .test_escalations import OfficeUser
from .test_sync import new, register

DAY, HOUR = dt.timedelta(days=1), dt.timedelta(hours=1)


def branch(when: str, severity: str = "critical", to: str = "police") -> dict[str, Any]:
    do = {"zh": "立即拨打110", "en": "Call 110 now"}
    return {
        "when": when, "severity": severity, "to": [to], "do": do, "says": do,
        "deadline": "now" if severity == "critical" else {"hours": 24},
    }  # fmt: skip


def rule(name: str, *branches: dict[str, Any], sealed: bool = False) -> dict[str, Any]:
    return {
        "id": name, "version": 1, "title": {"zh": "题", "en": "Title"}, "basis": ["mpl-21"],
        "branches": list(branches), "lesson": "young-children-alone", "sealed": sealed,
    }  # fmt: skip


RULES = [
    rule(
        "R10",
        branch("facts.no_adult_now && facts.age_years < 8"),
        branch("facts.no_adult_now", "high", "township"),
    ),
    rule("R2", branch("facts.lives_alone && facts.special_needs", "high", "township")),
    rule("R4", branch("facts.domestic_violence_suspected")),
    rule("R5", branch("facts.sexual_abuse_suspected"), sealed=True),
]


class Phone:
    """Records visits and concerns on a phone, at whatever time, and sends them."""

    def __init__(self, phone: HttpPhone) -> None:
        self.http, self.sent = phone, 0

    def say(
        self, kind: str, file: UUID, data: dict[str, Any], *, back: int = 0, **more: Any
    ) -> UUID:
        """One operation, recorded `back` days ago."""
        target = new()
        self.http.say(kind, target, data, file=file)
        line = json.loads(self.http.log[-1])
        line |= {"wall": (dt.datetime.now(dt.UTC) - back * DAY).isoformat(), **more}
        self.http.log[-1] = json.dumps(line, ensure_ascii=False).encode()
        return target

    def visit(
        self, child: UUID, home: UUID, *, shared: Any = None, back: int = 0, **data: Any
    ) -> UUID:
        visit = self.say("visit.record", home, {"mode": "home", "answers": shared or {}}, back=back)
        return self.say("visit.part", child, {"visit": str(visit), **data}, back=back)

    def send(self) -> list[dict[str, Any]]:
        lines, self.sent = self.http.log[self.sent :], len(self.http.log)
        receipts: list[dict[str, Any]] = self.http.sync(*lines)["receipts"]
        return receipts

    def push(self) -> list[messages.Receipt]:
        """The same, without the pull and its limit."""
        lines, self.sent = self.http.log[self.sent :], len(self.http.log)
        people = frozenset({UUID(self.http.person)})
        sender = Sender(self.http.device, people, COUNTY, revoked=False, scope_hash="")
        now = timezone.now()
        return push.push(lines, sender=sender, wall=now, now=now)[0]


@pytest.fixture
def phone(http_phone: HttpPhone) -> Phone:
    rulesets.publish_rules(RULES, actor=None, now=NOW)
    return Phone(http_phone)


@pytest.fixture
def home(phone: Phone) -> tuple[UUID, UUID]:
    made = child_of_six(phone)
    phone.send()
    return made


def child_of_six(phone: Phone, division: str = VILLAGE) -> tuple[UUID, UUID]:
    """A child and its household, not sent yet."""
    child = register(phone.http, number="")
    card = json.loads(phone.http.log[-1])
    born = timezone.localdate() - dt.timedelta(days=6 * 365 + 30)
    card["data"]["set"]["identity"]["v"]["birth_date"] = born.isoformat()
    card["data"]["set"]["residence"]["v"]["division"] = division
    phone.http.log[-1] = json.dumps(card, ensure_ascii=False).encode()
    return child, UUID(json.loads(phone.http.log[-2])["target"])


ALONE = {"adult_with_child_now": "no", "child_seen": "yes"}
NO_ADULT = {"shared": {"adult_in_home_now": "no", "guardian_event": "hospital"}, "answers": ALONE}


def test_a_child_that_is_not_registered_yet_is_in_danger_as_the_youngest(phone: Phone) -> None:
    child, household = child_of_six(phone)
    registration = phone.http.log[-2:]
    phone.visit(child, household, **NO_ADULT)
    phone.http.sync(registration[0], *phone.http.log[2:])
    assert set(Finding.objects.values_list("rule", "severity")) == {("R10", "critical")}
    phone.http.sync(registration[1])
    assert Finding.objects.count() == 1


def test_a_registration_that_comes_after_the_visit_makes_what_it_says_of_the_child_count(
    phone: Phone,
) -> None:
    """The office repairs a registration, or a colleague's phone brings it: only now is the need known."""
    child, household = child_of_six(phone)
    card = json.loads(phone.http.log[-1])
    card["data"]["add"]["disabilities"] = {"intellectual": {"v": {"grade": 2}, "saw": []}}
    phone.http.log[-1] = json.dumps(card, ensure_ascii=False).encode()
    registration = phone.http.log[-2:]
    part = phone.visit(child, household, answers={"lives_alone": "yes", "child_seen": "yes"})
    late = registration[1]
    phone.http.sync(registration[0], *phone.http.log[2:])
    assert not Finding.objects.exists()
    phone.http.sync(late)
    cause = VisitPart.objects.get(id=part).op
    found = Finding.objects.get()
    assert (found.rule, found.cause, found.file) == ("R2", cause, child)
    phone.http.sync(late)
    assert Finding.objects.count() == 1


def test_words_that_nothing_can_be_made_of_cost_neither_their_visit_nor_its_neighbour(
    phone: Phone, home: tuple[UUID, UUID], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A fault of what reads words: the visit is applied, a variant of it kept, a person reads both."""
    child, household = home
    spoken = words.spoken

    def breaks(data: Any) -> Any:
        if "broken" in json.dumps(data):
            raise KeyError("a library's own")
        return spoken(data)

    monkeypatch.setattr(words, "spoken", breaks)
    part = phone.visit(child, household, answers={"words": "broken", "child_seen": "yes"})
    phone.visit(child, household, **NO_ADULT)
    assert {receipt["outcome"] for receipt in phone.send()} == {"applied"}
    found = Finding.objects.values_list("rule", "severity", "by_hand")
    assert sorted(found) == [("R10", "critical", False), ("facts", "critical", True)]
    cause = VisitPart.objects.get(id=part).op
    assert Finding.objects.get(rule="facts").cause == cause
    phone.say("visit.part2", child, {"answers": {"words": "broken too"}})
    assert phone.send()[0]["code"] == "kind.unknown"
    assert Finding.objects.filter(rule="facts").count() == 2


@pytest.mark.parametrize("why", ["group", "server"])
def test_a_registration_that_waits_counts_for_the_visit_that_came_with_it(
    phone: Phone, monkeypatch: pytest.MonkeyPatch, why: str
) -> None:
    """She guesses twelve; the birth date that waits says six, and where the child lives."""
    child, household = child_of_six(phone)
    if why == "group":
        lines = [json.loads(line) for line in phone.http.log]
        for line in lines:
            line["group"] = {"id": str(UUID(int=3)), "n": 3}
        phone.http.log[:] = [json.dumps(line, ensure_ascii=False).encode() for line in lines]
    else:
        break_registrations(monkeypatch)
    guess = {**NO_ADULT["answers"], "age_guess": 12}
    phone.visit(child, household, shared=NO_ADULT["shared"], answers=guess)
    if why == "group":
        told = phone.send()
        assert [said["outcome"] for said in told] == ["held", "held", "applied", "applied"]
    else:
        told = phone.send()
        assert told[-1]["outcome"] == "applied", told
    assert set(Finding.objects.values_list("rule", "severity")) == {("R10", "critical")}
    row = Escalation.objects.get()
    assert (row.file, row.division, row.to) == (child, VILLAGE, ["police"])
    assert row.deadline == row.received_at


def break_registrations(monkeypatch: pytest.MonkeyPatch) -> None:
    react = ports.ports().react

    def breaks(applied: Any, now: Any) -> Any:
        if any(item.type == "child" for item in applied):
            raise RuntimeError("a bug in what follows from a registration")
        return react(applied, now)

    monkeypatch.setattr(ports.ports(), "react", breaks)


def test_a_registration_without_a_birth_date_leaves_the_age_she_saw(phone: Phone) -> None:
    child, household = child_of_six(phone)
    card = json.loads(phone.http.log[-1])
    del card["data"]["set"]["identity"]["v"]["birth_date"]
    phone.http.log[-1] = json.dumps(card, ensure_ascii=False).encode()
    guess = {**NO_ADULT["answers"], "age_guess": 6}
    phone.visit(child, household, shared=NO_ADULT["shared"], answers=guess)
    phone.send()
    assert set(Finding.objects.values_list("rule", "severity")) == {("R10", "critical")}
    assert Escalation.objects.get().division == VILLAGE


def test_what_another_phone_has_waiting_makes_nobody_older_and_is_not_told(
    phone: Phone, administrator: Person
) -> None:
    """It says that a child nobody has registered is sixteen, and that one without a birth date is six."""
    stranger = person("stranger", "village_supervisor", VILLAGE)
    code = accounts.enrolment_code_create(people=[stranger.id], actor=administrator.id, now=NOW)
    other = Phone(HttpPhone(code))
    for years, more in ((16, {}), (6, {"age_guess": 12})):
        child, household = child_of_six(phone)
        if years == 6:
            card = json.loads(phone.http.log[-1])
            del card["data"]["set"]["identity"]["v"]["birth_date"]
            phone.http.log[-1] = json.dumps(card, ensure_ascii=False).encode()
            phone.send()
        else:
            del phone.http.log[-2:]
        born = {"birth_date": f"{timezone.localdate().year - years}-01-01"}
        other.http.say("child.edit", child, {"set": {"identity": {"v": born, "saw": []}}})
        other.send()
        answers = {**NO_ADULT["answers"], **more}
        phone.visit(child, household, shared=NO_ADULT["shared"], answers=answers)
        assert "age.differs" not in json.dumps(phone.send())
        found = Finding.objects.filter(file=child).values_list("severity", flat=True)
        assert set(found) == {"critical"}, years


def test_the_story_one_escalation_with_its_rule_deadline_and_basis(
    phone: Phone, home: tuple[UUID, UUID]
) -> None:
    child, household = home
    rules = rulesets.current()
    part = phone.visit(child, household, back=2, **NO_ADULT)
    assert [receipt["outcome"] for receipt in phone.send()] == ["applied", "applied"]
    row = Escalation.objects.get()
    finding = Finding.objects.get()
    assert (row.file, row.status, row.severity) == (child, "open", "critical")
    assert (row.to, row.findings, row.division) == (["police"], [finding.id], VILLAGE)
    assert (finding.rule, finding.basis, finding.source) == ("R10", ["mpl-21"], "server")
    assert finding.cause == VisitPart.objects.get(id=part).op
    # Due from when the news came, though it was seen two days before.
    assert row.deadline == row.received_at
    assert row.received_at - row.observed_at > 47 * dt.timedelta(hours=1)
    said = contents([finding.op])[finding.op]
    assert said["facts"] == {"age_years": 6, "no_adult_now": True}
    assert said["ruleset"] == rules.sha256
    assert said["do"]["en"] == "Call 110 now"
    assert list(rebuild.differences()) == []


def test_a_resend_and_a_second_phone_open_nothing_twice(
    phone: Phone, home: tuple[UUID, UUID], administrator: Person, supervisor: Person
) -> None:
    child, household = home
    phone.visit(child, household, **NO_ADULT)
    lines = phone.http.log[2:]
    phone.send()
    assert all(receipt["again"] for receipt in phone.http.sync(*lines)["receipts"])
    code = accounts.enrolment_code_create(people=[supervisor.id], actor=administrator.id, now=NOW)
    other = Phone(HttpPhone(code))
    other.http.sync()
    other.visit(child, household, **NO_ADULT)
    other.send()
    row = Escalation.objects.get()
    assert (Finding.objects.count(), len(row.findings), row.revision) == (2, 2, 2)


def test_if_the_escalation_cannot_be_opened_the_visit_waits(
    phone: Phone, home: tuple[UUID, UUID], monkeypatch: pytest.MonkeyPatch
) -> None:
    child, household = home
    working = reactions.concerns.open_escalations

    def fails(*_: Any) -> Any:
        raise RuntimeError("the queue is broken")

    monkeypatch.setattr(reactions.concerns, "open_escalations", fails)
    phone.visit(child, household, **NO_ADULT)
    receipts = phone.send()
    assert (receipts[-1]["outcome"], receipts[-1]["code"]) == ("held", "server.retry")
    assert not VisitPart.objects.exists()
    assert not Finding.objects.exists()
    monkeypatch.setattr(reactions.concerns, "open_escalations", working)
    push.retry(now=timezone.now() + dt.timedelta(minutes=2))
    assert Escalation.objects.get().findings == [Finding.objects.get().id]
    assert VisitPart.objects.exists()


def test_the_phones_findings_are_joined_and_she_is_told_where_they_differ(
    phone: Phone, home: tuple[UUID, UUID]
) -> None:
    child, household = home
    claims = [{"rule": "R10", "version": 1, "branch": 0}, {"rule": "R2", "version": 1, "branch": 0}]
    phone.visit(child, household, findings=claims, **NO_ADULT)
    part = phone.send()[-1]
    assert dict(Finding.objects.values_list("rule", "source")) == {"R10": "both", "R2": "phone"}
    assert part["flags"] == ["problems"]
    assert part["problems"][0]["code"] == "findings.differ"
    assert "by the phone only: R2" in part["problems"][0]["message"]
    phone.visit(child, household, findings=[claims[0]], **NO_ADULT)
    assert "problems" not in phone.send()[-1].get("flags", [])


def test_a_late_visit_judges_the_later_ones_again_and_only_adds(
    phone: Phone, home: tuple[UUID, UUID]
) -> None:
    child, household = home
    later = phone.visit(child, household, answers={"lives_alone": "yes", "child_seen": "yes"})
    phone.send()
    assert not Finding.objects.exists()
    phone.visit(child, household, back=30, answers={"special_needs": "yes", "child_seen": "yes"})
    phone.send()
    finding = Finding.objects.get()
    assert (finding.rule, finding.cause) == ("R2", VisitPart.objects.get(id=later).op)
    assert finding.received > finding.observed
    phone.visit(child, household, back=60, answers={"special_needs": "yes", "child_seen": "yes"})
    phone.send()
    assert Finding.objects.count() == 1
    assert Escalation.objects.get().revision == 1


def test_what_is_judged_milder_the_second_time_adds_nothing(
    phone: Phone, home: tuple[UUID, UUID]
) -> None:
    child, household = home
    phone.visit(child, household, answers=ALONE)
    phone.send()
    assert Finding.objects.get().severity == "critical"
    older = {"name": "龙小燕", "birth_date": "2014-03-07"}
    phone.http.say("child.edit", child, {"set": {"identity": {"v": older, "saw": []}}})
    phone.visit(child, household, back=9, answers={"child_seen": "yes"})
    phone.send()
    assert Finding.objects.get().severity == "critical"
    phone.visit(child, household, answers=ALONE)
    phone.send()
    assert set(Finding.objects.values_list("severity", flat=True)) == {"critical", "high"}


def test_a_part_is_judged_again_when_the_visit_it_belongs_to_comes(
    phone: Phone, home: tuple[UUID, UUID]
) -> None:
    child, household = home
    shared = {"mode": "home", "answers": {"domestic_violence_suspected": "yes"}}
    visit = phone.say("visit.record", household, shared)
    phone.say("visit.part", child, {"visit": str(visit), "answers": {"child_seen": "yes"}})
    phone.http.sync(phone.http.log[-1])
    assert VisitPart.objects.exists()
    assert not Finding.objects.exists()
    phone.http.sync(phone.http.log[-2])
    assert Finding.objects.get().rule == "R4"


def test_another_persons_visit_in_another_home_is_not_drawn_in(
    phone: Phone, home: tuple[UUID, UUID], administrator: Person
) -> None:
    child, _ = home
    other = person("other", "village_supervisor", VILLAGE)
    code = accounts.enrolment_code_create(people=[other.id], actor=administrator.id, now=NOW)
    stranger = Phone(HttpPhone(code))
    shared = {"mode": "home", "answers": {"domestic_violence_suspected": "yes"}}
    visit = stranger.say("visit.record", new(), shared)
    stranger.send()
    phone.say("visit.part", child, {"visit": str(visit), "answers": {"child_seen": "yes"}})
    phone.send()
    assert VisitPart.objects.exists()
    assert not Finding.objects.exists()


def test_evidence_from_before_the_end_reopens_and_later_evidence_begins_anew(
    phone: Phone, home: tuple[UUID, UUID], administrator: Person
) -> None:
    officer = OfficeUser(person("officer", "county_officer", COUNTY))
    child, household = home
    phone.visit(child, household, **NO_ADULT)
    phone.send()
    row = Escalation.objects.get()
    end = {"outcome": "placed", "reason": "已安置", "feedback": "已安置"}
    officer.post(f"{row.id}/acknowledge", revision=1)
    assert officer.post(f"{row.id}/resolve", revision=2, **end).status_code == 200
    phone.visit(child, household, back=3, **NO_ADULT)
    phone.send()
    row.refresh_from_db()
    assert (row.status, row.episode, len(row.findings)) == ("open", 1, 2)
    officer.post(f"{row.id}/acknowledge", revision=row.revision)
    officer.post(f"{row.id}/resolve", revision=row.revision + 1, **end)
    phone.visit(child, household, **NO_ADULT)
    phone.send()
    assert sorted(Escalation.objects.values_list("episode", "status")) == [
        (1, "resolved"), (2, "open"),
    ]  # fmt: skip


def test_sealed_answers_open_an_escalation_apart_with_the_part_they_came_with(
    phone: Phone, home: tuple[UUID, UUID]
) -> None:
    child, household = home
    part = phone.visit(child, household, **NO_ADULT)
    sealed = {"part": str(part), "answers": {"sexual_abuse_suspected": "yes"}, "skipped": []}
    phone.say("visit.sealed", child, sealed)
    phone.send()
    rows = {row.sealed: row for row in Escalation.objects.all()}
    rules = dict(Finding.objects.values_list("id", "rule"))
    assert [rules[f] for f in rows[True].findings] == ["R5"]
    assert [rules[f] for f in rows[False].findings] == ["R10"]
    empty = {"part": str(phone.visit(child, household, answers={})), "answers": {}, "skipped": []}
    phone.say("visit.sealed", child, empty)
    phone.send()
    assert Finding.objects.count() == 2
    assert set(Gap.objects.values_list("rule", "sealed")) == {
        ("R10", False), ("R4", False), ("R5", True),
    }  # fmt: skip


def test_a_concern_always_reaches_the_office(phone: Phone, home: tuple[UUID, UUID]) -> None:
    child, _ = home
    answers = {"facts_observed": "孩子说害怕回家", "police_called": "no"}
    phone.say("concern.raise", child, {"answers": answers}, form="concern_report")
    stranger = new()
    phone.say("concern.raise", stranger, {"answers": {**answers, "severity": "critical"}})
    assert {receipt["outcome"] for receipt in phone.send()} == {"applied"}
    found = {f.file: f for f in Finding.objects.all()}
    assert (found[child].rule, found[child].severity, found[child].source) == (
        "concern", "high", "person",
    )  # fmt: skip
    assert found[stranger].severity == "critical"
    # Nobody knows where the unknown child lives: it is in the queue of the sender's county.
    assert Escalation.objects.get(file=stranger).division == COUNTY


@pytest.mark.parametrize("division", ["999999999999", "somewhere", ""])
def test_a_division_that_nobody_knows_falls_to_her_county(phone: Phone, division: str) -> None:
    child, _ = child_of_six(phone, division)
    phone.http.log[-2] = phone.http.log[-2].replace(VILLAGE.encode(), division.encode())
    phone.say("concern.raise", child, {"answers": {}})
    phone.send()
    assert Escalation.objects.get().division == COUNTY


@pytest.mark.parametrize("answers", [None, [], "?", {"child_seen": {"a": 1}, "age": [[]]}])
def test_contents_that_cannot_be_used_never_stop_a_visit(
    phone: Phone, home: tuple[UUID, UUID], answers: Any
) -> None:
    child, household = home
    phone.visit(child, household, shared="?", answers=answers, skipped={"a": 1}, findings="?")
    phone.say("visit.sealed", child, {"part": 5, "answers": answers})
    phone.say("concern.raise", child, {"answers": answers, "severity": {"x": 1}})
    assert {receipt["outcome"] for receipt in phone.send()} == {"applied"}
    assert set(Finding.objects.values_list("rule", "sealed")) == {
        ("concern", False), ("concern", True),
    }  # fmt: skip


def test_unusable_answers_are_named_and_count_as_not_collected(
    phone: Phone, home: tuple[UUID, UUID]
) -> None:
    publish_forms(now=NOW)
    child, household = home
    random = Random(1)
    shared = demo.household({})
    part = demo.child(shared, {}, age=6, random=random)
    form = {"form": "household_visit", "form_version": "3"}
    visit = phone.say("visit.record", household, shared.data(mode="home"), **form)
    phone.say("visit.part", child, part.data(visit=str(visit)), **form)
    assert [receipt.get("problems") for receipt in phone.send()] == [None, None]
    wrong = {"adult_with_child_now": "maybe", "我被打": "1", "sexual_abuse_suspected": "?"}
    answers = {**part.answers, **wrong}
    phone.say("visit.part", child, {"visit": str(visit), "answers": answers}, **form)
    (receipt,) = phone.send()
    assert (receipt["outcome"], receipt["flags"]) == ("applied", ["problems"])
    assert {(told["field"], told["code"]) for told in receipt["problems"]} == {
        ("answers.adult_with_child_now", "answer.unknown_code"),
        ("answers", "answer.unknown_question"),
    }
    assert Gap.objects.filter(rule="R10", missing=["no_adult_now"]).exists()
    answers = {"severity": "worst", "concern_kinds": ["alone"]}
    phone.say("concern.raise", child, {"answers": answers}, form="concern_report", form_version="3")
    (problem,) = phone.send()[0]["problems"]
    assert (problem["field"], problem["code"]) == ("answers.severity", "answer.unknown_code")
    assert Concern.objects.get().kind == "alone"
    phone.say(
        "visit.part", child, {"answers": {}, "findings": [{"rule": "\x00"}]},
        form="household_visit", form_version="99\x00", ruleset="\x00",
    )  # fmt: skip
    (receipt,) = phone.send()
    assert receipt["outcome"] == "applied"
    assert "problems" not in receipt


def test_sealed_answers_in_an_open_part_are_judged_all_the_same(
    phone: Phone, home: tuple[UUID, UUID]
) -> None:
    child, household = home
    phone.visit(child, household, answers={"sexual_abuse_suspected": "yes"})
    phone.send()
    assert Finding.objects.get().rule == "R5"
    assert Escalation.objects.get().sealed


def test_until_rules_are_published_those_that_ship_are_in_force(http_phone: HttpPhone) -> None:
    assert judge.in_force().sha256 == rulesets.ruleset(rulesets.shipped()).sha256


def test_judging_costs_the_same_number_of_statements_however_many(phone: Phone) -> None:
    rulesets.current()
    lead = person("lead", "county_lead", COUNTY)
    # Somebody is on call: that nobody is would be told once, with the first.
    duty.shift_create(
        division=COUNTY, person=lead.id, deputies=[], starts_at=NOW - HOUR, ends_at=NOW + 9 * HOUR,
        actor=lead.id, now=NOW,
    )  # fmt: skip
    counts = []
    for size in (1, 50, 500):
        homes = [child_of_six(phone) for _ in range(size)]
        phone.push()
        for child, household in homes:
            phone.visit(child, household, back=1, **NO_ADULT)
            phone.say("concern.raise", child, {"answers": {}})
        with CaptureQueriesContext(connection) as context:
            assert {receipt.outcome for receipt in phone.push()} == {"applied"}
        counts.append(len(context))
    assert Escalation.objects.count() == 551
    assert Finding.objects.count() == 2 * 551
    assert counts[0] == counts[1] == counts[2], counts
