"""What her phone says at the door, without a network: each danger, whom to call, what is still open."""

import datetime as dt
import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID, uuid4

import pytest

from backend.concerns.rules.contacts import contacts
from backend.concerns.rules.model import ruleset
from backend.concerns.rulesets import shipped
from backend.referrals.directory import hotlines
from deploy.demo_data import answers as demo
from sync.client import New, Phone
from sync.client.advice import Advice
from sync.protocol import ids

ROOT = Path(__file__).resolve().parents[2]
NOW = dt.datetime(2026, 11, 29, 8, tzinfo=dt.UTC)
RULES = shipped()
COUNTY, PERSON = "522630", UUID(int=7)
QUESTIONS = {
    "household_visit": {
        "adult_with_child_now": {"zh": "现在孩子身边有成年人吗", "en": "Is an adult with this child now?"},
        "poisoned": {"zh": "怀疑中毒吗", "en": "Is poisoning suspected?"},
    }
}  # fmt: skip


def config(**more: Any) -> dict[str, Any]:
    rules = {
        "version": 1, "sha256": ruleset(RULES).sha256, "content": RULES, "local": [],
        **more.pop("rules", {}),
    }  # fmt: skip
    office = {"name": {"zh": "台江县民政局"}, "kind": "civil_affairs", "phone": "0855-5320001",
              "hours": "8:30–17:30"}  # fmt: skip
    placed = [*((line, "") for line in hotlines()), (office, COUNTY)]
    duty = {
        code: [line for line, place in placed if contact.answers(line["kind"], place)]
        for code, contact in contacts().items()
    }
    parts = {"rules": rules, "questions": QUESTIONS, "duty": duty, **more}
    return {name: {"hash": "x", "value": value} for name, value in parts.items()}


@pytest.fixture
def phone(tmp_path: Path) -> Iterator[Phone]:
    """Enrolled and synced once; there is no network."""
    made = Phone(tmp_path / "phone.db", clock=lambda: NOW)
    made.store.set(
        server="http://127.0.0.1:9", device=str(ids.uuid7(NOW)), token="t",
        people=[{"id": str(PERSON)}], config=config(),
    )  # fmt: skip
    yield made
    made.close()


def child(phone: Phone, *, born: str | None = "2020-05-01", division: str = COUNTY) -> UUID:
    """A child that this phone holds."""
    card: dict[str, Any] = {"name": "龙小燕"} | ({"birth_date": born} if born else {})
    registers = {"identity": card, "residence": {"division": division + "100200"}}
    data = {"set": {name: {"v": value, "saw": []} for name, value in registers.items()}}
    (saved,) = phone.append(New(kind="child.register", data=data))
    return saved.target


def visit(file: UUID, answers: dict[str, Any], *, without: tuple[str, ...] = (), **shared: Any) -> list[New]:  # fmt: skip
    """The lines of one visit: what the form asks and nothing wrong, but for these answers."""
    household = demo.household(shared)
    part = demo.child(household, answers, age=6, random=Random(1))
    given = {name: value for name, value in part.answers.items() if name not in without}
    form = {"form": demo.FORM, "form_version": demo.VERSION}
    first, second = uuid4(), uuid4()
    data = {"answers": given, "skipped": part.skipped, "visit": str(first)}
    return [
        New(kind="visit.record", target=first, file=uuid4(), data=household.data(mode="home"), **form),
        New(kind="visit.part", target=second, file=file, data=data, **form),
    ]  # fmt: skip


def sealed(file: UUID, part: New, answers: dict[str, Any]) -> New:
    data = {"part": str(part.target), "answers": answers, "skipped": []}
    return New(kind="visit.sealed", target=uuid4(), file=file, data=data, form=demo.FORM,
               form_version=demo.VERSION)  # fmt: skip


def rules_of(advice: Advice) -> list[str]:
    return [found["rule"] for found in advice.said["findings"]]


ALONE = {"adult_with_child_now": "no", "actual_carer": "nobody", "child_cared_for": "no"}


def test_a_danger_is_shown_offline_with_what_to_do_whom_to_call_and_what_to_write_down(
    phone: Phone,
) -> None:
    advice = phone.advise(*visit(child(phone), ALONE, guardian_event="hospital"))
    found = {one["rule"]: one for one in advice.said["findings"]}
    r10 = found["R10"]
    assert r10["title"]["zh"] == "低龄或有特殊需要的儿童无人照看"
    assert r10["do"]["zh"].startswith("立即拨打110")
    numbers = {call["recipient"]: [n["phone"] for n in call["numbers"]] for call in r10["call"]}
    assert numbers == {"police": ["110"], "county_duty": ["0855-5320001"]}
    assert [item["code"] for item in r10["write_down"]] == [
        "call_time", "call_officer", "call_receipt",
    ]  # fmt: skip
    assert {"R2", "R9", "R10"} == set(found)
    assert advice.said["ask"] == []
    assert [note["code"] for note in advice.said["notes"]] == ["not_a_report"]
    assert advice.lines[0] == "⚠ 低龄或有特殊需要的儿童无人照看（龙小燕）"
    assert "  请记下：打电话的时间、接电话的人（姓名或警号）、回执号（接警单号）" in advice.lines


def test_the_dangers_shown_are_written_into_the_line_before_it_is_saved(phone: Phone) -> None:
    file = child(phone)
    advice = phone.advise(*visit(file, ALONE))
    phone.append(*advice.news)
    (part,) = phone.records(type="visit", file=file)
    claims = part.body["data"]["findings"]
    assert {"rule": "R10", "version": 3, "branch": 0, "severity": "critical"} in claims
    assert advice.news[1].ruleset == ruleset(RULES).sha256
    calm = phone.advise(*visit(file, {})).news[1]
    assert "findings" not in calm.data
    assert calm.ruleset == ruleset(RULES).sha256


def test_a_calm_visit_without_danger_says_nothing(phone: Phone) -> None:
    advice = phone.advise(*visit(child(phone), {}))
    assert (advice.said["findings"], advice.said["ask"], advice.lines) == ([], [], [])


def test_an_open_question_of_a_danger_rule_is_said_in_the_words_of_her_form(phone: Phone) -> None:
    lines = visit(child(phone), {"poisoned": "not_collected"}, without=("adult_with_child_now",))
    advice = phone.advise(*lines)
    assert [q["question"] for q in advice.said["ask"]] == ["poisoned", "adult_with_child_now"]
    assert "请再问一问：现在孩子身边有成年人吗（龙小燕）" in advice.lines


def test_an_attempted_visit_asks_nothing_and_finds_no_danger(phone: Phone) -> None:
    file, first = child(phone), uuid4()
    shared = demo.household({"visit_mode": "attempted"})
    part = demo.child(shared, {"child_seen": "no"}, age=6, random=Random(1))
    lines = [
        New(kind="visit.record", target=first, data=shared.data(mode="attempted"), form=demo.FORM),
        New(kind="visit.part", file=file, data=part.data(visit=str(first)), form=demo.FORM),
    ]
    advice = phone.advise(*lines)
    assert (advice.said["findings"], advice.said["ask"]) == ([], [])
    bare = New(
        kind="visit.part", file=file, data={"answers": {"child_seen": "no"}, "visit": str(first)}
    )
    assert phone.advise(lines[0], bare).said["ask"] == []


def test_a_locked_phone_judges_a_danger_by_the_answers_alone(phone: Phone) -> None:
    file = child(phone)
    said = {**ALONE, "special_needs": "yes"}
    phone.store.set(locked=True)
    advice = phone.advise(*visit(file, said, without=("age_guess",)))
    assert "R10" in rules_of(advice)
    assert advice.said["findings"][0]["child"] == ""
    assert "closed" in [note["code"] for note in advice.said["notes"]]
    # Without the file nobody knows the age: the child counts as under every limit.
    assert "R10" in rules_of(phone.advise(*visit(file, ALONE, without=("special_needs",))))
    older = phone.advise(*visit(file, {**ALONE, "special_needs": "no", "age_guess": 12}))
    assert "R10" not in rules_of(older)


def test_a_phone_without_rules_says_that_it_cannot_judge_and_to_call_110_in_danger(
    phone: Phone,
) -> None:
    without = config()
    del without["rules"]
    for known in ({}, without, config(rules={"content": [{"id": "R1"}]})):
        phone.store.set(config=known)
        advice = phone.advise(*visit(uuid4(), ALONE))
        assert [note["code"] for note in advice.said["notes"]] == ["no_rules"]
        assert "110" in advice.lines[0]
        assert "findings" not in advice.news[1].data
        assert advice.news[1].ruleset is None


def test_a_sealed_danger_shows_numbers_and_no_word_of_what_it_is(phone: Phone) -> None:
    file = child(phone)
    lines = visit(file, {})
    advice = phone.advise(*lines, sealed(file, lines[1], {"sexual_abuse_suspected": "yes"}))
    assert advice.said["findings"] == []
    assert [one["phones"] for one in advice.said["sealed"]] == [["110", "12309"]]
    assert advice.lines[0] == "⚠ 到没有人听到的地方打电话：110、12309"
    words = " ".join(advice.lines) + str({**advice.said, "ruleset": ""})
    for told in ("性侵", "abuse", "R5", "龙小燕", "procurat", "检察"):
        assert told not in words
    assert advice.news[2].data["findings"][0]["rule"] == "R5"
    assert "findings" not in advice.news[1].data


def test_open_sealed_questions_are_not_named(phone: Phone) -> None:
    file = child(phone)
    lines = visit(file, {})
    advice = phone.advise(*lines, sealed(file, lines[1], {}))
    assert advice.said["ask"] == []
    assert [note["code"] for note in advice.said["notes"]] == ["sealed_open"]


def test_a_child_registered_in_the_same_lines_has_the_age_that_a_danger_needs(phone: Phone) -> None:
    file = uuid4()
    data = {"set": {"identity": {"v": {"name": "吴小虎", "birth_date": "2021-01-01"}, "saw": []}}}
    new = New(kind="child.register", target=file, data=data)
    advice = phone.advise(new, *visit(file, ALONE))
    assert ("R10", "吴小虎") in {(one["rule"], one["child"]) for one in advice.said["findings"]}


def test_an_earlier_visit_on_the_phone_counts_for_a_danger(phone: Phone) -> None:
    file = child(phone, born="2014-05-01")
    past = [New(kind=n.kind, target=n.target, file=n.file, data=n.data, at=NOW - dt.timedelta(days=9))
            for n in visit(file, {"special_needs": "yes"})]  # fmt: skip
    # The server's copy names the type; before the first sync it is the part of the kind before the dot.
    known = config(records={"visit_part": {"policy": "append", "kinds": {"visit.part": True}}})
    phone.store.set(config=known)
    phone.append(*past)
    assert "R10" in rules_of(phone.advise(*visit(file, ALONE, without=("special_needs",))))
    assert "R10" not in rules_of(phone.advise(*visit(file, {**ALONE, "special_needs": "no"})))


def test_a_report_of_danger_is_judged_too_and_asks_only_where_it_says_what_it_hid(
    phone: Phone,
) -> None:
    file = child(phone)
    data = {"answers": {"concern_kinds": ["alone"], "adult_with_child_now": "no"}}
    advice = phone.advise(New(kind="concern.raise", file=file, data=data, form="concern_report"))
    assert rules_of(advice) == ["R10"]
    assert advice.said["ask"] == []
    stranger = New(kind="concern.raise", data={"answers": {"beaten": "yes"}})
    assert rules_of(phone.advise(stranger)) == ["R4"]


def test_the_county_s_variant_adds_whom_to_call_where_the_child_in_danger_lives(
    phone: Phone,
) -> None:
    line = {"rule": "R10", "version": 2, "branch": 0, "add": ["emergency"]}
    local = [{"division": COUNTY, "version": 1, "sha256": "y", "content": {"branches": [line]}}]
    phone.store.set(config=config(rules={"local": local}))

    def called(file: UUID) -> list[str]:
        found = phone.advise(*visit(file, ALONE)).said["findings"]
        return [call["recipient"] for one in found if one["rule"] == "R10" for call in one["call"]]

    assert called(child(phone)) == ["police", "county_duty", "emergency"]
    assert called(child(phone, division="522631")) == ["police", "county_duty"]


def test_the_gravest_danger_of_all_children_comes_first(phone: Phone) -> None:
    one, two = child(phone), child(phone, born="2012-05-01")
    lines = visit(one, {"hukou_registered": "no"}) + visit(two, {"beaten": "yes"})
    assert rules_of(phone.advise(*lines)) == ["R4", "R15"]


def test_what_cannot_be_judged_of_one_child_costs_no_danger_of_another(
    phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    from backend.concerns.doorstep import judged

    def fails(case: Any) -> Any:
        if case.child["identity"]["birth_date"] == "2012-05-01":
            raise RuntimeError("a fault")
        return collect(case)

    collect = judged.facts.collect
    monkeypatch.setattr(judged.facts, "collect", fails)
    lines = visit(child(phone, born="2012-05-01"), {}) + visit(child(phone), {"beaten": "yes"})
    advice = phone.advise(*lines)
    assert rules_of(advice) == ["R4"]
    assert "by_hand" in [note["code"] for note in advice.said["notes"]]


def record(store: str, *words: str, typed: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "sync.client", "record", "-", "--store", store, *words]
    return subprocess.run(
        command, cwd=ROOT, input=typed, capture_output=True, text=True, check=True
    )


def test_the_command_line_shows_a_danger_at_once_with_no_network_and_no_flag(phone: Phone) -> None:
    file, store = child(phone), phone.store.path
    phone.close()
    data = {"answers": {"adult_with_child_now": "no", "child_seen": "yes"}, "skipped": []}
    line = {"kind": "visit.part", "target": "@part", "file": str(file), "data": data, "form": demo.FORM,
            "form_version": demo.VERSION}  # fmt: skip
    told = record(store, typed=json.dumps(line)).stdout.splitlines()
    assert told[0] == "⚠ 低龄或有特殊需要的儿童无人照看（龙小燕）"
    assert told[1].startswith("  现在要做：立即拨打110")
    assert told[2].startswith("  打电话：公安机关（110） 110、县级值班人员 0855-5320001")
    assert "请再问一问：怀疑中毒吗（龙小燕）" in told
    assert told[-1].startswith("saved: ")
    said = json.loads(record(store, "--json", typed=json.dumps(line)).stdout)
    assert said["advice"]["findings"][0]["rule"] == "R10"
    assert len(said["saved"]) == 1
    english = record(store, "--language", "en", typed=json.dumps(line)).stdout
    assert "Do now: Call 110 now." in english
    assert "Please ask: Is poisoning suspected?" in english


def test_open_words_of_danger_are_asked_about_without_naming_what_they_speak_of(
    phone: Phone,
) -> None:
    def notes(*lines: New) -> list[str]:
        return [note["code"] for note in phone.advise(*lines).said["notes"]]

    file = child(phone)
    private, grave = {"child_words": "叔叔摸我下面"}, {"child_words": "爸爸拿皮带抽我"}
    lines = visit(file, private)
    assert "words_private" in notes(*lines)
    assert "words_private" not in notes(
        *lines, sealed(file, lines[1], {"words_under_seal": "other_matter"})
    )
    assert "words_grave" in notes(*visit(file, grave))
    assert "words_grave" not in notes(*visit(file, {**grave, "beaten": "yes"}))
    assert not {"words_private", "words_grave"} & set(
        notes(*visit(file, {"child_words": "我喜欢上学"}))
    )
    said = " ".join(phone.advise(*lines).lines)
    assert not [word for word in ("性", "侵", "摸", "abuse", "sex") if word in said]


def test_a_delegation_to_somebody_unfit_is_a_danger_that_the_phone_shows(phone: Phone) -> None:
    given = {"delegate_name": "王某", "delegate_unfitness": ["gambling"]}
    line = New(
        kind="delegation.confirm", file=child(phone), data={"answers": given}, target=uuid4()
    )
    advice = phone.advise(replace(line, form="delegation_confirmation", form_version="2"))
    # The child is six.
    assert rules_of(advice) == ["R10", "R11"]
    assert advice.said["ask"] == []
