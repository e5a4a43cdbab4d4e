"""One open escalation per child and episode (rules.md, "A rule"), without a database."""

import datetime as dt
from typing import Any
from uuid import UUID

from backend.concerns.episodes import Episode, drafts
from backend.concerns.news import Known
from sync.entries import Entry
from sync.protocol import ids

NOW = dt.datetime(2026, 5, 4, 8, 0, tzinfo=dt.UTC)
HOUR = dt.timedelta(hours=1)
CHILD, SIBLING = UUID(int=1), UUID(int=2)


def finding(child: UUID = CHILD, *, observed: dt.datetime = NOW, **data: Any) -> Entry:
    data = {
        "rule": "R12", "severity": "high", "sealed": False, "to": ["township"], "division": "522630100200",
        "deadline": (NOW + 24 * HOUR).isoformat(), "observed": observed.isoformat(),
        "received": NOW.isoformat(), **data,
    }  # fmt: skip
    return Entry(
        op=ids.uuid7(NOW), person=UUID(int=0), kind="finding.record", target=ids.uuid7(NOW),
        file=child, data=data, wall=NOW, at=0, uncertainty=0, received=NOW,
    )  # fmt: skip


def test_findings_of_one_child_open_one_escalation_with_the_sharpest_of_each() -> None:
    mild = finding()
    sharp = finding(severity="critical", to=["police"], deadline=NOW.isoformat())
    (draft,) = drafts([mild, sharp], last={}, now=NOW)
    assert draft.kind == "escalation.open"
    assert draft.data["severity"] == "critical"
    assert draft.data["deadline"] == NOW.isoformat()
    assert draft.data["to"] == ["police", "township"]
    assert draft.data["findings"] == [str(mild.target), str(sharp.target)]


def test_sealed_findings_and_siblings_have_escalations_of_their_own() -> None:
    made = drafts([finding(), finding(sealed=True), finding(SIBLING)], last={}, now=NOW)
    assert {(d.file, d.data["sealed"]) for d in made} == {
        (CHILD, False), (CHILD, True), (SIBLING, False),
    }  # fmt: skip
    assert len({draft.target for draft in made}) == 3


def test_the_same_findings_make_the_same_operation() -> None:
    found = [finding(), finding()]
    once, again = drafts(found, last={}, now=NOW), drafts(found[::-1], last={}, now=NOW)
    assert once[0].op == again[0].op
    assert once[0].target == again[0].target


def test_an_open_escalation_is_extended_and_an_open_sealed_one_is_not_touched() -> None:
    place = {(CHILD, False, ""): Episode(id=UUID(int=9), number=1, ended=None)}
    plain, sealed = drafts([finding(), finding(sealed=True)], last=place, now=NOW)
    assert (plain.kind, plain.target) == ("escalation.extend", UUID(int=9))
    assert plain.data["news"] == "all"
    assert sealed.kind == "escalation.open"


def test_who_hears_of_a_danger_that_joins_is_decided_by_what_is_held_already() -> None:
    held = {"R12": Known("high", NOW - HOUR)}
    place = Episode(id=UUID(int=9), number=1, ended=None, known=held)
    (milder,) = drafts(
        [finding(severity="low", observed=NOW)], last={(CHILD, False, ""): place}, now=NOW
    )
    assert milder.data["news"] == "assignee"
    both = [finding(severity="low", observed=NOW), finding(rule="R19")]
    (joined,) = drafts(both, last={(CHILD, False, ""): place}, now=NOW)
    assert joined.data["news"] == "all"


def test_a_danger_that_the_police_must_hear_of_asks_for_a_call_unless_one_is_on_record() -> None:
    def uncalled(*found: Entry) -> Any:
        return drafts(found, last={}, now=NOW)[0].data["uncalled"]

    early, late = NOW - 3 * HOUR, NOW - HOUR
    assert uncalled(finding()) is None
    assert uncalled(finding(to=["police"], police={"at": NOW.isoformat()})) is None
    missing = finding(to=["police"], observed=early), finding(to=["police"], observed=late)
    assert uncalled(*missing) == late.isoformat()


def test_what_was_observed_before_the_end_reopens_and_later_starts_an_episode() -> None:
    place = {(CHILD, False, ""): Episode(id=UUID(int=9), number=1, ended=NOW)}
    (late,) = drafts([finding(observed=NOW - HOUR)], last=place, now=NOW + HOUR)
    assert (late.kind, late.target) == ("escalation.reopen", UUID(int=9))
    (new,) = drafts([finding(observed=NOW + HOUR)], last=place, now=NOW + HOUR)
    assert new.kind == "escalation.open"
    assert new.data["episode"] == 2
