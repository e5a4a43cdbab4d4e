"""What a simulated supervisor does with a phone that has been too long without signal."""

import base64
import datetime as dt
from random import Random
from uuid import UUID

import pytest

from deploy.simulation import events
from deploy.simulation.cast import START, Family, Handset, teams
from deploy.simulation.ledger import Ledger
from deploy.simulation.work import Work
from sync.client import Phone
from sync.protocol import ids, sealing

PERSON = str(UUID(int=7))


def test_a_phone_whose_lease_is_over_shows_nothing_to_edit_and_still_takes_a_visit() -> None:
    (team,) = teams(phones=1, seed=1)
    (handset,), family = team.handsets, team.families[0]
    person = handset.people[0]
    ledger, now = Ledger(), START
    phone = Phone(":memory:", clock=lambda: now)
    phone.store.set(
        token="x", device=str(ids.uuid7(now)), people=[{"id": PERSON}],
        config={"lease": {"value": {"days": 14}}}, lease_seen=now.isoformat(),
    )  # fmt: skip
    work = Work(ledger, {person: PERSON})
    work.do(phone, handset, events.Register(person, family), Random(1))
    edit = events.Edit(person, family, 0, set=("risk_level", "GREEN"))
    work.do(phone, handset, edit, Random(1))
    before = len(ledger.operations)
    assert before == 3 + len(family.children)
    now += dt.timedelta(days=15)
    work.do(phone, handset, edit, Random(1))
    work.do(phone, handset, events.Settle(person), Random(1))
    assert len(ledger.operations) == before
    work.do(phone, handset, events.Visit(person, family, (0,), None), Random(1))
    assert len(ledger.operations) == before + 3


def enrolled(pin: str = "") -> tuple[Phone, Work, Handset, Family]:
    (team,) = teams(phones=1, seed=1)
    phone = Phone(":memory:", clock=lambda: START)
    _, public = sealing.new_key()
    key = {"format": 1, "public": base64.b64encode(public).decode()}
    phone.store.set(
        token="x", device=str(ids.uuid7(START)), people=[{"id": PERSON}],
        config={"outbox": {"value": key}},
    )  # fmt: skip
    if pin:
        phone.set_pin(pin)
    person = team.handsets[0].people[0]
    work = Work(Ledger(), {person: PERSON})
    work.do(phone, team.handsets[0], events.Register(person, team.families[0]), Random(1))
    return phone, work, team.handsets[0], team.families[0]


def test_who_writes_that_nobody_cares_for_a_child_writes_of_a_danger() -> None:
    phone, work, handset, family = enrolled()
    person, child = handset.people[0], str(family.children[0].id)
    for carer, expected in (("grandparents", set()), ("nobody", {child})):
        edit = events.Edit(person, family, 0, set=("actual_carer", carer))
        work.do(phone, handset, edit, Random(1))
        assert work.ledger.dangers.concerned(set(work.ledger.said)) == expected


def test_who_settles_a_conflict_by_nobody_cares_writes_of_a_danger_too(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    phone, work, handset, family = enrolled()
    child = str(family.children[0].id)
    disputed = {"record": child, "type": "child", "field": "actual_carer", "shown": "nobody"}
    monkeypatch.setattr(phone, "conflicts", lambda: [disputed])
    work.do(phone, handset, events.Settle(handset.people[0]), Random(1))
    assert work.ledger.dangers.concerned(set(work.ledger.said)) == {child}


def test_a_visit_asks_who_cares_for_the_child_whatever_the_dice_say() -> None:
    phone, work, handset, family = enrolled()
    for seed in range(60):
        visit = events.Visit(handset.people[0], family, (0,), None)
        work.do(phone, handset, visit, Random(seed))
    parts = [said for said in work.ledger.said.values() if said["kind"] == "visit.part"]
    assert len(parts) == 60
    assert all("actual_carer" in said["data"]["answers"] for said in parts)


def test_the_ledger_knows_what_a_closed_phone_wrote_and_cannot_read_again() -> None:
    phone, work, handset, family = enrolled("135790")
    person, before = handset.people[0], set(work.ledger.said)
    work.do(phone, handset, events.Close(person), Random(1))
    assert work.ledger.closings == 1
    work.do(phone, handset, events.Visit(person, family, (0,), None, papers=2), Random(1))
    said = [work.ledger.said[op] for op in work.ledger.said.keys() - before]
    assert sorted(one["kind"] for one in said) == ["visit.part", "visit.record", "visit.sealed"]
    assert len(work.ledger.papers.declared) == 2
    phone.unlock("135790")
    for one in said:
        operation = work.ledger.operations[one["op"]]
        assert (operation.kind, operation.target) == (one["kind"], one["target"])
