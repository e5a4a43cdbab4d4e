"""What a simulated supervisor does with a phone that has been too long without signal."""

import datetime as dt
from random import Random
from uuid import UUID

from deploy.simulation import events
from deploy.simulation.cast import START, teams
from deploy.simulation.ledger import Ledger
from deploy.simulation.work import Work
from sync.client import Phone
from sync.protocol import ids

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
