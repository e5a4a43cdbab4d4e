"""Who does what when follows from the seed alone, and everything that may go wrong is in it."""

import datetime as dt
from pathlib import Path

import pytest

from deploy.simulation import events
from deploy.simulation.cast import START, teams
from deploy.simulation.clock import Clock
from deploy.simulation.plan import plan


def planned(phones: int, days: int, seed: int, *, chaos: bool = True) -> list[events.HalfDay]:
    return plan(teams(phones=phones, seed=seed), days=days, seed=seed, chaos=chaos)


def test_the_same_seed_plans_the_same_and_another_something_else() -> None:
    assert planned(12, 10, 7) == planned(12, 10, 7)
    assert planned(12, 10, 7) != planned(12, 10, 8)


@pytest.mark.parametrize("phones", [1, 2, 3, 4, 7, 200])
def test_a_run_has_as_many_phones_as_were_asked_for(phones: int) -> None:
    handsets = [h for team in teams(phones=phones, seed=1) for h in team.handsets]
    assert [h.number for h in handsets] == list(range(phones))
    assert all(team.families for team in teams(phones=phones, seed=1))


def test_phones_are_shared_and_people_have_two_and_teams_work_in_two_counties() -> None:
    cast = teams(phones=8, seed=1)
    owners = [h.people for h in cast[0].handsets]
    assert owners == [(0,), (0,), (1, 2), (3,)]
    assert len({team.county for team in cast}) == 2


def test_a_month_has_everything_in_it() -> None:
    month = planned(40, 30, 7)
    actions = {type(action) for half in month for turn in half.turns for action in turn.actions}
    decisions = {type(decision) for half in month for decision in half.decisions}
    assert actions == {
        events.Register, events.Visit, events.Report, events.Edit, events.Settle,
    }  # fmt: skip
    assert decisions == {events.Handover, events.Reassign, events.Lose}
    assert any(half.kills for half in month)
    assert any(half.kills_worker for half in month)
    visits = [
        a for half in month for t in half.turns for a in t.actions if isinstance(a, events.Visit)
    ]
    found = {visit.scene[1].rule for visit in visits if visit.scene}
    assert "R5" in found
    assert len(found) > 8


def test_without_chaos_nothing_is_killed() -> None:
    assert not any(half.kills or half.kills_worker for half in planned(12, 10, 7, chaos=False))


def test_a_phone_that_is_lost_does_nothing_any_more_but_is_found_and_sends() -> None:
    month = planned(40, 30, 7)
    for half in month:
        for loss in (d for d in half.decisions if isinstance(d, events.Lose)):
            later = [turn for after in month[half.number + 1 :] for turn in after.turns]
            turns = [turn for turn in later if turn.handset == loss.handset]
            assert all(turn.actions == () and turn.syncs for turn in turns)
            assert loss.instead.people == loss.handset.people


def test_the_clock_is_read_by_others_and_never_goes_back(tmp_path: Path) -> None:
    ours, theirs = Clock(tmp_path / "clock"), Clock(tmp_path / "clock")
    ours.begin(START)
    assert dt.timedelta(0) <= theirs.now() - START < dt.timedelta(minutes=1)
    ours.set(START + dt.timedelta(days=3))
    ours.set(START + dt.timedelta(days=1))
    assert theirs.now() >= START + dt.timedelta(days=3)
