"""Invented families whose parts fit together: ages and grades, absence and guardian, category and aid.

Coded values are the vocabulary's codes; `roster` writes their labels.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field

from . import schooling
from .people import People

# Of a hundred children in the roster; about two in three are left behind.
KINDS = {
    "both_away": 50, "one_away": 16, "poor": 11, "disabled": 7, "neglected": 4,
    "unattended": 5, "orphaned": 2, "migrant": 5,
}  # fmt: skip
LEFT_BEHIND = {"both_away", "one_away"}
PLACES = (
    "广东东莞", "广东深圳", "广东佛山", "浙江温州", "浙江义乌", "浙江宁波", "福建泉州", "江苏苏州",
    "上海", "广西柳州", "贵州贵阳", "贵州凯里",
)  # fmt: skip
GONE = ("dead", "missing", "imprisoned_six_months", "out_of_contact_six_months", "seriously_ill")
RISKS: Mapping[str, tuple[int, int, int, int]] = {  # RED, YELLOW, BLUE, GREEN of a hundred
    "both_away": (1, 6, 26, 67), "one_away": (1, 5, 20, 74), "poor": (0, 5, 25, 70),
    "disabled": (1, 12, 47, 40), "neglected": (15, 50, 30, 5), "unattended": (6, 34, 45, 15),
    "orphaned": (0, 25, 50, 25), "migrant": (0, 2, 18, 80),
}  # fmt: skip


@dataclass
class Adult:
    name: str
    sex: str
    number: str = ""
    phone: str = ""
    status: str = "present"
    place: str = ""
    since: dt.date | None = None


@dataclass
class Child:
    name: str
    sex: str
    born: dt.date
    number: str
    schooling: schooling.Schooling
    categories: list[str] = field(default_factory=list)
    aid: list[str] = field(default_factory=list)
    health: str = "healthy"
    disability: tuple[str, str] | None = None
    risk: str = "GREEN"
    note: str = ""


@dataclass
class Family:
    kind: str
    village: str
    address: str
    father: Adult
    mother: Adult
    guardian: Adult
    relationship: str
    carer: str
    care_reason: str
    capacity: str = "normal"
    rating: str = "GOOD"
    income: str = "labour"
    children: list[Child] = field(default_factory=list)


def family(*, people: People, village: str, place: str, size: int, year: int) -> Family:
    """A family of `size` children; `year` is the one in which the school year began."""
    random = people.random
    kind = random.choices(list(KINDS), list(KINDS.values()))[0]
    surname = people.surname()
    made = _parents(people, kind, surname, village, f"{place}{random.randint(1, 9)}组", year)
    # Nobody may turn 16 (18) before the next school year: the category ends there.
    oldest = 14 if kind in LEFT_BEHIND else 16
    ages = sorted(random.sample(range(1, oldest + 1), size), reverse=True)
    for age in ages:
        made.children.append(_child(people, made, surname, age, place, year))
    return made


def _parents(
    people: People, kind: str, surname: str, village: str, address: str, year: int
) -> Family:
    random = people.random
    father = Adult(people.name(surname, "parent", "male"), "male", phone=people.phone())
    mother = Adult(
        people.name(people.surname(), "parent", "female"), "female", phone=people.phone()
    )
    for parent in (father, mother):
        parent.number = people.number(people.born(1980, 1990), parent.sex)
    guardian, relationship, carer = _elder(people, surname)
    reason = {"both_away": "both_away", "one_away": "one_away_other_incapable"}.get(kind, "")
    made = Family(kind, village, address, father, mother, guardian, relationship, carer, reason)
    made.income = random.choice(["labour", "farming"])
    away = {"both_away": [father, mother], "migrant": [father]}.get(kind, [])
    if kind == "one_away":
        away = [random.choice([father, mother])]
    for parent in away:
        parent.place = random.choice(PLACES)
        parent.since = people.born(year - 4, year - 1)
    if kind in {"poor", "disabled", "neglected", "migrant"}:
        made.guardian, made.carer = random.choice([(father, "parents"), (mother, "parents")])
        made.relationship = "father" if made.guardian is father else "mother"
    if kind in {"unattended", "orphaned"}:
        _lose_parents(people, made)
    if kind == "neglected":
        made.capacity, made.rating = random.choice([("improper", "POOR"), ("insufficient", "POOR")])
    elif kind in {"unattended", "both_away"} and random.random() < 0.25:
        made.capacity, made.rating = "insufficient", "FAIR"
    return made


def _elder(people: People, surname: str) -> tuple[Adult, str, str]:
    """A grandparent in five families of six, else an aunt or an uncle."""
    random = people.random
    sex = random.choice(["female", "female", "male"])
    near = random.random() < 0.83
    name = people.name(
        surname if sex == "male" else people.surname(), "old" if near else "parent", sex
    )
    born = people.born(1946, 1963) if near else people.born(1972, 1982)
    adult = Adult(name, sex, people.number(born, sex), people.phone())
    if near:
        return adult, "grandmother" if sex == "female" else "grandfather", "grandparents"
    return adult, "relative", "relatives_friends"


def _lose_parents(people: People, made: Family) -> None:
    random = people.random
    both_dead = made.kind == "orphaned"
    made.father.status = "dead" if both_dead else random.choice(GONE[:4])
    made.mother.status = "dead" if both_dead else random.choice(GONE[1:])
    for parent in (made.father, made.mother):
        parent.phone = ""
    made.income = "government"


def _child(people: People, made: Family, surname: str, age: int, place: str, year: int) -> Child:
    """`age` is that of the first of September, so that grade and age always fit."""
    random = people.random
    sex = random.choice(["male", "female"])
    # Twelve years old on 1 September 2026 is born between 2 September 2013 and 1 September 2014.
    born = dt.date(year - age, 9, 1) - dt.timedelta(random.randrange(365))
    name = people.name(surname, "child", sex, [child.name for child in made.children])
    study = schooling.schooling(random, age, place)
    child = Child(name, sex, born, people.number(born, sex), study)
    _categorise(people, made, child)
    child.risk = random.choices(["RED", "YELLOW", "BLUE", "GREEN"], RISKS[made.kind])[0]
    if study.status == "dropped_out" and child.risk in {"BLUE", "GREEN"}:
        child.risk = "YELLOW"
    return child


def _categorise(people: People, made: Family, child: Child) -> None:
    random = people.random
    category, aid = {
        "both_away": ("LEFT_BEHIND", ""), "one_away": ("LEFT_BEHIND", ""),
        "poor": ("DIFF_POVERTY", "minimum_living"), "disabled": ("DIFF_DISABILITY", "disability"),
        "neglected": ("DIFF_GUARDIANSHIP", ""), "unattended": ("DE_FACTO_UNATTENDED", "minimum_living"),
        "orphaned": ("ORPHAN", "orphan"), "migrant": ("MIGRANT", ""),
    }[made.kind]  # fmt: skip
    child.categories = [category]
    child.aid = [aid] if aid else []
    if category == "LEFT_BEHIND" and random.random() < 0.12:
        child.categories.append("DIFF_POVERTY")
        child.aid.append("minimum_living")
    if category == "DIFF_DISABILITY" or random.random() < 0.008:
        child.health = "disabled"
        child.disability = (
            random.choice(["physical", "intellectual", "hearing", "speech", "visual", "mental"]),
            random.choice("1223344"),
        )
        if "DIFF_DISABILITY" not in child.categories:
            child.categories.append("DIFF_DISABILITY")
            child.aid.append("disability")
    else:
        child.health = random.choices(["healthy", "fair", "chronic", "serious"], [86, 9, 4, 1])[0]
    if child.health == "serious":
        child.aid.append("medical")
