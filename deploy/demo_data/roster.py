"""The roster of the demo: an .xlsx as a county keeps one, 800 children and 40 supervisors, slips included.

The same seed, divisions and school year give the same rows. Needs no Django and no database.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from backend.caseload.roster.columns import columns
from backend.regions.sources import read_pack

from . import slips
from .cells import cells
from .families import Family, family
from .people import COUNTY, People
from .sheet import save

SEED = 20260901
CHILDREN, SUPERVISORS = 800, 40
# Brothers and sisters in a hundred families.
SIZES = {1: 32, 2: 42, 3: 19, 4: 7}


@dataclass(frozen=True)
class Supervisor:
    """`villages` are division codes: one, or two neighbours of a township."""

    name: str
    phone: str
    villages: tuple[str, ...]


@dataclass(frozen=True)
class Summary:
    """`children` are different children, `rows` what the sheet holds; `planted` counts each slip."""

    supervisors: tuple[Supervisor, ...]
    children: int
    rows: int
    planted: Mapping[str, int]


def divisions(county: str = COUNTY) -> dict[str, str]:
    """Names of the county, its townships and villages by code, from the shipped pack."""
    return {row.code: row.name for row in read_pack() if row.code.startswith(county)}


def write(path: Path, divisions: Mapping[str, str], seed: int = SEED, *, on: dt.date) -> Summary:
    """Writes the sheet. `on` only says which school year it is: rows stay the same within one."""
    people = People(Random(seed))
    codes = sorted(code for code in divisions if len(code) == 12)
    supervisors = _supervisors(people, codes)
    families = _families(people, codes, divisions, on.year - (on.month < 9))
    rows = _rows(families, supervisors, divisions, people.random)
    children = len(rows)
    planted = slips.plant(rows, people.random)
    rows.sort(key=lambda row: row["order"])
    for number, row in enumerate(rows, start=1):
        row["number"] = number
    save(path, rows, title=f"{divisions[codes[0][:6]]}农村留守儿童和困境儿童信息台账")
    return Summary(tuple(supervisors), children, len(rows), planted)


def _supervisors(people: People, codes: Sequence[str]) -> list[Supervisor]:
    """Neighbours of one township share a supervisor until there are no more than `SUPERVISORS`."""
    surplus = len(codes) - SUPERVISORS
    groups: list[tuple[str, ...]] = []
    for code in codes:
        alone = groups[-1] if groups and len(groups[-1]) == 1 else ("",)
        if surplus > 0 and alone[0][:9] == code[:9]:
            groups[-1] = (*alone, code)
            surplus -= 1
        else:
            groups.append((code,))
    made: list[Supervisor] = []
    for number, group in enumerate(groups, start=1):
        sex = "female" if people.random.random() < 0.75 else "male"
        taken = [supervisor.name for supervisor in made]
        name = people.name(people.surname(), "parent", sex, taken)
        made.append(Supervisor(name, f"1900000{number:04d}", group))
    return made


def _families(
    people: People, codes: Sequence[str], divisions: Mapping[str, str], year: int
) -> list[Family]:
    weights = [people.random.randint(2, 7) for _ in codes]
    made: list[Family] = []
    left = CHILDREN
    while left:
        size = min(left, people.random.choices(list(SIZES), list(SIZES.values()))[0])
        village = people.random.choices(codes, weights)[0]
        place = slips.short(divisions[village])
        made.append(family(people=people, village=village, place=place, size=size, year=year))
        left -= size
    return made


def _rows(
    families: Sequence[Family], supervisors: Sequence[Supervisor],
    divisions: Mapping[str, str], random: Random,
) -> list[dict[str, Any]]:  # fmt: skip
    """One row per child, by column key; `order` keeps villages and families together."""
    keeper = {code: supervisor for supervisor in supervisors for code in supervisor.villages}
    rows = []
    for number, own in enumerate(families):
        for place, child in enumerate(own.children):
            row = dict.fromkeys(columns()) | cells(own, child, random)
            row["township"] = divisions[own.village[:9]]
            row["village"] = slips.short(divisions[own.village])
            row["supervisor_name"] = keeper[own.village].name
            row["supervisor_phone"] = keeper[own.village].phone
            row["order"] = (own.village, number, place)
            rows.append(row)
    return rows
