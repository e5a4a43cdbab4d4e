"""Where a child of an age goes to school in the county, and in which grade."""

from dataclasses import dataclass
from random import Random

GRADES = "一二三四五六七八九"


@dataclass(frozen=True)
class Schooling:
    status: str
    school: str = ""
    grade: str = ""
    boarding: bool = False


def schooling(random: Random, age: int, place: str) -> Schooling:
    """`age` on the first of September; six-year-olds begin the first grade."""
    if age < 3 or (age == 3 and random.random() < 0.4):
        return Schooling("not_enrolled_yet")
    if age < 6:
        return Schooling("kindergarten", f"{place}幼儿园", ("小班", "中班", "大班")[age - 3])
    if age < 12:
        return Schooling("primary", f"{place}小学", GRADES[age - 6] + "年级", random.random() < 0.1)
    if age < 15:
        if age > 12 and random.random() < 0.015:
            return Schooling("dropped_out")
        school = random.choice(["台江县第二中学", "台江县民族中学", "台江县第四中学"])
        return Schooling("junior", school, GRADES[age - 6] + "年级", random.random() < 0.85)
    if random.random() < 0.35:
        return Schooling("vocational", "台江县中等职业学校", f"职{GRADES[age - 15]}", True)
    if random.random() < 0.08:
        return Schooling("not_in_school")
    return Schooling("senior", "台江县第一中学", f"高{GRADES[age - 15]}", True)
