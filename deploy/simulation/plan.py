"""Who does what when: everything that happens in a run but for the network's moods. By the seed alone.

Each team is planned by itself, half day by half day. The plan keeps an idea of what each phone knows:
who has lost a family goes on visiting it until her phone has heard.
"""

import datetime as dt
from collections.abc import Iterator, Sequence
from random import Random
from typing import Any

from deploy.demo_data.scenes import SCENES, Scene

from . import events
from .cast import START, Family, Handset, Team, replacement
from .events import Edit, HalfDay, Register, Report, Settle, Turn, Visit

HALF_DAYS = (dt.timedelta(hours=2), dt.timedelta(hours=8))  # ten and four o'clock
SEALED = Scene(rule="R5", times=1, ages=(3, 17), sealed={"sexual_abuse_suspected": "yes"})
FOUND = (*SCENES, SEALED)
# Of a hundred: visits that find something, turns with an edit, a report, a decision on a conflict.
DANGER, EDIT, REPORT, SETTLE = 7, 30, 2, 6
# Of a hundred days: how often a phone goes out of reach, a caseload changes hands, a child does.
OFFLINE, HANDOVER, REASSIGN = 12, 8, 8
OUT_OF_REACH = (1, 6)  # days
SYNCS = 70  # of a hundred half days with signal
FIRST_LOSS = 6  # day before which no phone is lost: its registrations must be in
LOST = 40  # of a hundred teams lose a phone
EDITS: tuple[tuple[str, tuple[Any, ...]], ...] = (
    ("actual_carer", ("grandparents", "relatives_friends", "nobody")),
    ("risk_level", ("YELLOW", "BLUE", "GREEN")),
    ("school", ({"status": "primary", "name": "中心小学"}, {"status": "junior", "name": "二中"})),
)
AID = ("minimum_living", "temporary", "medical")


def plan(teams: Sequence[Team], *, days: int, seed: int, chaos: bool) -> list[HalfDay]:
    made = [
        HalfDay(day * 2 + half, START + dt.timedelta(days=day) + at, evening=half == 1)
        for day in range(days)
        for half, at in enumerate(HALF_DAYS)
    ]
    phones = sum(len(team.handsets) for team in teams)
    for team in teams:
        for half_day, (turns, decisions) in zip(
            made, _TeamPlan(team, days, seed, phones).half_days(), strict=True
        ):
            half_day.turns += turns
            half_day.decisions += decisions
    if chaos:
        _plan_kills(made, Random(f"{seed}/kills"))
    return made


def _plan_kills(made: Sequence[HalfDay], random: Random) -> None:
    """About one in three days the web server dies in the middle of the traffic."""
    for half_day in made:
        busy = sum(turn.syncs for turn in half_day.turns)
        if random.randrange(100) < 18 or half_day.number == 3:
            half_day.kills = (random.randint(1, max(1, busy)),)
        half_day.kills_worker = random.randrange(100) < 6


class _TeamPlan:
    def __init__(self, team: Team, days: int, seed: int, phones: int) -> None:
        self.team, self.days = team, days
        self.random = Random(f"{seed}/plan/{team.number}")
        self.handsets = list(team.handsets)
        self.cover: dict[tuple[int, int], int] = {}
        self.known: dict[int, set[tuple[int, int]]] = {h.number: set() for h in self.handsets}
        self.offline_until: dict[int, int] = {}
        self.found_on: int | None = None
        self.waiting = self._arrivals()
        self.loss = self._loss(phones)

    def _arrivals(self) -> dict[int, list[tuple[Family, Handset, int]]]:
        """Half day → families registered then: most in the first days."""
        arrivals: dict[int, list[tuple[Family, Handset, int]]] = {}
        for family in self.team.families:
            late = self.random.random() < 0.3
            last = min(self.days * 2, FIRST_LOSS * 2 - 4) - 1
            when = self.random.randint(0, max(0, last)) if late else self.random.randint(0, 1)
            handset = self.random.choice(self.handsets)
            person = self.random.choice(handset.people)
            arrivals.setdefault(when, []).append((family, handset, person))
        return arrivals

    def _loss(self, phones: int) -> tuple[int, events.Lose] | None:
        if self.days <= FIRST_LOSS or self.random.randrange(100) >= LOST:
            return None
        handset = self.random.choice(self.handsets)
        day = self.random.randint(FIRST_LOSS, self.days - 1)
        return day, events.Lose(self.team, handset, replacement(handset, phones + self.team.number))

    def half_days(self) -> Iterator[tuple[list[Turn], list[events.Decision]]]:
        for number in range(self.days * 2):
            turns = [self._turn(handset, number) for handset in list(self.handsets)]
            if self.loss and self.found_on == number:
                turns.append(Turn(self.loss[1].handset, (), syncs=True))
            decisions = list(self._decisions(number // 2)) if number % 2 else []
            yield turns, decisions

    def _turn(self, handset: Handset, number: int) -> Turn:
        actions = tuple(self._actions(handset, number))
        syncs = self._reachable(handset, number) and self.random.randrange(100) < SYNCS
        if syncs:
            self.known[handset.number] = {
                place for place, person in self.cover.items() if person in handset.people
            }
        return Turn(handset, actions, syncs)

    def _reachable(self, handset: Handset, number: int) -> bool:
        if number % 2 == 0 and self.random.randrange(100) < OFFLINE:
            self.offline_until[handset.number] = number + 2 * self.random.randint(*OUT_OF_REACH)
        return number >= self.offline_until.get(handset.number, 0)

    def _actions(self, handset: Handset, number: int) -> Iterator[events.Action]:
        random = self.random
        yield from self._registrations(handset, number)
        for _ in range(random.choices([0, 1, 2], [48, 42, 10])[0]):
            yield from self._visit(handset)
        if random.randrange(100) < EDIT:
            yield from self._edit(handset)
        if random.randrange(100) < REPORT:
            yield from self._report(handset)
        if random.randrange(100) < SETTLE:
            yield Settle(random.choice(handset.people))

    def _registrations(self, handset: Handset, number: int) -> Iterator[Register]:
        for family, on, person in self.waiting.get(number, []):
            if on.number == handset.number:
                places = {(family.number, place) for place in range(len(family.children))}
                self.cover |= dict.fromkeys(places, person)
                self.known[handset.number] |= places
                yield Register(person, family)

    def _place(self, handset: Handset) -> tuple[Family, int] | None:
        known = sorted(self.known[handset.number])
        if not known:
            return None
        number, child = self.random.choice(known)
        return next(f for f in self.team.families if f.number == number), child

    def _visit(self, handset: Handset) -> Iterator[Visit]:
        if (place := self._place(handset)) is None:
            return
        family, child = place
        known = self.known[handset.number]
        children = tuple(c for c in range(len(family.children)) if (family.number, c) in known)
        scene = None
        if self.random.randrange(100) < DANGER:
            age = family.children[child].age()
            suited = [scene for scene in FOUND if scene.ages[0] <= age <= scene.ages[1]]
            scene = child, self.random.choice(suited)
        yield Visit(self.random.choice(handset.people), family, children, scene)

    def _report(self, handset: Handset) -> Iterator[Report]:
        if place := self._place(handset):
            yield Report(self.random.choice(handset.people), *place)

    def _edit(self, handset: Handset) -> Iterator[Edit]:
        if (place := self._place(handset)) is None:
            return
        random, person = self.random, self.random.choice(handset.people)
        what = random.randrange(10)
        if what < 7:
            name, values = random.choice(EDITS)
            yield Edit(person, *place, set=(name, random.choice(values)))
        elif what < 9:
            yield Edit(person, *place, add=random.choice(AID))
        else:
            yield Edit(person, *place, remove=random.choice(AID))

    def _decisions(self, day: int) -> Iterator[events.Decision]:
        random, people = self.random, [person.number for person in self.team.people]
        if len(people) > 1 and random.randrange(100) < HANDOVER:
            from_person, to = random.sample(people, 2)
            for place, person in self.cover.items():
                if person == from_person:
                    self.cover[place] = to
            yield events.Handover(self.team, from_person, to)
        if len(people) > 1 and self.cover and random.randrange(100) < REASSIGN:
            number, child = random.choice(sorted(self.cover))
            to = random.choice([p for p in people if p != self.cover[number, child]])
            self.cover[number, child] = to
            family = next(f for f in self.team.families if f.number == number)
            yield events.Reassign(self.team, family, child, to)
        if self.loss and self.loss[0] == day:
            yield from self._lose(day, self.loss[1])

    def _lose(self, day: int, loss: events.Lose) -> Iterator[events.Lose]:
        self.handsets.remove(loss.handset)
        self.handsets.append(loss.instead)
        self.known[loss.instead.number] = set()
        self.found_on = day * 2 + self.random.randint(3, 9)
        yield loss
