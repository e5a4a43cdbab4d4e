"""The demo's roster: real villages, people who fit together, and exactly the slips it says."""

import datetime as dt
import unicodedata
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from stdnum.cn import ric

from backend.caseload.roster.columns import columns
from deploy.demo_data import roster

ON = dt.date(2026, 11, 24)
Sheet = list[dict[str, Any]]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[roster.Summary, Sheet]:
    path = tmp_path_factory.mktemp("demo") / "roster.xlsx"
    summary = roster.write(path, roster.divisions(), on=ON)
    return summary, read(path)


def read(path: Path) -> Sheet:
    lines = list(load_workbook(path).active.values)
    headers = {column.header: key for key, column in columns().items() if key != "problem"}
    assert list(lines[2]) == list(headers)
    rows = [dict(zip(headers.values(), line, strict=True)) for line in lines[3:]]
    return [row for row in rows if isinstance(row["number"], int)]


def test_it_holds_800_children_and_40_supervisors_of_every_village(
    made: tuple[roster.Summary, Sheet],
) -> None:
    summary, rows = made
    assert (summary.children, len(summary.supervisors)) == (800, 40)
    assert (
        len(rows)
        == summary.rows
        == 800 + sum(summary.planted[name] for name in ("same_id", "homophone", "nameless"))
    )
    covered = [code for supervisor in summary.supervisors for code in supervisor.villages]
    assert sorted(covered) == [code for code in sorted(roster.divisions()) if len(code) == 12]


def test_the_same_seed_in_the_same_school_year_gives_the_same_rows(
    made: tuple[roster.Summary, Sheet], tmp_path: Path
) -> None:
    again = roster.write(tmp_path / "again.xlsx", roster.divisions(), on=dt.date(2027, 3, 1))
    assert (again, read(tmp_path / "again.xlsx")) == made


def test_about_two_in_three_are_left_behind_and_under_sixteen(
    made: tuple[roster.Summary, Sheet],
) -> None:
    left_behind = [row for row in made[1] if "留守" in (row["categories"] or "")]
    assert 0.6 < len(left_behind) / len(made[1]) < 0.7
    dates = [row["birth_date"] for row in left_behind]
    assert all(day.date() > ON.replace(year=ON.year - 16) for day in dates if hasattr(day, "date"))
    risks = Counter(row["risk_level"] for row in made[1])
    assert risks["高"] < risks["中高"] < risks["中低"] < risks["低"]


def test_numbers_pass_their_check_and_agree_with_date_and_sex_but_for_the_planted_ones(
    made: tuple[roster.Summary, Sheet],
) -> None:
    summary, rows = made
    numbers = [
        unicodedata.normalize("NFKC", row["id_number"]).replace(" ", "")
        for row in rows
        if row["id_number"]
    ]
    good = [ric.compact(number) for number in numbers if ric.is_valid(number)]
    slips = ("wrong_check_digit", "century_lost", "digit_lost", "unregistered")
    assert len(numbers) - len(good) == sum(summary.planted[name] for name in slips)
    assert len(good) - len(set(good)) == summary.planted["same_id"]
    assert {number[:6] for number in good} == {"522630"}


def test_a_misspelt_village_is_none_of_the_county(made: tuple[roster.Summary, Sheet]) -> None:
    known = {
        name.replace("村民委员会", "").replace("居民委员会", "")
        for name in roster.divisions().values()
    }
    unknown = [row["village"] for row in made[1] if row["village"] not in known]
    assert len(unknown) == made[0].planted["unknown_village"]
