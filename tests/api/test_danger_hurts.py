"""From what she ticks at a door to who is told: injuries, bullying, labour, hazards, a pregnancy, suspects."""

import datetime as dt
import json
from collections.abc import Mapping
from random import Random
from typing import Any
from uuid import UUID

import pytest
from django.utils import timezone

from backend.accounts import services as accounts
from backend.accounts.models import Person
from backend.concerns import timers
from backend.concerns.models import Escalation, Finding
from backend.notifications.models import Notice
from backend.referrals import queries as referrals
from backend.visits.models import VisitPart, VisitSealed
from deploy.demo_data import answers as form
from fieldforms.vocabulary import codes
from sync import rebuild

from .conftest import COUNTY, NOW, VILLAGE, HttpPhone, person
from .test_escalations import OfficeUser
from .test_sync import new, register

HOUR = dt.timedelta(hours=1)
NO_CHILD: Mapping[str, Any] = {}


@pytest.fixture
def desks(administrator: Person) -> dict[str, OfficeUser]:
    cast = {
        "yang": ("township_supervisor", VILLAGE[:9]), "officer": ("county_officer", COUNTY),
        "lead": ("county_lead", COUNTY), "above": ("county_lead", COUNTY[:4]),
    }  # fmt: skip
    return {name: OfficeUser(person(name, role, prefix)) for name, (role, prefix) in cast.items()}


def child_of(phone: HttpPhone, years: int) -> tuple[UUID, UUID]:
    """A registered child of so many years and some weeks, and its household."""
    child = register(phone, number="")
    card = json.loads(phone.log[-1])
    born = timezone.localdate() - dt.timedelta(days=365.25 * years + 40)
    card["data"]["set"]["identity"]["v"]["birth_date"] = born.isoformat()
    phone.log[-1] = json.dumps(card, ensure_ascii=False).encode()
    home = UUID(json.loads(phone.log[-2])["target"])
    phone.sync(*phone.log[-2:])
    return child, home


def say(phone: HttpPhone, kind: str, file: UUID, data: dict[str, Any], asked: str) -> UUID:
    target = new()
    phone.say(kind, target, data, file=file)
    line = json.loads(phone.log[-1]) | {"form": asked, "form_version": form.VERSION}
    phone.log[-1] = json.dumps(line, ensure_ascii=False).encode()
    return target


def visit(
    phone: HttpPhone, of: tuple[UUID, UUID], *, household: Mapping[str, Any] = NO_CHILD,
    age: int = 9, secret: Mapping[str, Any] | None = None, **told: Any,
) -> UUID:  # fmt: skip
    """A calm visit but for what is told, asked and skipped as the form does; returns the part."""
    (child, home), before = of, len(phone.log)
    shared = form.household(household)
    visit = say(phone, "visit.record", home, {"mode": "home", **shared.data()}, form.FORM)
    seen = form.child(shared, told, age=age, random=Random(age))
    assert told.items() <= seen.answers.items(), "the form does not ask it"
    part = say(phone, "visit.part", child, seen.data(visit=str(visit)), form.FORM)
    if secret is not None:
        sealed = form.sealed(shared, secret)
        assert secret.items() <= sealed.answers.items(), "the form does not ask it"
        say(phone, "visit.sealed", child, sealed.data(part=str(part)), form.FORM)
    phone.sync(*phone.log[before:])
    return part


def report(phone: HttpPhone, of: tuple[UUID, UUID], **answers: Any) -> None:
    given = {"adult_with_child_now": "yes", **answers}
    say(phone, "concern.raise", of[0], {"answers": given, "skipped": []}, "concern_report")
    phone.sync(phone.log[-1])


def found() -> dict[str, str]:
    return dict(Finding.objects.values_list("rule", "severity"))


def told(desks: Mapping[str, OfficeUser]) -> dict[str, set[str]]:
    """Who was told, and by which kinds of notice."""
    names = {desk.id: name for name, desk in desks.items()}
    heard: dict[str, set[str]] = {}
    rows = Notice.objects.exclude(kind__in=["duty.missing", "person.phone"]).values_list(
        "person", "kind"
    )
    for to, kind in rows:
        heard.setdefault(names.get(to, str(to)), set()).add(kind)
    return heard


HURT = {"visible_injuries": "yes", "several_injuries": "no"}


@pytest.mark.parametrize("kind", ["burn", "fracture", "head", "object_mark"])
def test_danger_one_grave_injury_is_critical_and_reaches_township_and_county(
    http_phone: HttpPhone, desks: dict[str, OfficeUser], kind: str
) -> None:
    visit(http_phone, child_of(http_phone, 9), **HURT, injury_kinds=[kind])
    assert found() == {"R6": "critical"}
    assert Escalation.objects.get().to == ["emergency", "police"]
    assert told(desks) == {"yang": {"escalation.critical"}, "lead": {"escalation.critical"}}


def test_danger_one_bruise_is_critical_on_a_baby_and_not_on_a_child_of_nine(
    http_phone: HttpPhone, desks: dict[str, OfficeUser]
) -> None:
    visit(http_phone, child_of(http_phone, 9), **HURT, injury_kinds=["other"])
    assert (found(), told(desks)) == ({}, {})
    visit(http_phone, child_of(http_phone, 0), age=0, **HURT, injury_kinds=["other"])
    assert found() == {"R6": "critical"}
    assert told(desks).keys() == {"yang", "lead"}


def test_danger_a_bullied_child_reaches_township_and_school_and_a_hurt_one_the_police(
    http_phone: HttpPhone, desks: dict[str, OfficeUser]
) -> None:
    child = child_of(http_phone, 11)
    visit(http_phone, child, age=11, bullied="yes", suspected_persons=["peer"])
    assert found() == {"R23": "high"}
    row = Escalation.objects.get()
    assert row.to == ["school", "township"]
    assert "school" in referrals.agencies(row.to)
    assert told(desks) == {"yang": {"escalation.opened"}}
    visit(http_phone, child, age=11, bullied="yes", **HURT, injury_kinds=["other"])
    assert found() == {"R23": "high", "R6": "critical"}
    assert Escalation.objects.get().to == ["emergency", "police", "school", "township"]
    assert told(desks).keys() == {"yang", "lead"}


def test_danger_bullying_online_by_other_children_is_one_finding_and_by_others_another(
    http_phone: HttpPhone,
) -> None:
    online = {"goes_online": "yes", "online_harm": ["bullied"], "online_crime_suspected": "no"}
    visit(http_phone, child_of(http_phone, 12), age=12, bullied="yes", **online)
    assert found() == {"R23": "high"}
    visit(http_phone, child_of(http_phone, 12), age=12, bullied="no", **online)
    assert found() == {"R23": "high", "R22": "high"}


def test_danger_a_child_at_work_reaches_township_and_labour_inspection(
    http_phone: HttpPhone, desks: dict[str, OfficeUser]
) -> None:
    child = child_of(http_phone, 13)
    visit(http_phone, child, age=13, child_labour="yes")
    row = Escalation.objects.get()
    assert (found(), row.to) == ({"R24": "high"}, ["labour_inspection", "township"])
    assert "labour_inspection" in referrals.agencies(row.to)
    assert told(desks) == {"yang": {"escalation.opened"}}
    report(http_phone, child_of(http_phone, 14), concern_kinds=["child_labour"], child_labour="yes")
    assert Finding.objects.filter(rule="R24").count() == 2


def test_danger_a_report_can_say_of_unknown_origin_without_saying_missing(
    http_phone: HttpPhone, desks: dict[str, OfficeUser]
) -> None:
    kinds = ["unknown_origin"]
    report(http_phone, child_of(http_phone, 5), concern_kinds=kinds, unknown_origin="yes")
    assert found() == {"R1": "critical"}
    assert told(desks).keys() == {"yang", "lead"}


@pytest.mark.parametrize("hazard", sorted({*codes("hazard")} - {"none", "not_collected"}))
def test_danger_no_hazard_that_she_ticks_ends_in_silence(
    http_phone: HttpPhone, desks: dict[str, OfficeUser], hazard: str
) -> None:
    visit(http_phone, child_of(http_phone, 9), household={"hazards": [hazard]})
    severity = {"violence": "critical", "gas": "high", "coal_smoke": "high"}.get(hazard, "medium")
    assert found() == {"R4" if hazard == "violence" else "R26": severity}
    assert "yang" in told(desks)


CARER_OR_NOBODY_KNOWS = {"pregnancy_or_abortion": "yes", "pregnancy_from_abuse": "no"}


@pytest.mark.parametrize(
    ("age", "more"), [(15, {}), (16, {"special_needs": "yes", "disabled": "yes"}), (17, {})]
)
def test_danger_a_pregnancy_that_no_other_rule_takes_is_sealed_for_the_countys_named_people(
    http_phone: HttpPhone, desks: dict[str, OfficeUser], age: int, more: dict[str, str]
) -> None:
    papers = {"disability_certificate": "yes", "rehabilitation_received": "yes"} if more else {}
    child = child_of(http_phone, age)
    visit(http_phone, child, age=age, secret=CARER_OR_NOBODY_KNOWS, **more, **papers)
    row = Escalation.objects.get()
    assert found() == {"R25": "high"}
    assert (row.sealed, row.to) == (True, ["county_officer"])
    assert row.deadline - row.received_at == 24 * HOUR
    named = {"lead": {"sealed.waiting"}, "above": {"sealed.waiting"}}
    assert told(desks) == named
    assert [name for name, desk in desks.items() if desk.get().json()["count"]] == list(named)
    timers.run(now=timezone.now() + 3 * HOUR)
    assert told(desks) == named, "nobody is reminded of a call to the police"


def test_danger_a_pregnancy_under_fourteen_or_from_abuse_stays_the_polices(
    http_phone: HttpPhone,
) -> None:
    visit(http_phone, child_of(http_phone, 13), age=13, secret=CARER_OR_NOBODY_KNOWS)
    abuse = {"pregnancy_or_abortion": "yes", "pregnancy_from_abuse": "yes"}
    visit(http_phone, child_of(http_phone, 16), age=16, secret=abuse)
    assert list(Finding.objects.values_list("rule", flat=True)) == ["R5", "R5"]


@pytest.mark.parametrize(
    ("rule", "answers", "reminder"),
    [
        ("R19", {"suicide_thoughts": "yes"}, "escalation.due_soon"),
        (
            "R22",
            {"goes_online": "yes", "online_harm": ["blackmailed"], "online_crime_suspected": "yes"},
            "escalation.not_reported",
        ),
    ],
)
def test_danger_thoughts_of_suicide_and_crime_online_are_due_at_once_and_not_late_at_once(
    http_phone: HttpPhone, desks: dict[str, OfficeUser], rule: str, answers: dict[str, Any],
    reminder: str,
) -> None:  # fmt: skip
    visit(http_phone, child_of(http_phone, 13), age=13, **answers)
    row = Escalation.objects.get()
    assert found() == {rule: "high"}
    assert row.deadline == row.received_at
    assert "lead" in told(desks) or rule == "R22"
    timers.run(now=timezone.now() + HOUR / 2)
    row.refresh_from_db()
    assert (row.climbs, {kind for kinds in told(desks).values() for kind in kinds}) == (
        0,
        {"escalation.opened"},
    )
    timers.run(now=timezone.now() + 2.1 * HOUR)
    row.refresh_from_db()
    assert row.climbs == 1
    timers.run(now=timezone.now() + 21 * HOUR)
    assert reminder in {kind for kinds in told(desks).values() for kind in kinds}
    assert list(rebuild.differences()) == []


def colleague(administrator: Person, desk_person: Person) -> HttpPhone:
    code = accounts.enrolment_code_create(people=[desk_person.id], actor=administrator.id, now=NOW)
    return HttpPhone(code)


WORDS = "主任拿皮带抽的"


@pytest.mark.parametrize(
    ("suspect", "hear"),
    [
        ("supervisor", {"yang", "lead"}),
        ("village_committee", {"yang", "lead"}),
        ("township_worker", {"lead"}),
        ("county_worker", {"above"}),
    ],
)
def test_danger_a_phone_that_holds_the_file_gets_no_word_of_whom_a_visit_accuses(
    http_phone: HttpPhone, desks: dict[str, OfficeUser], administrator: Person,
    supervisor: Person, suspect: str, hear: set[str],
) -> None:  # fmt: skip
    child = child_of(http_phone, 9)
    other = colleague(administrator, supervisor)
    assert str(child[0]) in {entry["file"] for entry in other.sync()["enter"]}
    part = visit(
        http_phone, child, **HURT, injury_kinds=["object_mark"], suspected_persons=[suspect],
        facts_observed=WORDS,
    )  # fmt: skip
    page = other.sync()
    given = {record["type"]: record["data"] for record in page["changes"]}
    assert given["visit_part"] == given["visit"] == {"withheld": True}, part
    assert WORDS not in str(page)
    assert "suspected_persons" not in str(page)
    assert told(desks).keys() == hear
    level = {"township_worker": "township", "county_worker": "county"}.get(suspect, "village")
    assert Escalation.objects.get().skips == level == VisitPart.objects.get(id=part).skips
    assert list(rebuild.differences()) == []


ABUSE = {"sexual_abuse_suspected": "yes", "sealed_words": "他让我不要说"}


@pytest.mark.parametrize(
    ("suspect", "named"),
    [
        ("parent", ["lead", "above"]),
        ("supervisor", ["lead", "above"]),
        ("township_worker", ["lead", "above"]),
        ("county_worker", ["above"]),
    ],
)
def test_danger_a_sealed_matter_goes_round_its_suspect_and_the_open_part_tells_nothing_of_it(
    http_phone: HttpPhone, desks: dict[str, OfficeUser], administrator: Person,
    supervisor: Person, suspect: str, named: list[str],
) -> None:  # fmt: skip
    child = child_of(http_phone, 9)
    other = colleague(administrator, supervisor)
    other.sync()
    secret = {**ABUSE, "sealed_suspected_persons": [suspect]}
    part = visit(http_phone, child, secret=secret, facts_observed="在院子里写作业")
    row = Escalation.objects.get()
    assert (row.sealed, row.skips) == (True, "county" if suspect == "county_worker" else "")
    assert told(desks) == {name: {"sealed.waiting"} for name in named}
    assert [name for name, desk in desks.items() if desk.get().json()["count"]] == named
    page = other.sync()
    (seen,) = [record for record in page["changes"] if record["id"] == str(part)]
    assert seen["data"]["answers"]["facts_observed"] == "在院子里写作业"
    assert VisitPart.objects.get(id=part).skips == ""
    for text in ("sealed_suspected_persons", f"'{suspect}'", "他让我不要说"):
        assert text not in str(page)
    assert all(set(n.values) <= {"link"} for n in Notice.objects.filter(kind="sealed.waiting"))


def test_danger_a_sealed_suspect_that_a_client_wrote_openly_is_sealed_all_the_same(
    http_phone: HttpPhone, desks: dict[str, OfficeUser]
) -> None:
    child = child_of(http_phone, 9)[0]
    given = {"child_seen": "yes", **ABUSE, "sealed_suspected_persons": ["county_worker"]}
    part = new()
    http_phone.say("visit.part", part, {"answers": given, "skipped": []}, file=child)
    page = http_phone.sync(http_phone.log[-1])
    row = Escalation.objects.get(sealed=True)
    assert (row.skips, VisitPart.objects.get(id=part).skips) == ("county", "")
    assert VisitSealed.objects.get().of == part
    assert "county_worker" not in str(page.get("changes"))
    assert {kind for kind in told(desks).get("lead", set()) if kind.startswith("sealed")} == set()
