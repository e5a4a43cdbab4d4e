"""The people, phones and families of a run. The same seed and size give the same ones."""

import datetime as dt
from dataclasses import dataclass, replace
from random import Random
from uuid import UUID

from deploy.cast import OTHER_COUNTY
from deploy.demo_data import roster
from deploy.demo_data.people import COUNTY, People
from deploy.rounds import CHINA

# A Monday of the year whose holidays are published; nothing depends on the day somebody runs this.
START = dt.datetime(2026, 3, 2, 8, tzinfo=CHINA)
# A team shares one village: two phones of one person, one phone of two people, one phone of one.
PHONES_OF = ((0,), (0,), (1, 2), (3,))
FAMILIES = 12  # a team
SIZES = {1: 50, 2: 38, 3: 12}  # children a family, in a hundred
# Of a hundred phones: wrong for years, wrong by minutes, and set anew again and again.
WRONG_FOR_YEARS, SLIGHTLY_WRONG, UNSTEADY = 8, 30, 8
# Of a hundred phones, how many have a PIN.
WITH_PIN = 30


@dataclass(frozen=True, slots=True)
class Person:
    number: int
    name: str
    phone: str
    village: str


@dataclass(frozen=True, slots=True)
class Handset:
    """`people` are numbers of persons; `skew` is what its clock is ahead of the true time.

    With `pin` they close it now and then, and it takes their PIN to open it.
    """

    number: int
    people: tuple[int, ...]
    skew: dt.timedelta
    unsteady: bool = False
    pin: bool = False


@dataclass(frozen=True, slots=True)
class Child:
    id: UUID
    name: str
    sex: str
    born: dt.date

    def age(self) -> int:
        """At the start: nobody in a run is judged by another age."""
        day = START.date()
        return day.year - self.born.year - ((day.month, day.day) < (self.born.month, self.born.day))


@dataclass(frozen=True, slots=True)
class Family:
    number: int
    household: UUID
    guardian: UUID
    guardian_name: str
    guardian_phone: str
    village: str
    children: tuple[Child, ...]


@dataclass(frozen=True, slots=True)
class Team:
    number: int
    county: str
    village: str
    people: tuple[Person, ...]
    handsets: tuple[Handset, ...]
    families: tuple[Family, ...]


def teams(*, phones: int, seed: int) -> list[Team]:
    """As many as have `phones` phones together; the last may be smaller."""
    people = People(Random(f"{seed}/people"))
    villages = {county: _villages(county) for county in (COUNTY, OTHER_COUNTY)}
    made: list[Team] = []
    while (done := sum(len(team.handsets) for team in made)) < phones:
        number = len(made)
        county = (COUNTY, OTHER_COUNTY)[number % 2]
        village = villages[county][number // 2 % len(villages[county])]
        owners = PHONES_OF[: phones - done]
        made.append(_team(number, county, village, owners, done, people, seed))
    return made


def _villages(county: str) -> list[str]:
    return sorted(code for code in roster.divisions(county) if len(code) == 12)


def _team(
    number: int, county: str, village: str, owners: tuple[tuple[int, ...], ...], first: int,
    people: People, seed: int,
) -> Team:  # fmt: skip
    random = Random(f"{seed}/team/{number}")
    base = number * 4
    members = range(max(max(own) for own in owners) + 1)
    own_people = tuple(
        Person(base + m, people.name(people.surname(), "parent", "female"), people.phone(), village)
        for m in members
    )
    handsets = tuple(
        _handset(first + place, tuple(base + m for m in own), random)
        for place, own in enumerate(owners)
    )
    count = FAMILIES * len(owners) // len(PHONES_OF)
    families = tuple(_family(number * 100 + n, village, people, random) for n in range(count))
    return Team(number, county, village, own_people, handsets, families)


def _handset(number: int, people: tuple[int, ...], random: Random) -> Handset:
    drawn, pin = random.randrange(100), random.randrange(100) < WITH_PIN
    if drawn < WRONG_FOR_YEARS:
        return Handset(number, people, dt.timedelta(days=random.choice([-1, 1]) * 3650), pin=pin)
    if drawn < WRONG_FOR_YEARS + SLIGHTLY_WRONG:
        skew = dt.timedelta(minutes=random.randint(-180, 180))
        return Handset(number, people, skew, pin=pin)
    unsteady = drawn >= 100 - UNSTEADY
    return Handset(number, people, dt.timedelta(0), unsteady=unsteady, pin=pin)


def replacement(lost: Handset, phones: int) -> Handset:
    """The new phone of those whose phone is gone, in a run of `phones`: another device, with a clock
    that is right.
    """
    return Handset(phones + lost.number, lost.people, dt.timedelta(0))


def copy_of(handset: Handset, phones: int) -> Handset:
    """A second phone with everything that is on the first one: the same device to the server."""
    return replace(handset, number=2 * phones + handset.number)


def _family(number: int, village: str, people: People, random: Random) -> Family:
    surname = people.surname()
    taken: list[str] = []
    children = []
    for _ in range(random.choices(list(SIZES), list(SIZES.values()))[0]):
        sex = random.choice(["female", "male"])
        taken.append(people.name(surname, "child", sex, taken))
        born = people.born(START.year - 15, START.year - 3)
        children.append(Child(_id(random), taken[-1], sex, born))
    return Family(
        number, _id(random), _id(random), people.name(people.surname(), "old", "female"),
        people.phone(), village, tuple(children),
    )  # fmt: skip


def _id(random: Random) -> UUID:
    """A UUIDv7 by the seed: what the plan names must have the same name in each run."""
    value = random.getrandbits(128) & ~(0xF << 76) & ~(0x3 << 62)
    return UUID(int=value | 7 << 76 | 2 << 62)
