"""Rows that may be one child written twice. A person decides; this only proposes, with a score."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from itertools import combinations
from uuid import UUID

from rapidfuzz.fuzz import ratio

from backend.children.lookup import Known, normalise_id

from .matching import Match

# Our default, out of 100. A homophone is the commonest slip of somebody who writes by ear.
SAME_NAME, SAME_SOUND = 50, 45
SAME_BIRTH_DATE, SAME_PHONE, SAME_VILLAGE = 25, 15, 10
LIKELY = 70


@dataclass(frozen=True, slots=True)
class Someone:
    """What is compared. `row` is 0 for a child that is filed and not in the sheet."""

    row: int
    child: UUID
    name: str
    id_number: str
    birth_date: date | None
    village: str
    phones: frozenset[str]


@dataclass(frozen=True, slots=True)
class Duplicate:
    first: Someone
    second: Someone
    score: int


def of_match(match: Match) -> Someone:
    row = match.row
    phones = (row.get("guardian_phone"), row.get("father_phone"), row.get("mother_phone"))
    return Someone(
        row.number, match.child, row.get("name"), row.id_number or "", row.get("birth_date"),
        row.get("village"), frozenset(phone for phone in phones if phone),
    )  # fmt: skip


def of_known(known: Known) -> Someone:
    try:
        number = normalise_id(known.id_number)
    except ValueError:
        number = ""
    return Someone(0, known.id, known.name, number, known.birth_date, known.division, known.phones)


def likely_duplicates(people: Iterable[Someone], filed: Iterable[Someone] = ()) -> list[Duplicate]:
    """Pairs with at least one of `people`, the most alike first.

    Only those who share a birth date or a phone are compared; without either no score could reach
    `LIKELY`. Siblings share phones and a village but neither name nor birth date.
    """
    blocks: dict[object, list[Someone]] = defaultdict(list)
    for someone in (*people, *filed):
        for key in (someone.birth_date, *someone.phones):
            if key is not None:
                blocks[key].append(someone)
    found = {
        Duplicate(first, second, points)
        for block in blocks.values()
        for first, second in combinations(block, 2)
        if (first.row or second.row) and (points := score(first, second)) >= LIKELY
    }
    return sorted(found, key=_order)


def _order(pair: Duplicate) -> tuple[int, int, int, UUID]:
    return (-pair.score, pair.first.row, pair.second.row, pair.second.child)


def score(first: Someone, second: Someone) -> int:
    """0 to 100. Two different ID numbers are two children; the same one is one child."""
    if first.id_number and second.id_number:
        return 100 if first.id_number == second.id_number else 0
    points = _name_points(first.name, second.name)
    if first.birth_date and first.birth_date == second.birth_date:
        points += SAME_BIRTH_DATE
    if first.phones & second.phones:
        points += SAME_PHONE
    if first.village and first.village == second.village:
        points += SAME_VILLAGE
    return points


def _name_points(first: str, second: str) -> int:
    if first == second:
        return SAME_NAME
    sounds = _sound(first), _sound(second)
    if sounds[0] == sounds[1]:
        return SAME_SOUND
    return int(ratio(*sounds) / 100 * SAME_SOUND / 2)


@lru_cache(maxsize=20_000)
def _sound(name: str) -> str:
    from pypinyin import lazy_pinyin  # see common.search

    return " ".join(lazy_pinyin(name))
