"""From words that a phone pushes to who is told of them: body and sex, beating and dying, and nothing."""

import json
from typing import Any
from uuid import UUID

import pytest

from backend.accounts import services as accounts
from backend.accounts.models import Person
from backend.concerns import rulesets
from backend.concerns.models import Escalation, Finding
from backend.notifications.models import Notice
from backend.visits.models import VisitPart
from fieldforms.services import publish_forms
from sync import rebuild
from sync.oplog import contents

from .conftest import COUNTY, NOW, VILLAGE, HttpPhone, person
from .test_escalations import OfficeUser
from .test_judging import Phone, child_of_six
from .test_sync import new

TOWNSHIP = VILLAGE[:9]
BODY, BEATEN = "他摸我，让我不要说", "爸爸喝了酒就打"
HARMLESS = "爸爸打工，妈妈打电话来；性格好，奶奶摸摸她的头，累死了，课文死记硬背"
FORMS = {"visit.part": "household_visit", "concern.raise": "concern_report"}
LEFT = {"words_under_seal": "other_matter"}


@pytest.fixture
def desks(administrator: Person) -> dict[str, OfficeUser]:
    cast = {
        "yang": ("township_supervisor", TOWNSHIP), "officer": ("county_officer", COUNTY),
        "lead": ("county_lead", COUNTY), "auditor": ("auditor", COUNTY),
    }  # fmt: skip
    return {name: OfficeUser(person(name, role, prefix)) for name, (role, prefix) in cast.items()}


@pytest.fixture
def phone(http_phone: HttpPhone, desks: dict[str, OfficeUser]) -> Phone:
    publish_forms(now=NOW)
    rulesets.publish_rules(rulesets.shipped(), actor=None, now=NOW)
    return Phone(http_phone)


@pytest.fixture
def home(phone: Phone) -> tuple[UUID, UUID]:
    made = child_of_six(phone)
    phone.send()
    return made


def told(desks: dict[str, OfficeUser]) -> set[tuple[str, str]]:
    """Who was told of what: somebody whom no desk is named after is named by her id."""
    names = {desk.id: name for name, desk in desks.items()}
    rows = Notice.objects.exclude(kind__startswith="duty.").exclude(
        kind__in=["visit.unasked", "person.phone"]
    )
    rows = rows.values_list("person", "kind")
    return {(names.get(who, str(who)), kind) for who, kind in rows}


def say(phone: Phone, kind: str, child: UUID, answers: dict[str, Any], **data: Any) -> UUID:
    form = {"form": FORMS[kind], "form_version": "3"} if kind in FORMS else {}
    return phone.say(kind, child, {"answers": answers, "skipped": [], **data}, **form)


def seal(phone: Phone, child: UUID, of: UUID, answers: dict[str, Any], name: str = "part") -> None:
    phone.say("visit.sealed", child, {name: str(of), "answers": answers, "skipped": []})


def sees(desk: OfficeUser, row: Escalation) -> bool:
    """In list, count and by id alike."""
    listed = [item["id"] for item in desk.get().json()["results"]]
    found = desk.post(f"{row.id}/open", reason="看原话").status_code == 200
    assert (str(row.id) in listed) == found == (desk.get("counts").json()["total"] > 0)
    return found


def test_words_of_danger_tell_the_township_and_the_county(
    phone: Phone, home: tuple[UUID, UUID], desks: dict[str, OfficeUser]
) -> None:
    say(phone, "visit.part", home[0], {"child_seen": "yes", "child_words": BEATEN})
    (receipt,) = phone.send()
    assert receipt["outcome"] == "applied"
    assert "problems" not in receipt
    row, finding = Escalation.objects.get(), Finding.objects.get()
    assert (finding.rule, finding.severity, finding.sealed, finding.by_hand) == (
        "words", "high", False, True,
    )  # fmt: skip
    assert (row.severity, row.to) == ("high", ["county_officer", "township"])
    assert told(desks) == {("yang", "escalation.opened"), ("lead", "escalation.opened")}
    detail = desks["yang"].get(f"{row.id}/").json()
    assert detail["findings"][0]["facts"] == {"child_words": BEATEN}
    assert list(rebuild.differences()) == []


def test_words_of_body_tell_the_named_person_of_the_county_and_nobody_else(
    phone: Phone, home: tuple[UUID, UUID], desks: dict[str, OfficeUser]
) -> None:
    say(phone, "visit.part", home[0], {"child_seen": "yes", "child_words": BODY})
    page = phone.http.sync(phone.http.log[-1])
    row, finding = Escalation.objects.get(), Finding.objects.get()
    assert (finding.rule, finding.severity, finding.sealed) == ("words_sealed", "high", True)
    assert (row.sealed, row.to) == (True, ["county_officer"])
    assert told(desks) == {("lead", "sealed.waiting")}
    assert {name for name, desk in desks.items() if name != "auditor" and sees(desk, row)} == {
        "lead"
    }
    # Neither her receipt nor what any phone pulls says that anything was found.
    (receipt,) = page["receipts"]
    assert receipt.keys().isdisjoint({"problems", "flags", "fields"})
    phone.http.cursor = None
    pulled = json.dumps([page, phone.http.sync()], ensure_ascii=False)
    assert not any(word in pulled for word in ("words_sealed", "密封", str(row.id)))
    assert list(rebuild.differences()) == []


def test_open_words_of_a_sealed_matter_go_round_whom_its_sealed_part_accuses(
    phone: Phone, home: tuple[UUID, UUID], desks: dict[str, OfficeUser]
) -> None:
    """The danger is told above the county, and the accused of the county hear of neither."""
    child, _ = home
    part = say(phone, "visit.part", child, {"child_seen": "yes", "child_words": BODY})
    suspect = {"sexual_abuse_suspected": "yes", "sealed_suspected_persons": ["county_worker"]}
    seal(phone, child, part, suspect)
    phone.send()
    rows = Finding.objects.values_list("rule", flat=True)
    assert sorted(rows) == ["R5", "words_sealed"]
    row = Escalation.objects.get()
    assert (row.sealed, row.skips, len(row.findings)) == (True, "county", 2)
    assert told(desks) == set()
    assert not sees(desks["lead"], row)


def test_the_named_person_reads_the_words_that_led_to_a_sealed_danger(
    phone: Phone, home: tuple[UUID, UUID], desks: dict[str, OfficeUser]
) -> None:
    """Those of the whole visit too."""
    child, household = home
    shared = {"mode": "home", "answers": {"met_who": "叔叔摸她，村里都知道"}}
    visit = phone.say("visit.record", household, shared)
    answers = {"child_words": HARMLESS, "police_called": "yes", "police_receipt": "2026-1"}
    say(phone, "visit.part", child, answers, visit=str(visit))
    phone.send()
    row = Escalation.objects.get()
    detail = desks["lead"].post(f"{row.id}/open", reason="看原话").json()
    (finding,) = detail["findings"]
    assert finding["facts"] == {"met_who": "叔叔摸她，村里都知道"}
    assert finding["source"]["answers"]["child_words"] == HARMLESS
    assert finding["source"]["shared"]["met_who"] == "叔叔摸她，村里都知道"
    assert not any("110" in text for text in finding["do"].values())
    # The call in the open part is about something else: nobody may think that this one was made.
    assert (detail["police"], row.reported_at) == ([], None)


def test_a_call_written_beside_words_of_body_counts_for_the_open_danger_alone(
    phone: Phone, home: tuple[UUID, UUID]
) -> None:
    child, _ = home
    say(phone, "visit.part", child, {"child_seen": "yes", "beaten": "yes"})
    phone.send()
    called = {"police_called": "yes", "police_receipt": "2026-2", "child_words": BODY}
    say(phone, "visit.part", child, called)
    phone.send()
    calls = dict(Escalation.objects.values_list("sealed", "reported_at"))
    assert calls[False] is not None
    assert calls[True] is None


@pytest.mark.parametrize("kind", ["visit.part", "concern.raise"])
def test_harmless_words_are_no_danger_and_tell_nobody(
    phone: Phone, home: tuple[UUID, UUID], desks: dict[str, OfficeUser], kind: str
) -> None:
    say(phone, kind, home[0], {"child_words": HARMLESS, "facts_observed": "打针，打扫，摸底。"})
    phone.send()
    assert not Finding.objects.filter(rule__startswith="words").exists()
    if kind == "visit.part":
        assert told(desks) == set()


def test_a_report_with_words_of_danger_is_read_like_a_visit(
    phone: Phone, home: tuple[UUID, UUID], desks: dict[str, OfficeUser]
) -> None:
    answers = {"severity": "low", "facts_observed": f"{BODY}，{BEATEN}"}
    say(phone, "concern.raise", home[0], answers)
    phone.send()
    found = set(Finding.objects.values_list("rule", "severity", "sealed"))
    assert found == {
        ("concern", "low", False), ("words", "high", False), ("words_sealed", "high", True),
    }  # fmt: skip
    assert {("lead", "sealed.waiting"), ("yang", "escalation.opened")} <= told(desks)


@pytest.mark.parametrize("together", [True, False])
def test_words_that_she_says_are_about_another_matter_are_no_danger(
    phone: Phone, home: tuple[UUID, UUID], desks: dict[str, OfficeUser], together: bool
) -> None:
    """Her answer is sealed too: that she was asked tells what the words look like."""
    child, _ = home
    part = say(phone, "visit.part", child, {"child_words": BODY})
    lines = phone.http.log[-1:]
    seal(phone, child, part, LEFT)
    lines += phone.http.log[-1:]
    for push in [lines] if together else [lines[1:], lines[:1]]:
        phone.http.sync(*push)
    assert not Finding.objects.exists()
    assert told(desks) == set()


def test_nobody_else_can_answer_for_the_words_of_a_danger(
    phone: Phone, home: tuple[UUID, UUID], administrator: Person
) -> None:
    child, _ = home
    other = person("other", "village_supervisor", VILLAGE)
    code = accounts.enrolment_code_create(people=[other.id], actor=administrator.id, now=NOW)
    stranger = Phone(HttpPhone(code))
    part = new()
    phone.http.say("visit.part", part, {"answers": {"child_words": BODY}}, file=child)
    seal(stranger, child, part, LEFT)
    stranger.send()
    phone.send()
    assert set(Finding.objects.values_list("rule", flat=True)) == {"words_sealed"}


def test_words_moved_under_seal_tell_the_named_person_at_once(
    phone: Phone, home: tuple[UUID, UUID], desks: dict[str, OfficeUser]
) -> None:
    child, _ = home
    part = say(phone, "visit.part", child, {"child_seen": "yes", "child_words": ""})
    seal(phone, child, part, {"sealed_words": BODY, "words_under_seal": "moved"})
    phone.send()
    row, finding = Escalation.objects.get(), Finding.objects.get()
    assert (finding.rule, finding.sealed, row.severity) == ("concern", True, "high")
    assert row.deadline == row.received_at
    assert told(desks) == {("lead", "sealed.waiting")}
    # Quiet hours do not hold it back.
    assert Notice.objects.get(kind="sealed.waiting").critical
    assert not any("110" in text for text in contents([finding.op])[finding.op]["do"].values())


def test_a_sealed_tick_beside_the_words_is_judged_by_its_rule(
    phone: Phone, home: tuple[UUID, UUID]
) -> None:
    child, _ = home
    part = say(phone, "visit.part", child, {"child_seen": "yes"})
    seal(phone, child, part, {"sealed_words": BODY, "sexual_abuse_suspected": "yes"})
    phone.send()
    assert set(Finding.objects.values_list("rule", "severity")) == {("R5", "critical")}


def test_words_of_danger_are_found_once_however_often_they_are_judged(phone: Phone) -> None:
    """A resend; the registration that comes after the visit; an earlier visit that comes late."""
    child, household = child_of_six(phone)
    registration = phone.http.log[-2:]
    part = say(phone, "visit.part", child, {"child_words": BODY + BEATEN})
    line = phone.http.log[-1]
    # What the phone claims to have shown is not claimed again when the part is judged again.
    claims = [{"rule": "R4", "version": 1, "branch": 0, "severity": "critical"}]
    claimed = say(phone, "visit.part", child, {"child_words": BEATEN}, findings=claims)
    phone.http.sync(registration[0], line, phone.http.log[-1])
    expected = {
        (part, "words"): 1, (part, "words_sealed"): 1, (claimed, "R4"): 1,
    }  # fmt: skip
    assert counted() == expected
    phone.http.sync(line)
    phone.http.sync(registration[1])
    phone.sent = len(phone.http.log)
    phone.visit(child, household, back=3, answers={"child_seen": "yes"})
    phone.send()
    assert counted() == expected
    assert list(rebuild.differences()) == []


def counted() -> dict[tuple[UUID, str], int]:
    parts = dict(VisitPart.objects.values_list("op", "id"))
    found: dict[tuple[UUID, str], int] = {}
    for cause, rule in Finding.objects.values_list("cause", "rule"):
        found[parts[cause], rule] = found.get((parts[cause], rule), 0) + 1
    return found


def test_the_shared_part_of_a_visit_that_comes_later_brings_its_words_of_danger(
    phone: Phone, home: tuple[UUID, UUID], desks: dict[str, OfficeUser]
) -> None:
    child, household = home
    visit = phone.say("visit.record", household, {"mode": "home", "answers": {"met_who": BEATEN}})
    shared = phone.http.log[-1]
    say(phone, "visit.part", child, {"child_seen": "yes"}, visit=str(visit))
    phone.http.sync(phone.http.log[-1])
    assert not Finding.objects.exists()
    phone.http.sync(shared)
    assert Finding.objects.get().rule == "words"
    assert ("yang", "escalation.opened") in told(desks)


@pytest.mark.parametrize("beside", [False, True])
def test_words_of_danger_in_what_is_kept_and_not_applied_are_read_too(
    phone: Phone, home: tuple[UUID, UUID], desks: dict[str, OfficeUser], beside: bool
) -> None:
    """A kind of a newer client; some write beside the answers."""
    child, _ = home
    words = BODY + BEATEN
    data = {"words": words} if beside else {"answers": {"child_words": words}}
    phone.say("visit.part2", child, data)
    (receipt,) = phone.send()
    assert receipt["code"] == "kind.unknown"
    found = set(Finding.objects.values_list("rule", "sealed", "by_hand"))
    assert found == {("words", False, True), ("words_sealed", True, True)}
    assert told(desks) == {
        ("yang", "escalation.opened"), ("lead", "escalation.opened"), ("lead", "sealed.waiting"),
    }  # fmt: skip


def test_a_suspect_of_the_township_hears_neither_of_the_words_of_danger_nor_of_the_sealed_ones(
    phone: Phone, home: tuple[UUID, UUID], desks: dict[str, OfficeUser]
) -> None:
    answers = {"child_words": BODY + BEATEN, "suspected_persons": ["township_worker"]}
    say(phone, "visit.part", home[0], answers)
    phone.send()
    assert set(Escalation.objects.values_list("sealed", "skips")) == {
        (True, ""),
        (False, "township"),
    }
    assert {name for name, _ in told(desks)} == {"lead"}
