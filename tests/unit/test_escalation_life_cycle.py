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


def test_a_finding_that_is_added_does_not_undo_an_acknowledgement() -> None:
    added = evidence(SECOND, "high", 0, ["police"])
    columns = life_cycle.advance(play(ACKNOWLEDGE), entry("extend", **added))
    assert columns["status"] == "acknowledged"


def test_a_critical_finding_beside_a_milder_one_has_to_be_acknowledged_anew() -> None:
    later = NOW + dt.timedelta(days=3)
    added = evidence(SECOND, "critical", 0, ["police"])
    columns = life_cycle.advance(play(ACKNOWLEDGE, ASSIGN), entry("extend", at=later, **added))
    assert (columns["status"], columns["acknowledged_at"]) == ("open", None)
    assert (columns["level"], columns["waits_since"], columns["climbs"]) == ("county", later, 0)
    # A second critical one changes nothing about who has to look.
    taken = {**columns, "status": "acknowledged", "revision": 9}
    assert life_cycle.advance(taken, entry("extend", **added))["status"] == "acknowledged"


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
