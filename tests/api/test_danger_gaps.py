"""What could not be judged is seen: on the phone, on the visit, on the file, by the township."""

import datetime as dt
from random import Random
from typing import Any
from uuid import UUID

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from backend.audit.models import AuditEntry
from backend.concerns.gaps import MANY
from backend.concerns.models import Escalation, Finding, Gap
from backend.notifications.models import Notice
from deploy.demo_data import answers as demo
from sync.client import New, Phone
from sync.client.errors import TryLater
from sync.protocol import ids

from .conftest import COUNTY, NOW, VILLAGE, person
from .copies import phone as phone_of
from .town import TOWNSHIP, Desk, Town, written

QUESTIONS = ("poisoned", "unconscious", "self_harm", "beaten", "lives_alone", "abandoned")


@pytest.fixture
def published(transactional_db: None) -> None:
    call_command("publish_forms")
    call_command("publish_rules")


@pytest.fixture
def phone(town: Town, published: None) -> Phone:
    made = phone_of(town.wu.id, admin=town.admin.id)
    made.sync()
    return made


@pytest.fixture
def child(phone: Phone) -> UUID:
    return registered(phone)


def registered(phone: Phone, **where: float) -> UUID:
    """A child of six years in a household of its own, from this phone; `where` are its coordinates."""
    home, file = ids.uuid7(NOW), ids.uuid7(NOW)
    born = (timezone.localdate() - dt.timedelta(days=6 * 365 + 30)).isoformat()
    residence = {"division": VILLAGE, "address": "1", **where}
    registers: dict[str, Any] = {
        "identity": {"name": "龙小燕", "birth_date": born}, "residence": residence,
        "household": str(home),
    }  # fmt: skip
    phone.append(
        New(kind="household.register", target=home, data=written(residence=residence)),
        New(kind="child.register", target=file, data=written(**registers)),
        together=True,
    )
    phone.sync()
    return file


def visit(phone: Phone, child: UUID, told: dict[str, Any], *, without: tuple[str, ...] = (),
          sealed: dict[str, Any] | None = None, mode: str = "home") -> list[New]:  # fmt: skip
    home = UUID(phone.record(child).values["household"])
    shared = demo.household({"visit_mode": mode})
    part = demo.child(shared, told, age=6, random=Random(1))
    given = {name: value for name, value in part.answers.items() if name not in without}
    first, second = ids.uuid7(NOW), ids.uuid7(NOW)
    form = {"form": demo.FORM, "form_version": demo.VERSION}
    data = {"answers": given, "skipped": part.skipped, "visit": str(first)}
    lines = [
        New(kind="visit.record", target=first, file=home, data=shared.data(mode=mode), **form),
        New(kind="visit.part", target=second, file=child, data=data, **form),
    ]
    if sealed is not None:
        data = {"part": str(second), "answers": sealed, "skipped": ["pregnancy_from_abuse"]}
        lines.append(New(kind="visit.sealed", file=child, data=data, **form))
    return lines


def record(phone: Phone, lines: list[New]) -> Any:
    """As the command line does: what the phone says is written into the lines."""
    advice = phone.advise(*lines)
    phone.append(*advice.news)
    return advice.said


def seen(desk: Desk, child: UUID) -> Any:
    answer = desk.get(f"children/{child}/visits/")
    assert answer.status_code == 200, answer.content
    return answer.json()["results"]


class NoNetwork:
    def post(self, *args: Any, **kwargs: Any) -> Any:
        raise TryLater("no signal")


def test_after_one_sync_a_phone_judges_danger_without_a_network_and_the_server_agrees(
    phone: Phone, child: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as offline:
        offline.setattr(phone, "_transport", NoNetwork())
        lines = visit(phone, child, {"adult_with_child_now": "no", "self_harm": "not_collected"})
        said = record(phone, lines)
        with pytest.raises(TryLater):
            phone.sync()
    assert [found["rule"] for found in said["findings"]] == ["R10"]
    assert said["findings"][0]["call"][0]["numbers"][0]["phone"] == "110"
    (asked,) = said["ask"]
    assert (asked["question"], asked["label"]["zh"]) == ("self_harm", "有自伤吗")
    assert not Escalation.objects.exists()
    report = phone.sync()
    assert [receipt.get("problems") for receipt in report.receipts] == [None, None]
    (finding,) = Finding.objects.all()
    assert (finding.rule, finding.source) == ("R10", "both")
    assert Escalation.objects.get().findings == [finding.id]


def test_what_a_danger_rule_could_not_judge_is_on_the_visit_and_on_the_file(
    phone: Phone, child: UUID, town: Town
) -> None:
    record(phone, visit(phone, child, {"self_harm": "not_collected"}, without=("poisoned",)))
    phone.sync()
    gap = {
        "rule": "R6", "rule_version": 3, "missing": ["poisoned", "self_harm"], "sealed": False,
        "ask": ["poisoned", "self_harm"],
    }  # fmt: skip
    for name in ("township", "officer"):
        (row,) = seen(town.desk(name), child)
        assert (row["gaps"], row["much_unasked"]) == ([gap], False)
        assert town.desk(name).get(f"children/{child}/").json()["gaps"] == [gap]
    assert "gaps" not in town.desk("admin").get(f"children/{child}/").json()
    record(phone, visit(phone, child, {"child_seen": "no"}, mode="attempted"))
    phone.sync()
    assert town.desk("township").get(f"children/{child}/").json()["gaps"] == [gap]
    record(phone, visit(phone, child, {}))
    phone.sync()
    assert town.desk("township").get(f"children/{child}/").json()["gaps"] == []
    assert [len(row["gaps"]) for row in seen(town.desk("township"), child)] == [0, 0, 1]


def test_sealed_danger_gaps_are_for_those_who_open_sealed_things(
    phone: Phone, child: UUID, town: Town
) -> None:
    lead = Desk(person("lead", "county_lead", COUNTY))
    record(phone, visit(phone, child, {}, sealed={"sexual_danger": "no"}))
    phone.sync()
    assert Gap.objects.get().sealed
    for name in ("township", "officer"):
        assert seen(town.desk(name), child)[0]["gaps"] == []
        assert town.desk(name).get(f"children/{child}/").json()["gaps"] == []
    (row,) = seen(lead, child)
    assert [(gap["rule"], gap["sealed"]) for gap in row["gaps"]] == [("R5", True)]
    assert [gap["rule"] for gap in lead.get(f"children/{child}/").json()["gaps"]] == ["R5"]


def test_sealed_danger_gaps_go_round_whom_the_sealed_part_accuses_and_who_is_kept_out(
    phone: Phone, child: UUID, town: Town
) -> None:
    """A gap of R5 says that there is something to be sealed about."""
    lead, above = person("lead", "county_lead", COUNTY), person("above", "county_lead", COUNTY[:4])
    told = {"sexual_danger": "no", "sealed_words": "她不肯说"}
    suspect = {"sealed_suspected_persons": ["county_worker"]}
    record(phone, visit(phone, child, {}, sealed={**told, **suspect}))
    phone.sync()
    assert Gap.objects.filter(sealed=True).exists()
    assert seen(Desk(lead), child)[0]["gaps"] == []
    assert seen(Desk(above), child)[0]["gaps"] != []
    Escalation.objects.filter(sealed=True).update(kept_out=[above.id])
    assert seen(Desk(above), child)[0]["gaps"] == []


def told_of_unasked() -> dict[str, Any]:
    return dict(Notice.objects.filter(kind="visit.unasked").values_list("person", "values"))


def test_many_open_danger_questions_in_one_visit_are_a_sign_for_the_township(
    phone: Phone, child: UUID, town: Town
) -> None:
    record(phone, visit(phone, child, {}, without=QUESTIONS[: MANY - 1]))
    phone.sync()
    assert told_of_unasked() == {}
    record(phone, visit(phone, child, {}, without=QUESTIONS[:MANY]))
    phone.sync()
    assert told_of_unasked() == {town.township.id: {"division": TOWNSHIP, "number": MANY}}
    flags = [row["much_unasked"] for row in seen(town.desk("township"), child)]
    assert flags == [True, False]


def test_a_visit_that_accuses_the_township_tells_the_county_of_its_open_danger_questions(
    phone: Phone, child: UUID, town: Town
) -> None:
    accused = {"beaten": "yes", "suspected_persons": ["township_worker"]}
    record(phone, visit(phone, child, accused, without=("poisoned", "unconscious", "self_harm", "lives_alone", "abandoned")))  # fmt: skip
    phone.sync()
    assert told_of_unasked().keys() == {town.officer.id}
    assert seen(town.desk("township"), child)[0]["gaps"] == []


def test_an_attempted_visit_leaves_no_danger_gaps(phone: Phone, child: UUID, town: Town) -> None:
    record(phone, visit(phone, child, {"child_seen": "no"}, mode="attempted"))
    phone.sync()
    assert not Gap.objects.exists()
    assert told_of_unasked() == {}


def test_a_visit_bears_the_signs_that_a_risk_may_have_been_missed(
    phone: Phone, child: UUID, town: Town
) -> None:
    told = {"child_seen_alone": "no", "facts_observed": "家里干净，灶上有饭。", "child_words": "好"}
    for _ in range(3):
        lines = visit(phone, child, told)
        lines[0].data.update(started="2026-11-29T08:00:00+08:00", ended="2026-11-29T08:01:00+08:00")
        record(phone, lines)
    phone.sync()
    rows = seen(town.desk("township"), child)
    assert [row["signs"] for row in rows] == [
        ["short", "copied", "never_alone"], ["short", "copied"], ["short"],
    ]  # fmt: skip
    second = town.desk("township").get(f"children/{child}/visits/", size=1).json()
    assert second["results"][0]["signs"] == ["short", "copied", "never_alone"]


def test_signs_of_a_missed_risk_are_for_the_township_and_not_for_whoever_made_the_visit(
    phone: Phone, child: UUID, town: Town
) -> None:
    for _ in range(2):
        record(phone, visit(phone, child, {"facts_observed": "家里干净，灶上有饭。"}))
    phone.sync()
    for name in ("township", "officer"):
        assert [row["signs"] for row in seen(town.desk(name), child)] == [["copied"], []]
    (last, first) = seen(town.desk("wu"), child)
    assert (last["signs"], first["signs"]) == ([], [])
    assert last["answers"]["facts_observed"] == "家里干净，灶上有饭。"


def test_the_same_words_for_two_households_are_a_sign_that_a_risk_may_have_been_missed(
    phone: Phone, child: UUID, town: Town
) -> None:
    neighbour, told = registered(phone), {"facts_observed": "家里干净，灶上有饭。"}
    record(phone, visit(phone, child, told))
    record(phone, visit(phone, neighbour, told))
    phone.sync()
    desk = town.desk("township")
    assert [row["signs"] for row in seen(desk, neighbour)] == [["reused"]]
    assert [row["signs"] for row in seen(desk, child)] == [[]]
    rows = desk.get("visits/signs/").json()
    assert [(row["child"], row["signs"]) for row in rows] == [(str(neighbour), ["reused"])]


def at(lines: list[New], lat: float, lon: float) -> list[New]:
    lines[0].data["place"] = {"lat": lat, "lon": lon, "accuracy_m": 20}
    return lines


def test_a_visit_far_from_the_home_or_from_the_one_before_may_have_missed_a_risk(
    phone: Phone, town: Town
) -> None:
    near, far, unknown = (
        registered(phone, lat=26.5, lon=108.0), registered(phone, lat=26.6, lon=108.0),
        registered(phone),
    )  # fmt: skip
    for child in (near, far):
        record(phone, at(visit(phone, child, {"facts_observed": ""}), 26.5, 108.0))
    record(phone, at(visit(phone, unknown, {"facts_observed": ""}), 26.7, 108.0))
    phone.sync()
    desk = town.desk("township")
    assert [seen(desk, child)[0]["signs"] for child in (near, far, unknown)] == [
        [], ["far"], ["far"],
    ]  # fmt: skip
    rows = desk.get("visits/signs/").json()
    assert [(row["child"], row["signs"]) for row in rows] == [
        (str(unknown), ["far"]), (str(far), ["far"]),
    ]  # fmt: skip


def test_comparing_words_and_places_for_a_risk_costs_as_many_statements_for_many_households_as_for_one(
    phone: Phone, child: UUID, town: Town
) -> None:
    desk, counts, told = town.desk("township"), [], {"facts_observed": "家里干净，灶上有饭。"}
    for others in (1, 3):
        for neighbour in [registered(phone) for _ in range(others)]:
            record(phone, at(visit(phone, neighbour, told), 26.5, 108.0))
        record(phone, at(visit(phone, child, {}), 26.5, 108.0))
        phone.sync()
        with CaptureQueriesContext(connection) as captured:
            seen(desk, child)
        counts.append(len(captured))
    assert counts[0] == counts[1]


def test_the_township_lists_the_visits_at_which_a_risk_may_have_been_missed(
    phone: Phone, child: UUID, town: Town
) -> None:
    record(phone, visit(phone, child, {"child_seen_alone": "yes", "facts_observed": ""}))
    record(
        phone, visit(phone, child, {"facts_observed": "家里干净，灶上有饭。"}, without=QUESTIONS)
    )
    hurried = visit(phone, child, {"facts_observed": "家里干净，灶上有饭。"})
    hurried[0].data.update(
        started="2026-11-29T08:00:00+08:00", ended="2026-11-29T08:01:00+08:00"
    )  # fmt: skip
    record(phone, hurried)
    phone.sync()
    rows = town.desk("township").get("visits/signs/").json()
    assert [row["signs"] for row in rows] == [["short", "copied"], ["unasked"]]
    assert {(row["child"], row["person"], row["division"]) for row in rows} == {
        (str(child), str(town.wu.id), VILLAGE)
    }
    assert "龙小燕" not in str(rows)
    assert town.desk("stranger").get("visits/signs/").json() == []
    assert town.desk("wu").get("visits/signs/").status_code == 403
    looked = AuditEntry.objects.filter(action="child.signs", subject=child)
    assert list(looked.values_list("actor", flat=True)) == [town.township.id]


def test_listing_signs_of_risk_costs_as_many_statements_for_ten_visits_as_for_one(
    phone: Phone, child: UUID, town: Town
) -> None:
    desk, counts = town.desk("township"), []
    for size in (1, 9):
        for _ in range(size):
            record(phone, visit(phone, child, {}, without=QUESTIONS))
        phone.sync()
        with CaptureQueriesContext(connection) as captured:
            assert len(desk.get("visits/signs/").json()) in (1, 10)
        counts.append(len(captured))
    assert counts[0] == counts[1]
