"""Who does what when follows from the seed alone, and everything that may go wrong is in it."""

import datetime as dt
from pathlib import Path

import pytest

from deploy.simulation import events
from deploy.simulation.cast import START, teams
from deploy.simulation.clock import Clock
from deploy.simulation.fates import WHOLE
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
        events.Register, events.Visit, events.Report, events.Edit, events.Settle, events.Close,
    }  # fmt: skip
    assert decisions == {
        events.Handover, events.Reassign, events.Lose, events.Lock, events.Copy, events.Restore,
        events.Replace, events.Move,
    }  # fmt: skip
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


@pytest.mark.parametrize("seed", [1, 7, 11, 12])
def test_a_small_run_has_each_kind_of_fate_in_it(seed: int) -> None:
    small = planned(*WHOLE, seed)
    decisions = [decision for half in small for decision in half.decisions]
    lost = {one.how for one in decisions if isinstance(one, events.Lose)}
    assert lost == {"revoked", "wiped", "reset"}
    kinds = {type(one) for one in decisions}
    assert kinds >= {events.Lock, events.Copy, events.Restore, events.Move}
    assert any(one.end == "accept" for one in decisions if isinstance(one, events.Move))
    copies = {one.copy.number for one in decisions if isinstance(one, events.Copy)}
    wrote = {
        turn.handset.number for half in small for turn in half.turns if turn.actions and turn.syncs
    }
    assert wrote & copies


def test_a_phone_that_is_reset_has_just_sent_a_visit_without_its_paper_and_another_to_nobody() -> (
    None
):
    month = planned(40, 30, 7)
    resets = [
        (half.number, one.handset)
        for half in month
        for one in half.decisions
        if isinstance(one, events.Lose) and one.how == "reset"
    ]
    assert resets
    for number, handset in resets:
        before, last = (
            next(t for t in month[n].turns if t.handset == handset) for n in (number - 1, number)
        )
        assert before.syncs
        assert before.thin
        assert not last.syncs
        assert any(isinstance(action, events.Visit) and action.papers for action in before.actions)


def test_no_child_moves_twice_and_the_team_it_comes_to_visits_it() -> None:
    month = planned(40, 30, 7)
    moved = [
        (one.family.number, child)
        for half in month
        for one in half.decisions
        if isinstance(one, events.Move)
        for child in one.children
    ]
    assert len(moved) == len(set(moved)) > 3
    arrived = {
        (one.family.number, one.to_team.number)
        for half in month
        for one in half.decisions
        if isinstance(one, events.Move) and one.end == "accept"
    }
    teams_of = {h.number: team.number for team in teams(phones=40, seed=7) for h in team.handsets}
    visited = {
        (action.family.number, teams_of.get(turn.handset.number))
        for half in month
        for turn in half.turns
        for action in turn.actions
        if isinstance(action, events.Visit)
    }
    assert arrived & visited


def test_the_clock_is_read_by_others_and_never_goes_back(tmp_path: Path) -> None:
    ours, theirs = Clock(tmp_path / "clock"), Clock(tmp_path / "clock")
    ours.begin(START)
    assert dt.timedelta(0) <= theirs.now() - START < dt.timedelta(minutes=1)
    ours.set(START + dt.timedelta(days=3))
    ours.set(START + dt.timedelta(days=1))
    assert theirs.now() >= START + dt.timedelta(days=3)
