"""Ages as the law counts them (法释〔2006〕1号, article 2; Civil Code 201, 202), and as people say them."""

import re
from datetime import date
from pathlib import Path

import pytest

from fieldforms import ages

ROOT = Path(ages.__file__).parent.parent
# What an age is computed by: one year from another.
YEARS = re.compile(r"\.year\s*-\s*[\w.]+\.year")


@pytest.mark.parametrize(
    ("born", "day", "counted", "common"),
    [
        ("2018-11-24", "2026-11-23", 7, 7),
        ("2018-11-24", "2026-11-24", 7, 8),
        ("2018-11-24", "2026-11-25", 8, 8),
        ("2026-11-24", "2026-11-24", 0, 0),
        ("2020-02-29", "2028-02-29", 7, 8),
        ("2020-02-29", "2028-03-01", 8, 8),
        ("2020-02-29", "2026-02-28", 5, 5),
        ("2020-02-29", "2026-03-01", 6, 6),
        ("2018-12-31", "2027-01-01", 8, 8),
    ],
)
def test_a_limit_counts_from_the_day_after_the_birthday(
    born: str, day: str, counted: int, common: int
) -> None:
    birth, on = date.fromisoformat(born), date.fromisoformat(day)
    assert ages.counted(birth, on) == counted
    assert ages.common(birth, on) == common
    assert ages.is_under(counted + 1, birth, on)
    assert not ages.is_under(counted, birth, on)


@pytest.mark.parametrize("limit", [8, 14, 16, 18])
def test_without_a_birth_date_a_child_is_under_every_limit(limit: int) -> None:
    assert ages.is_under(limit, None, date(2026, 11, 24))


def test_a_danger_is_never_judged_by_an_age_that_another_module_computes() -> None:
    sources = (
        file for name in ("backend", "fieldforms", "sync") for file in (ROOT / name).rglob("*.py")
    )
    found = {
        str(file.relative_to(ROOT)) for file in sources if YEARS.search(file.read_text("utf-8"))
    }
    assert found == {"fieldforms/ages.py"}
