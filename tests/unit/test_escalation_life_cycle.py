"""The way of an escalation (rules.md, "Escalation"), without a database."""

import datetime as dt
from typing import Any
from uuid import UUID

import pytest

from backend.concerns import life_cycle
from fieldforms.vocabulary import codes
from sync.entries import Entry
from sync.protocol import ids
from sync.registry import Refused

NOW = dt.datetime(2026, 5, 4, 8, 0, tzinfo=dt.UTC)
CHILD = ids.uuid7(NOW)
ESCALATION = ids.uuid7(NOW)
OFFICER = ids.uuid7(NOW)
FIRST, SECOND = ids.uuid7(NOW), ids.uuid7(NOW)


def entry(step: str, *, at: dt.datetime = NOW, **data: Any) -> Entry:
    return Entry(
        op=ids.uuid7(NOW), person=OFFICER, kind=f"escalation.{step}", target=ESCALATION,
        file=CHILD, data=data, wall=at, at=int(at.timestamp() * 1000), uncertainty=0, received=at,
    )  # fmt: skip


def evidence(finding: UUID, severity: str, hours: int, to: list[str]) -> dict[str, Any]:
    return {
        "sealed": False, "episode": 1, "division": "522630100200", "severity": severity,
        "deadline": (NOW + dt.timedelta(hours=hours)).isoformat(), "to": to,
        "findings": [str(finding)], "observed": NOW.isoformat(), "received": NOW.isoformat(),
    }  # fmt: skip


def opened() -> dict[str, Any]:
    columns = life_cycle.advance(None, entry("open", **evidence(FIRST, "high", 24, ["township"])))
    return {**columns, "revision": 1}


def play(*steps: tuple[str, dict[str, Any]]) -> dict[str, Any]:
    columns = opened()
    for step, data in steps:
        after = life_cycle.advance(columns, entry(step, revision=columns["revision"], **data))
        columns = {**after, "revision": columns["revision"] + 1}
    return columns


ACKNOWLEDGE: tuple[str, dict[str, Any]] = ("acknowledge", {})
ASSIGN: tuple[str, dict[str, Any]] = ("assign", {"assigned_to": str(OFFICER)})
RESOLVE: tuple[str, dict[str, Any]] = ("resolve", {})


def test_the_whole_way_keeps_who_did_what_and_when() -> None:
    columns = play(ACKNOWLEDGE, ASSIGN, ("start", {}), RESOLVE)
    assert columns["status"] == columns["outcome"] == "resolved"
    assert columns["acknowledged_by"] == columns["assigned_to"] == OFFICER
    assert columns["acknowledged_at"] == columns["resolved_at"] == NOW
    assert columns["closed_by_op"] is not None


def test_a_step_that_is_not_possible_says_which_are_and_why() -> None:
    with pytest.raises(Refused) as refusal:
        play(RESOLVE)
    assert refusal.value.code == "escalation.transition"
    assert refusal.value.en == (
        "Open cannot become Resolved; possible: Acknowledged. Somebody has to acknowledge it first."
    )
    assert "可以变为：已受理" in refusal.value.zh


@pytest.mark.parametrize("end", ["resolve", "unfounded"])
def test_an_ended_escalation_takes_no_further_step(end: str) -> None:
    for step in ("acknowledge", "assign", "start", "resolve", "unfounded"):
        with pytest.raises(Refused, match=r"escalation\.transition"):
            play(ACKNOWLEDGE, (end, {}), (step, {"assigned_to": str(OFFICER)}))


def test_a_stale_revision_is_refused_before_anything_else() -> None:
    with pytest.raises(Refused, match="stale") as refusal:
        life_cycle.advance({**opened(), "revision": 3}, entry("resolve", revision=2))
    assert refusal.value.fields == ["revision"]
    assert "3" in refusal.value.en


def test_a_second_finding_only_sharpens() -> None:
    added = evidence(SECOND, "critical", 0, ["police"])
    columns = life_cycle.advance(opened(), entry("extend", **added))
    assert columns["severity"] == "critical"
    assert columns["deadline"] == NOW
    assert columns["to"] == ["police", "township"]
    assert columns["findings"] == [FIRST, SECOND]
    milder = evidence(SECOND, "low", 400, [])
    again = life_cycle.advance({**columns, "revision": 2}, entry("extend", **milder))
    assert again == columns


def joined(
    columns: dict[str, Any], severity: str, *, hours: int = 48, at: dt.datetime = NOW, **data: Any
) -> dict[str, Any]:
    """The escalation after a second finding, which is news to all unless `news` says otherwise."""
    added = {**evidence(SECOND, severity, hours, ["township"]), "news": "all", **data}
    after = life_cycle.advance(columns, entry("extend", at=at, **added))
    return {**after, "revision": columns["revision"] + 1}


REFER: tuple[str, dict[str, Any]] = ("refer", {})
CASE: tuple[str, dict[str, Any]] = ("case_open", {})
LATER = NOW + dt.timedelta(days=3)


@pytest.mark.parametrize("severity", ["low", "medium", "high", "critical"])
@pytest.mark.parametrize(
    ("steps", "resume"),
    [
        ((ACKNOWLEDGE,), ""), ((ACKNOWLEDGE, ASSIGN), ""),
        ((ACKNOWLEDGE, ASSIGN, ("start", {})), ""), ((REFER,), "referred"),
        ((CASE,), "case_opened"),
    ],
)  # fmt: skip
def test_a_new_danger_waits_for_somebody_to_acknowledge_it_whatever_the_status(
    steps: Any, resume: str, severity: str
) -> None:
    before = play(*steps)
    columns = joined(before, severity, hours=96, at=LATER)
    assert (columns["status"], columns["acknowledged_at"]) == ("open", None)
    assert (columns["waits_since"], columns["climbs"]) == (LATER, 0)
    # The old deadline has passed long since; the queue still shows it, but for what went elsewhere.
    due = NOW + dt.timedelta(hours=96)
    assert columns["round_deadline"] == due
    assert columns["deadline"] == (due if resume else before["deadline"])
    assert (columns["resume"], columns["assigned_to"]) == (resume, before["assigned_to"])


@pytest.mark.parametrize("heard", ["assignee", "nobody"])
def test_what_is_known_already_leaves_an_escalation_with_whoever_works_on_it(heard: str) -> None:
    for steps in ((ACKNOWLEDGE, ASSIGN), (CASE,)):
        before = play(*steps)
        columns = joined(before, "high", at=LATER, news=heard)
        assert (columns["status"], columns["waits_since"]) == (before["status"], NOW)
        assert columns["findings"] == [FIRST, SECOND]


def test_a_danger_that_joins_what_nobody_acknowledged_does_not_set_its_clock_back() -> None:
    columns = joined(opened(), "high", hours=4, at=LATER)
    assert (columns["status"], columns["waits_since"]) == ("open", NOW)
    assert columns["round_deadline"] == NOW + dt.timedelta(hours=4)
    graver = joined(opened(), "critical", at=LATER, to=["police"])
    assert (graver["waits_since"], graver["level"]) == (LATER, "county")


@pytest.mark.parametrize("stuck", [{"sealed": True}, {"level": "prefecture", "climbs": 2}])
def test_a_danger_that_joins_where_nothing_can_rise_any_more_begins_a_round(
    stuck: dict[str, Any],
) -> None:
    """Its old clock has called for all that it could."""
    columns = joined({**opened(), **stuck}, "high", at=LATER)
    assert (columns["waits_since"], columns["climbs"]) == (LATER, 0)
    assert columns["round_deadline"] == NOW + dt.timedelta(hours=48)


def test_what_moves_to_another_county_stands_where_it_would_have_opened_there() -> None:
    risen = {**opened(), "level": "prefecture", "climbs": 2, "revision": 5}
    moved = life_cycle.advance(risen, entry("transfer", at=LATER, division="522629100200"))
    assert (moved["level"], moved["climbs"], moved["waits_since"]) == ("township", 0, LATER)


def test_a_second_critical_danger_has_to_be_acknowledged_too() -> None:
    first = life_cycle.advance(None, entry("open", **evidence(FIRST, "critical", 0, ["police"])))
    taken = {**first, "status": "acknowledged", "acknowledged_at": NOW, "revision": 9}
    assert joined(taken, "critical", at=LATER)["status"] == "open"


def test_an_escalation_goes_back_to_its_case_or_referral_once_what_is_new_is_acknowledged() -> None:
    columns = joined(play(CASE), "high", at=LATER)
    with pytest.raises(Refused, match=r"escalation\.transition"):
        life_cycle.advance(columns, entry("resume", revision=columns["revision"]))
    for step in ("acknowledge", "resume"):
        columns = life_cycle.advance(columns, entry(step, revision=columns["revision"])) | {
            "revision": columns["revision"] + 1
        }
    assert (columns["status"], columns["resume"]) == ("case_opened", "")
    assert columns["acknowledged_by"] == OFFICER


def test_only_what_was_elsewhere_before_can_go_back_there() -> None:
    with pytest.raises(Refused, match=r"escalation\.transition"):
        play(ACKNOWLEDGE, ("resume", {}))


def test_a_referral_of_what_is_new_leaves_an_open_case_the_case_it_is() -> None:
    for before, after in ((CASE, "case_opened"), (REFER, "referred")):
        columns = joined(play(before), "medium", at=LATER)
        unread = life_cycle.advance(columns, entry("refer"))
        assert (unread["status"], unread["acknowledged_at"]) == ("open", None)
        seen = life_cycle.advance(columns, entry("acknowledge", revision=columns["revision"]))
        assert life_cycle.advance({**seen, "revision": 9}, entry("refer"))["status"] == after


def called(observed: dt.datetime) -> dict[str, Any]:
    at = observed.isoformat()
    return {"police": {"at": at, "by": str(OFFICER), "observed": at}}


def test_each_danger_that_the_police_must_hear_of_asks_for_a_call_of_its_own() -> None:
    police = evidence(FIRST, "critical", 0, ["police"])
    first = life_cycle.advance(None, entry("open", **police, uncalled=NOW.isoformat()))
    assert (first["uncalled_since"], first["uncalled_observed"]) == ([NOW], NOW)
    answered = life_cycle.advance({**first, "revision": 1}, entry("call", **called(NOW)))
    assert (answered["uncalled_since"], answered["reported_at"]) == ([], NOW)
    again = joined(
        {**answered, "revision": 2}, "critical", at=LATER, to=["police"], uncalled=LATER.isoformat()
    )
    assert (again["uncalled_since"], again["reported_at"]) == ([LATER], NOW)
    # A call about the first event is none about the second; one that is written down later is.
    assert life_cycle.advance(again, entry("call", **called(NOW)))["uncalled_since"] == [LATER]
    assert life_cycle.advance(again, entry("call", **called(LATER)))["uncalled_since"] == []
    early, minutes = LATER - dt.timedelta(days=1), dt.timedelta(minutes=30)
    for called_at, left in ((early, [LATER]), (LATER - minutes, []), (LATER, [])):
        note = entry("reported", revision=3, called_at=called_at.isoformat())
        assert life_cycle.advance(again, note)["uncalled_since"] == left


def test_an_operation_from_before_each_event_asked_for_a_call_is_read_as_it_was_meant() -> None:
    police = evidence(FIRST, "critical", 0, ["police"])
    assert life_cycle.advance(None, entry("open", **police))["uncalled_since"] == [NOW]
    told = life_cycle.advance(None, entry("open", **police, **called(NOW)))
    assert told["uncalled_since"] == []
    old = evidence(SECOND, "critical", 0, ["police"])
    assert life_cycle.advance(play(ACKNOWLEDGE), entry("extend", **old))["status"] == "open"
    mild = evidence(SECOND, "high", 0, ["township"])
    assert (
        life_cycle.advance(play(ACKNOWLEDGE), entry("extend", **mild))["status"] == "acknowledged"
    )


def test_new_evidence_reopens_with_a_deadline_of_its_own() -> None:
    ended = play(ACKNOWLEDGE, RESOLVE)
    columns = life_cycle.advance(ended, entry("reopen", **evidence(SECOND, "high", 72, [])))
    assert columns["status"] == "open"
    assert columns["resolved_at"] is None
    assert columns["closed_by_op"] is None
    assert columns["deadline"] == NOW + dt.timedelta(hours=72)
    assert columns["findings"] == [FIRST, SECOND]


def test_only_an_ended_escalation_is_reopened() -> None:
    with pytest.raises(Refused, match=r"escalation\.transition"):
        life_cycle.advance(opened(), entry("reopen", **evidence(SECOND, "high", 72, [])))


def test_nothing_but_open_begins_an_escalation_and_it_begins_once() -> None:
    for kind in life_cycle.KINDS:
        if not life_cycle.KINDS[kind]:
            with pytest.raises(Refused, match=r"target\.unknown"):
                life_cycle.advance(None, entry(kind.removeprefix("escalation."), revision=0))
    with pytest.raises(Refused, match=r"target\.taken"):
        life_cycle.advance(opened(), entry("open", **evidence(SECOND, "high", 1, [])))


def test_every_status_of_the_vocabulary_has_its_transitions() -> None:
    assert list(life_cycle.TRANSITIONS) == codes("escalation_status")
    assert {after for all_ in life_cycle.TRANSITIONS.values() for after in all_} == set(
        codes("escalation_status")
    )
