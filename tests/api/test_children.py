"""The list of children over HTTP: who sees whom, by what they are found, and what it costs."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from backend.audit.models import AuditEntry

from .conftest import VILLAGE
from .town import NEXT_VILLAGE, TOWNSHIP, Town, written


@pytest.fixture
def three(town: Town) -> Town:
    """Xiaoyan of Wu, Aming of Yang in the next village, and Xiaoli of nobody."""
    town.child(
        "龙小燕", of="wu", guardian="13800001111", number="522630201803072469", risk_level="RED"
    )
    town.child("吴阿明", village=NEXT_VILLAGE, of="yang", guardian="13800002222")
    xiaoli = town.child("杨晓丽", village=NEXT_VILLAGE)
    add = {"add": {"categories": {"ORPHAN": {"v": {}, "saw": []}}}}
    town.submit(town.office("child.edit", xiaoli, add))
    return town


def test_each_of_the_cast_sees_what_is_hers(three: Town) -> None:
    everybody = {"龙小燕", "吴阿明", "杨晓丽"}
    assert set(three.desk("wu").names("children/")) == {"龙小燕"}
    assert set(three.desk("yang").names("children/")) == {"吴阿明"}
    for name in ("township", "officer", "admin"):
        assert set(three.desk(name).names("children/")) == everybody
    assert three.desk("stranger").names("children/") == []
    assert three.desk("auditor").get("children/").status_code == 403


def test_a_viewer_sees_rows_without_names_and_cannot_search_them_out(three: Town) -> None:
    page = three.desk("viewer").get("children/").json()
    assert page["count"] == 3
    assert {(row["name"], row["birth_date"]) for row in page["results"]} == {("", None)}
    assert three.desk("viewer").get("children/", q="小燕").json()["count"] == 0
    assert not AuditEntry.objects.filter(action="child.list", actor=three.viewer.id).exists()


FOUND: list[tuple[dict[str, Any], set[str]]] = [
    ({"q": "小燕"}, {"龙小燕"}),
    ({"q": "xiao yan"}, {"龙小燕"}),
    ({"q": "xiao"}, {"龙小燕", "杨晓丽"}),
    ({"q": "522630 20180307 2469"}, {"龙小燕"}),
    ({"q": "138 0000 2222"}, {"吴阿明"}),
    ({"q": "阿公"}, {"龙小燕", "吴阿明"}),
    ({"q": "无名"}, set()),
    ({"category": "ORPHAN"}, {"杨晓丽"}),
    ({"risk_level": "RED"}, {"龙小燕"}),
    ({"division": NEXT_VILLAGE}, {"吴阿明", "杨晓丽"}),
    ({"division": TOWNSHIP, "unassigned": "true"}, {"杨晓丽"}),
    ({"overdue": "true"}, set()),
    ({"status": "closed"}, set()),
]


def test_what_a_child_is_found_by(three: Town) -> None:
    desk = three.desk("officer")
    got = [(query, set(desk.names("children/", **query))) for query, _ in FOUND]
    assert got == FOUND


@pytest.mark.parametrize(
    ("query", "field"),
    [({"division": "52263"}, "division"), ({"risk_level": "PINK"}, "risk_level")],
)
def test_a_filter_that_is_none_says_so(town: Town, query: dict[str, str], field: str) -> None:
    answer = town.desk("officer").get("children/", **query)
    assert answer.status_code == 400
    assert answer.json()["fields"] == [field]


def test_a_row_says_whose_and_when_and_each_name_shown_is_audited(three: Town) -> None:
    (row,) = three.desk("township").get("children/", q="小燕").json()["results"]
    assert (row["supervisor"], row["supervisor_name"]) == (str(three.wu.id), "吴wu")
    assert (row["risk_level"], row["basis"], row["step"]) == ("RED", "registered", "due")
    assert (row["division"], row["conflict"]) == (VILLAGE, False)
    line = AuditEntry.objects.get(action="child.list", actor=three.township.id)
    assert str(line.subject) == row["id"]


def test_a_page_of_fifty_costs_as_many_statements_as_a_page_of_one(town: Town) -> None:
    desk, counts = town.desk("officer"), []
    for size in (1, 49):
        for _ in range(size):
            town.child("龙小燕", of="wu", guardian="13800001111")
        with CaptureQueriesContext(connection) as captured:
            assert len(desk.names("children/", q="小燕")) == sum((1, 49)[: len(counts) + 1])
        counts.append(len(captured))
    assert counts[0] == counts[1] <= 18


def test_unassigned_children_are_shown_to_those_who_assign(three: Town) -> None:
    assert three.desk("township").names("caseload/unassigned/") == ["杨晓丽"]
    assert three.desk("admin").names("caseload/unassigned/") == ["杨晓丽"]
    assert three.desk("officer").get("caseload/unassigned/").status_code == 403


def test_a_supervisor_without_the_role_any_more_sees_nothing(three: Town) -> None:
    three.wu.grants.update(role="auditor")
    assert three.desk("wu").get("children/").status_code == 403


def test_a_child_that_left_leaves_the_list_and_is_found_by_its_status(three: Town) -> None:
    gone = three.child("龙远走", of="wu")
    three.submit(three.office("child.edit", gone, written(life_cycle={"status": "moved"})))
    assert "龙远走" not in three.desk("officer").names("children/")
    assert three.desk("officer").names("children/", status="moved") == ["龙远走"]


def test_a_phone_is_not_a_desk(three: Town) -> None:
    phone = three.phone("wu")
    answer = phone.client.get(
        "/api/v1/children/", headers={"authorization": f"Token {phone.token}"}
    )
    assert answer.status_code == 403
