"""Who is on call at a moment, deputies and leave, without a database (rules.md: on call within one hour)."""

import datetime as dt
from dataclasses import dataclass, field
from uuid import UUID

from backend.duty.roster import gaps, on_call, turns

NOW = dt.datetime(2026, 5, 4, 8, 0, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)
LI, MA, SU = (UUID(int=number) for number in (1, 2, 3))
EVERYBODY = {LI, MA, SU}


@dataclass
class Span:
    person: UUID
    starts_at: dt.datetime
    ends_at: dt.datetime
    deputies: list[UUID] = field(default_factory=list)


WEEK = Span(LI, NOW, NOW + 7 * DAY, [MA, SU])


def test_a_shift_begins_at_its_first_moment_and_ends_before_its_last() -> None:
    after = Span(SU, WEEK.ends_at, WEEK.ends_at + DAY)
    for at, who in ((NOW, LI), (WEEK.ends_at, SU), (NOW - DAY, None)):
        assert on_call(at, shifts=[WEEK, after], leaves=[], able=EVERYBODY) == who


def test_who_is_away_or_no_longer_able_is_stood_for_by_the_first_deputy_who_is_neither() -> None:
    away = [Span(LI, NOW, NOW + DAY), Span(MA, NOW, NOW + DAY)]
    at = NOW + DAY / 2
    assert on_call(at, shifts=[WEEK], leaves=away[:1], able=EVERYBODY) == MA
    assert on_call(at, shifts=[WEEK], leaves=away, able=EVERYBODY) == SU
    assert on_call(at, shifts=[WEEK], leaves=away[:1], able={LI, SU}) == SU
    assert on_call(at, shifts=[WEEK], leaves=away, able={LI, MA}) is None
    assert on_call(NOW + DAY, shifts=[WEEK], leaves=away, able=EVERYBODY) == LI


def test_gaps_are_the_times_without_a_shift_and_those_when_all_of_one_are_away() -> None:
    leaves = [Span(person, NOW + 2 * DAY, NOW + 3 * DAY) for person in EVERYBODY]
    found = gaps(NOW - DAY, NOW + 9 * DAY, shifts=[WEEK], leaves=leaves, able=EVERYBODY)
    assert [((a - NOW) / DAY, (b - NOW) / DAY) for a, b in found] == [(-1, 0), (2, 3), (7, 9)]
    assert gaps(NOW, NOW + DAY, shifts=[WEEK], leaves=[], able=EVERYBODY) == []


def test_turns_are_given_whole_in_the_order_in_which_to_call_and_pass_over_who_is_away() -> None:
    away = [Span(LI, NOW + DAY, NOW + 2 * DAY)]
    found = turns(NOW + 6 * DAY, NOW + 9 * DAY, shifts=[WEEK], leaves=away, able=EVERYBODY)
    assert found == [(NOW + 2 * DAY, NOW + 7 * DAY, (LI, MA, SU))]
    found = turns(NOW, NOW + DAY / 2, shifts=[WEEK], leaves=away, able={LI, SU})
    assert found == [(NOW, NOW + DAY, (LI, SU))]
    found = turns(NOW, NOW + 9 * DAY, shifts=[WEEK], leaves=away, able={LI, SU})
    assert [turn.people for turn in found] == [(LI, SU), (SU,), (LI, SU)]
    assert turns(NOW, NOW + DAY, shifts=[WEEK], leaves=[], able=set()) == []
    assert turns(NOW + 7 * DAY, NOW + 9 * DAY, shifts=[WEEK], leaves=[], able=EVERYBODY) == []
