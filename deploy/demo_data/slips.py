"""What goes wrong in a sheet that many hands keep; each slip is planted a known number of times."""

import datetime as dt
from collections.abc import Callable
from random import Random
from typing import Any

from .people import fifteen, sounds_like, wrong_check

Row = dict[str, Any]


def short(village: str) -> str:
    """A village as people call it: 台拱村, not 台拱村村民委员会."""
    return village.removesuffix("村民委员会").removesuffix("居民委员会")


def plant(rows: list[Row], random: Random) -> dict[str, int]:
    """Changes cells of different rows and adds the rows that are there twice. Returns the counts."""
    everybody = list(rows)
    twice = _exact(random.sample([row for row in everybody if row["order"][2] == 0], 3))
    alike = _homophones(everybody, random)
    touched = {row["order"] for row in (*twice, *alike)}
    free = [row for row in everybody if row["order"] not in touched]
    random.shuffle(free)
    planted = {"same_id": len(twice), "homophone": len(alike)}
    for name, (count, slip) in SLIPS.items():
        for _ in range(count):
            slip(free.pop())
        planted[name] = count
    for row in everybody:
        row["birth_date"] = _written(row["birth_date"], random)
        if random.random() < 0.02:
            row["sex"] = {"男": "1", "女": "2"}.get(row["sex"], row["sex"])
        if random.random() < 0.08 and row["guardian_phone"]:
            phone = row["guardian_phone"]
            row["guardian_phone"] = f"{phone[:3]} {phone[3:7]} {phone[7:]}"
    rows += [*twice, *alike, _nameless(random.choice(free))]
    return planted | {"nameless": 1}


def _exact(rows: list[Row]) -> list[Row]:
    """The same child once more, kept by another hand."""
    return [{**row, "address": "", "note": "与外婆同住", "risk_level": ""} for row in rows]


def _homophones(rows: list[Row], random: Random) -> list[Row]:
    """The same child written by ear, without the number that would tell."""
    heard = [(row, other) for row in rows if (other := sounds_like(row["name"]))]
    return [
        {**row, "name": other, "id_number": "", "note": ""}
        for row, other in random.sample(heard, 5)
    ]


def _nameless(row: Row) -> Row:
    return {**row, "name": "", "id_number": "", "note": "姓名待核实"}


def _written(day: Any, random: Random) -> Any:
    """Most cells are real dates, the rest what somebody typed."""
    if not isinstance(day, dt.date) or random.random() < 0.8:
        return day
    return random.choice(
        [
            f"{day.year}.{day.month}.{day.day}",
            f"{day.year}年{day.month}月{day.day}日",
            f"{day:%Y/%m/%d}",
            int(f"{day:%Y%m%d}"),
        ]
    )


def _put(**cells: Any) -> Callable[[Row], None]:
    return lambda row: row.update(cells)


def _change(key: str, how: Callable[[Any], Any]) -> Callable[[Row], None]:
    return lambda row: row.update({key: how(row[key])})


def _full_width(text: str) -> str:
    return "".join(chr(ord(digit) + 0xFEE0) if digit.isdigit() else digit for digit in text)


SLIPS: dict[str, tuple[int, Callable[[Row], None]]] = {
    "no_id": (32, _put(id_number="")),
    "unregistered": (4, _put(id_number="无", hukou_registered="否", hukou_address="")),
    "wrong_check_digit": (6, _change("id_number", wrong_check)),
    "century_lost": (2, _change("id_number", fifteen)),
    "digit_lost": (2, _change("id_number", lambda number: number[:-2])),
    "spaced_id": (4, _change("id_number", lambda n: f"{n[:6]} {n[6:14]} {n[14:]}")),
    "full_width_id": (2, _change("id_number", _full_width)),
    "guardian_old_id": (12, _change("guardian_id", lambda n: fifteen(n) if n else n)),
    "impossible_date": (2, _put(birth_date="2015.2.30")),
    "month_only": (3, _change("birth_date", lambda day: f"{day.year}年{day.month}月")),
    "future_date": (1, _put(birth_date=dt.date(2062, 5, 4))),
    "unknown_village": (3, _change("village", lambda name: f"{name[:-2]}贡{name[-1]}")),
    "short_phone": (3, _change("guardian_phone", lambda phone: phone[:-1])),
    "no_phone": (9, _put(guardian_phone="无")),
    "two_phones": (3, _change("guardian_phone", lambda phone: f"{phone}/19000000999")),
    "unknown_word": (3, _put(risk_level="待定")),
    "unknown_category": (2, _put(categories="贫困学生")),
    "no_supervisor": (6, _put(supervisor_name="", supervisor_phone="")),
    "supervisor_without_phone": (10, _put(supervisor_phone="")),
    "former_supervisor": (2, _put(supervisor_name="老支书", supervisor_phone="")),
}
