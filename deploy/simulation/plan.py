"""Who does what when: everything that happens in a run but for the network's moods. By the seed alone.

Each team is planned by itself, half day by half day. The plan keeps an idea of what each phone knows:
who has lost a family goes on visiting it until her phone has heard.
"""

import datetime as dt
from collections.abc import Collection, Iterator, Mapping, Sequence
from random import Random
from typing import Any

from deploy.demo_data.scenes import SCENES, Scene

from . import events
from .cast import START, Family, Handset, Team
from .events import Close, Edit, HalfDay, Register, Report, Settle, Turn, Visit
from .fates import UNLOCKED, Fate, decisions, fates, moves

HALF_DAYS = (dt.timedelta(hours=2), dt.timedelta(hours=8))  # ten and four o'clock
SEALED = Scene(rule="R5", times=1, ages=(3, 17), sealed={"sexual_abuse_suspected": "yes"})
FOUND = (*SCENES, SEALED)
# Of a hundred: visits that find something, turns with an edit, a report, a decision on a conflict,
# visits with papers, turns of a phone with a PIN after which it is closed.
DANGER, EDIT, REPORT, SETTLE, PAPERS, CLOSE = 7, 30, 2, 6, 6, 15
FEW_DAYS, OFTEN_PAPERS = 6, 40  # a run of few days has enough attachments too
# Of a hundred days: how often a phone goes out of reach, a caseload changes hands, a child does.
OFFLINE, HANDOVER, REASSIGN = 12, 8, 8
OUT_OF_REACH = (1, 6)  # days
SYNCS = 70  # of a hundred half days with signal
FIRST_LOSS = 6  # day before which nothing befalls a phone or a child: registrations come first
EDITS: tuple[tuple[str, tuple[Any, ...]], ...] = (
    ("actual_carer", ("grandparents", "relatives_friends", "nobody")),
    ("risk_level", ("YELLOW", "BLUE", "GREEN")),
    ("school", ({"status": "primary", "name": "中心小学"}, {"status": "junior", "name": "二中"})),
)
AID = ("minimum_living", "temporary", "medical")


def first_loss(days: int) -> int:
    return min(FIRST_LOSS, max(1, days // 2))


def plan(teams: Sequence[Team], *, days: int, seed: int, chaos: bool) -> list[HalfDay]:
    made = [
        HalfDay(day * 2 + half, START + dt.timedelta(days=day) + at, evening=half == 1)
        for day in range(days)
        for half, at in enumerate(HALF_DAYS)
    ]
    first = first_loss(days)
    befalls = fates(teams, days=days, seed=seed, first=first, chaos=chaos)
    moving = moves(teams, days=days, seed=seed, first=first)
    for team in teams:
        own = _TeamPlan(team, days, seed, befalls, moving)
        for half_day, (turns, decided) in zip(made, own.half_days(), strict=True):
            half_day.turns += turns
            half_day.decisions += decided
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
    """`found_on` is when a phone that is gone, or has a copy, is switched on again just to send."""

    def __init__(
        self, team: Team, days: int, seed: int, befalls: Mapping[int, Fate],
        moving: Mapping[int, Sequence[events.Move]],
    ) -> None:  # fmt: skip
        self.team, self.days, self.moving = team, days, moving
        self.random = Random(f"{seed}/plan/{team.number}")
        self.handsets = list(team.handsets)
        self.families = {family.number: family for family in team.families}
        self.cover: dict[tuple[int, int], int] = {}
        self.known: dict[int, set[tuple[int, int]]] = {h.number: set() for h in self.handsets}
        self.offline_until: dict[int, int] = {}
        self.found_on: dict[int, list[Handset]] = {}
        self.copied: set[int] = set()
        self.has_to_write: set[int] = set()
        own = [befalls[h.number] for h in team.handsets if h.number in befalls]
        self.fates = [(fate, self.random.randrange(100) < UNLOCKED) for fate in own]
        self.waiting = self._arrivals()

    def _arrivals(self) -> dict[int, list[tuple[Family, Handset, int]]]:
        """Half day → families registered then: most in the first days."""
        arrivals: dict[int, list[tuple[Family, Handset, int]]] = {}
        for family in self.team.families:
            late = self.random.random() < 0.3
            last = max(2, first_loss(self.days) * 2 - 4) - 1
            when = self.random.randint(0, last) if late else self.random.randint(0, 1)
            handset = self.random.choice(self.handsets)
            person = self.random.choice(handset.people)
            arrivals.setdefault(when, []).append((family, handset, person))
        return arrivals

    def half_days(self) -> Iterator[tuple[list[Turn], list[events.Decision]]]:
        for number in range(self.days * 2):
            turns = [self._turn(handset, number) for handset in list(self.handsets)]
            turns += [Turn(found, (), syncs=True) for found in self.found_on.get(number, [])]
            decisions = list(self._decisions(number // 2)) if number % 2 else []
            yield turns, decisions

    def _turn(self, handset: Handset, number: int) -> Turn:
        actions = tuple(self._actions(handset, number))
        syncs = self._reachable(handset, number) and self.random.randrange(100) < SYNCS
        if last := self._last_of(handset, number):
            more = tuple(self._visit(handset, papers=1))
            return Turn(handset, (*actions, *more), syncs=last == 2, thin=True)
        if syncs and handset.number not in self.copied:
            self.known[handset.number] = {
                place for place, person in self.cover.items() if person in handset.people
            }
        return Turn(handset, actions, syncs)

    def _last_of(self, handset: Handset, number: int) -> int:
        """How many half days a phone still has that will not come back, or not as it was; 0: more than two.

        So that something is under way then: first a paper of which only the visit is sent, then a visit
        that nobody hears of.
        """
        for fate, _ in self.fates:
            end = fate.until if fate.kind == "restored" else fate.day
            if fate.handset == handset and fate.kind in ("wiped", "reset", "restored"):
                left = end * 2 + 2 - number
                return left if left in (1, 2) else 0
        return 0

    def _reachable(self, handset: Handset, number: int) -> bool:
        if number % 2 == 0 and self.random.randrange(100) < OFFLINE:
            self.offline_until[handset.number] = number + 2 * self.random.randint(*OUT_OF_REACH)
        return number >= self.offline_until.get(handset.number, 0)

    def _actions(self, handset: Handset, number: int) -> Iterator[events.Action]:
        random = self.random
        yield from self._registrations(handset, number)
        if handset.number in self.has_to_write:
            self.has_to_write.discard(handset.number)
            yield self._hears_of(handset)
        for _ in range(random.choices([0, 1, 2], [48, 42, 10])[0]):
            yield from self._visit(handset)
        if random.randrange(100) < EDIT:
            yield from self._edit(handset)
        if random.randrange(100) < REPORT:
            yield from self._report(handset)
        if random.randrange(100) < SETTLE:
            yield Settle(random.choice(handset.people))
        if handset.pin and random.randrange(100) < CLOSE:
            yield Close(random.choice(handset.people))

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
        return self.families[number], child

    def _visit(self, handset: Handset, papers: int = 0) -> Iterator[Visit]:
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
        often = PAPERS if self.days > FEW_DAYS else OFTEN_PAPERS
        papers = papers or self.random.choices([0, 1, 2], [100 - often, often - 1, 1])[0]
        yield Visit(self.random.choice(handset.people), family, children, scene, papers)

    def _report(self, handset: Handset) -> Iterator[Report]:
        if place := self._place(handset):
            yield Report(self.random.choice(handset.people), *place)

    def _hears_of(self, handset: Handset) -> Report:
        """Anybody may report a concern, also about a child that is not hers."""
        family, child = self._place(handset) or (self.random.choice(self.team.families), 0)
        return Report(self.random.choice(handset.people), family, child)

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
            yield events.Reassign(self.team, self.families[number], child, to)
        yield from self._moves(day)
        for fate, unlocked in self.fates:
            for decision in decisions(fate, self.team, day, unlocked=unlocked):
                self._befalls(decision, day)
                yield decision

    def _moves(self, day: int) -> Iterator[events.Move]:
        """The team that a child leaves plans the move; the one it comes to only knows of it."""
        for move in self.moving.get(day, ()):
            places = [(move.family.number, child) for child in move.children]
            if move.to_team.number == self.team.number and move.end == "accept":
                self.families[move.family.number] = move.family
                self.cover |= dict.fromkeys(places, move.to)
            if move.team.number == self.team.number:
                if move.end == "accept":
                    self.cover = {p: by for p, by in self.cover.items() if p not in places}
                yield move

    def _befalls(self, decision: events.Decision, day: int) -> None:
        if isinstance(decision, events.Lose):
            self._gone(decision.handset, decision.instead)
            if decision.how != "reset":
                self._sends(decision.handset, day)
        elif isinstance(decision, events.Copy):
            self.copied |= {decision.handset.number, decision.copy.number}
            self.known[decision.copy.number] = set(self.known[decision.handset.number])
            self.has_to_write |= {decision.handset.number, decision.copy.number}
            if not any(
                f.kind == "restored" and f.handset == decision.handset for f, _ in self.fates
            ):
                self.handsets.append(decision.copy)
        elif isinstance(decision, events.Restore):
            self._gone(decision.handset, decision.copy, known=self.known[decision.copy.number])
        elif isinstance(decision, events.Replace):
            for twin in [one for one in decision.copies if one in self.handsets]:
                self.handsets.remove(twin)
                self._sends(twin, day)
            self.handsets.append(decision.instead)
            self.known[decision.instead.number] = set()

    def _gone(
        self, handset: Handset, instead: Handset, known: Collection[tuple[int, int]] = ()
    ) -> None:
        self.handsets.remove(handset)
        self.handsets.append(instead)
        self.known[instead.number] = set(known)

    def _sends(self, handset: Handset, day: int) -> None:
        """Somebody switches it on again, once."""
        self.found_on.setdefault(day * 2 + self.random.randint(3, 9), []).append(handset)
