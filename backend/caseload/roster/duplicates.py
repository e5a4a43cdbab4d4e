"""Rows that may be one child written twice. A person decides; this only proposes, with a score."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

from pypinyin import lazy_pinyin
from rapidfuzz.fuzz import ratio

from .reading import RosterChild

# Our default, out of 100. A homophone is the commonest slip of somebody who writes by ear.
SAME_NAME, SAME_SOUND = 50, 45
SAME_BIRTH_DATE, SAME_PHONE, SAME_VILLAGE = 25, 15, 10
LIKELY = 70


@dataclass(frozen=True)
class Duplicate:
    first: int
    second: int
    score: int


def likely_duplicates(rows: Sequence[RosterChild]) -> list[Duplicate]:
    """Pairs of row numbers, the most alike first.

    Only rows that share a birth date or a guardian's phone are compared; without either no score
    could reach `LIKELY` (equal ID numbers are found by `reading.same_id`). Siblings share a phone and a village but neither name nor birth date.
    """
    blocks: dict[object, list[RosterChild]] = defaultdict(list)
    for row in rows:
        for key in (row.birth_date, row.guardian_phone):
            if key is not None:
                blocks[key].append(row)
    found = {
        Duplicate(first.row, second.row, points)
        for block in blocks.values()
        for first, second in combinations(block, 2)
        if (points := score(first, second)) >= LIKELY
    }
    return sorted(found, key=lambda pair: (-pair.score, pair.first, pair.second))


def score(first: RosterChild, second: RosterChild) -> int:
    """0 to 100. Two different ID numbers are two children; the same one is one child."""
    if first.id_number and second.id_number:
        return 100 if first.id_number == second.id_number else 0
    points = _name_points(first.name, second.name)
    if first.birth_date and first.birth_date == second.birth_date:
        points += SAME_BIRTH_DATE
    if first.guardian_phone and first.guardian_phone == second.guardian_phone:
        points += SAME_PHONE
    if first.village and first.village == second.village:
        points += SAME_VILLAGE
    return points


def _name_points(first: str, second: str) -> int:
    if first == second:
        return SAME_NAME
    sounds = " ".join(lazy_pinyin(first)), " ".join(lazy_pinyin(second))
    if sounds[0] == sounds[1]:
        return SAME_SOUND
    return int(ratio(*sounds) / 100 * SAME_SOUND / 2)
