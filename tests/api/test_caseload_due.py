"""The due lists of the visit plan (domain.md): own, and what has climbed to township and county."""

import datetime as dt

import pytest
from django.utils import timezone

from backend.caseload.models import VisitDue

from .conftest import NOW, VILLAGE
from .town import NEXT_VILLAGE, Town

TODAY = timezone.localdate(NOW)


def due_in(town: Town, name: str, days: int, **child: str) -> None:
    """A child due that many days from today, as the plan would have it."""
    made = town.child(name, **child)
    on = TODAY + dt.timedelta(days=days)
    climb = {"supervisor_on": 1, "township_on": 1 if child.get("risk_level") == "RED" else 3,
             "county_on": 7}  # fmt: skip
    steps = {column: on + dt.timedelta(days=after) for column, after in climb.items()}
    VisitDue.objects.filter(child=made).update(due_on=on, basis="risk", **steps)


@pytest.fixture
def late(town: Town) -> Town:
    due_in(town, "龙远期", 30, of="wu")
    due_in(town, "龙下周", 6, of="wu")
    due_in(town, "龙今天", 0, of="wu")
    due_in(town, "龙昨天", -1, of="wu")
    due_in(town, "龙高危", -2, of="wu", risk_level="RED")
    due_in(town, "吴三天", -3, of="yang", village=NEXT_VILLAGE)
    due_in(town, "吴七天", -7, of="yang", village=NEXT_VILLAGE)
    return town


def test_each_level_gets_what_has_climbed_to_it(late: Town) -> None:
    assert late.desk("wu").names("caseload/due/") == ["龙高危", "龙昨天", "龙今天", "龙下周"]
    assert late.desk("yang").names("caseload/due/") == ["吴七天", "吴三天"]
    assert late.desk("township").names("caseload/due/") == ["吴七天", "吴三天", "龙高危"]
    assert late.desk("officer").names("caseload/due/") == ["吴七天"]
    assert late.desk("stranger").names("caseload/due/") == []
    for name in ("admin", "auditor", "viewer"):
        assert late.desk(name).get("caseload/due/").status_code == 403


def test_a_step_widens_or_narrows_the_list(late: Town) -> None:
    township = late.desk("township")
    assert township.names("caseload/due/", step="county") == ["吴七天"]
    assert len(township.names("caseload/due/", step="supervisor")) == 4
    assert len(township.names("caseload/due/", step="due")) == 5
    assert len(township.names("caseload/due/", step="planned")) == 6
    assert township.names("caseload/due/", step="due", division=VILLAGE, risk_level="RED") == [
        "龙高危"
    ]
    assert late.desk("wu").names("caseload/due/", step="supervisor") == ["龙高危", "龙昨天"]


def test_each_row_says_how_far_it_has_climbed(late: Town) -> None:
    rows = late.desk("township").get("caseload/due/", step="planned").json()["results"]
    assert {row["name"]: row["step"] for row in rows} == {
        "吴七天": "county", "吴三天": "township", "龙高危": "township", "龙昨天": "supervisor",
        "龙今天": "due", "龙下周": "planned",
    }  # fmt: skip


def test_a_child_that_left_is_on_no_list(late: Town) -> None:
    VisitDue.objects.update(due_on=None, supervisor_on=None, township_on=None, county_on=None)
    assert late.desk("township").names("caseload/due/", step="planned") == []
