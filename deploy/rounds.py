"""Three months of a supervisor's home visits, as operations of her phone."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from deploy.demo_data import answers
from deploy.demo_data.scenes import SCENES, Scene
from fieldforms import ages
from sync.client import New, Phone
from sync.client.log import MAX_OPERATIONS
from sync.client.view import Seen
from sync.protocol import ids

CHINA = ZoneInfo("Asia/Shanghai")
SEED = 20260901
DAYS = 92
# As the visit plan: a child seen on time is due again after so many days.
INTERVALS = {"RED": 7, "YELLOW": 14, "BLUE": 30, "GREEN": 90}
LEFT_BEHIND = 30
# Of a hundred households: visited too long ago; of a hundred visits: nobody met.
OVERDUE, NOBODY_MET = 12, 4
# How long ago something went wrong at most, in days: a phone is seldom without signal for longer.
RECENT = 9


@dataclass(frozen=True)
class Child:
    id: UUID
    household: UUID
    name: str
    born: dt.date | None
    risk: str
    left_behind: bool

    def age(self, day: dt.date) -> int:
        if self.born is None:
            return 8
        return ages.common(self.born, day)


@dataclass(frozen=True)
class Home:
    """One household and the children whom this phone covers; the order is the same in each run."""

    id: UUID
    children: tuple[Child, ...]

    @property
    def interval(self) -> int:
        return min(
            min(INTERVALS.get(child.risk, 30), LEFT_BEHIND if child.left_behind else 90)
            for child in self.children
        )


def homes(phone: Phone) -> list[Home]:
    """What the phone holds."""
    found: dict[UUID, list[Child]] = {}
    for seen in phone.records(type="child"):
        child = _child(seen)
        if child:
            found.setdefault(child.household, []).append(child)
    made = [
        Home(id_, tuple(sorted(own, key=lambda child: (child.name, str(child.born)))))
        for id_, own in found.items()
    ]
    return sorted(made, key=lambda home: (home.children[0].name, str(home.children[0].born)))


def _child(seen: Seen) -> Child | None:
    values = seen.values
    card = values.get("identity") or {}
    if not values.get("household"):
        return None
    born = card.get("birth_date")
    return Child(
        id=UUID(seen.id),
        household=UUID(values["household"]),
        name=str(card.get("name")),
        born=dt.date.fromisoformat(born) if born else None,
        risk=str(values.get("risk_level")),
        left_behind="LEFT_BEHIND" in (values.get("categories") or {}),
    )


def cast_scenes(everybody: Sequence[Home], today: dt.date) -> dict[UUID, Scene]:
    """Which child each scene is about. At most one scene in a household."""
    random = Random(SEED)
    free = list(everybody)
    cast: dict[UUID, Scene] = {}
    for scene in SCENES:
        for _ in range(max(1, scene.times * len(everybody) // 400)):
            suited = [
                (home, child)
                for home in free
                for child in home.children
                if scene.ages[0] <= child.age(today) <= scene.ages[1]
            ]
            if suited:
                home, child = random.choice(suited)
                cast[child.id] = scene
                free.remove(home)
    return cast


def rounds(
    own: Iterable[Home], scenes: Mapping[UUID, Scene], *, now: dt.datetime, seed: str
) -> list[list[New]]:
    """Her visits in the order in which they happened. The same arguments give the same visits."""
    random = Random(f"{SEED} {seed}")
    made: list[tuple[dt.datetime, list[New]]] = []
    for home in own:
        scene = next((scenes[child.id] for child in home.children if child.id in scenes), None)
        days = _days(home, random, scene is not None)
        for number, ago in enumerate(days):
            at = _moment(now, ago, random)
            happens = scene if number == len(days) - 1 else None
            made.append((at, visit(home, at=at, random=random, scenes=scenes, scene=happens)))
    return [news for _, news in sorted(made, key=lambda one: one[0])]


def keep(phone: Phone, visits: Sequence[Sequence[New]]) -> None:
    """Writes them to the phone's log, whole visits at a time; goes on where it was cut off."""
    there = sum(phone.status()["operations"].values())
    batch: list[New] = []
    for visit in visits:
        if there > 0:
            there -= len(visit)
            continue
        if len(batch) + len(visit) > MAX_OPERATIONS:
            phone.append(*batch)
            batch = []
        batch += visit
    if batch:
        phone.append(*batch)


def _days(home: Home, random: Random, eventful: bool) -> list[int]:
    """How many days ago each visit was, the earliest first."""
    interval = home.interval
    stops = 1
    if eventful:
        stops = random.randint(1, RECENT)
    elif random.randrange(100) < OVERDUE:
        stops = interval + random.randint(2, 16)
    days = []
    ago = DAYS - random.randrange(min(interval, 45))
    while ago >= stops:
        days.append(ago)
        ago -= max(3, round(interval * random.uniform(0.75, 1.0)))
    if eventful and (not days or days[-1] != stops):
        days.append(stops)
    return days


def _moment(now: dt.datetime, ago: int, random: Random) -> dt.datetime:
    """Between eight and six in China, and never in the future."""
    day = now.astimezone(CHINA) - dt.timedelta(days=ago)
    return day.replace(hour=random.randint(8, 17), minute=random.randrange(60), second=0)


def visit(
    home: Home, *, at: dt.datetime, random: Random, scenes: Mapping[UUID, Scene],
    scene: Scene | None, met: bool = False,
) -> list[New]:  # fmt: skip
    """One `visit.record`, and for each child a part and its sealed part; with `met` somebody is there."""
    missed = scene is None and random.randrange(100) < NOBODY_MET and not met
    told: dict[str, Any] = dict(scene.household) if scene else {}
    told["visit_mode"] = "attempted" if missed else "home"
    told.setdefault("met_who", random.choice(["奶奶", "爷爷", "外婆", "妈妈", "姑姑"]))
    shared = answers.household(told)
    record = ids.uuid7(at)
    news = [
        new("visit.record", record, home.id, at, shared.data(mode=shared.answers["visit_mode"]))
    ]
    for child in home.children:
        own: dict[str, Any] = {"child_seen": "no"} if missed else {}
        sealed: Mapping[str, Any] = {}
        if scene is not None and scenes.get(child.id) is scene:
            own, sealed = dict(scene.child), scene.sealed
            if own.get("police_called") == "yes":
                own["police_called_at"] = at.isoformat(timespec="minutes")
        news += parts(child, record, shared, own, sealed, at=at, random=random)
    return news


def parts(
    child: Child, record: UUID, shared: answers.Part, told: Mapping[str, Any],
    sealed: Mapping[str, Any], *, at: dt.datetime, random: Random,
) -> list[New]:  # fmt: skip
    part = ids.uuid7(at)
    answered = answers.child(shared, told, age=child.age(at.date()), random=random)
    data = answers.sealed(shared, sealed).data(part=str(part))
    return [
        new("visit.part", part, child.id, at, answered.data(visit=str(record))),
        new("visit.sealed", ids.uuid7(at), child.id, at, data),
    ]


def new(kind: str, target: UUID, file: UUID, at: dt.datetime, data: dict[str, Any]) -> New:
    return New(
        kind=kind, target=target, file=file, at=at, data=data, form=answers.FORM,
        form_version=answers.VERSION,
    )  # fmt: skip
