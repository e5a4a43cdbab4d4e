"""Assignment in bulk and handover: looked at first, carried out whole, and nothing is lost on phones."""

import datetime as dt
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.db.models import F
from django.test.utils import CaptureQueriesContext

from backend.audit.models import AuditEntry
from backend.caseload import orders, services, tasks
from backend.caseload.models import Assignment, AssignmentOrder, OrderLine
from backend.children.models import Child
from backend.visits.models import VisitPart
from sync import rebuild
from sync.protocol import ids

from .conftest import NOW, OTHER_COUNTY, VILLAGE, HttpPhone, person
from .town import NEXT_VILLAGE, Town


@pytest.fixture
def successor(town: Town) -> Town:
    """Pan takes over in Wu's village."""
    town.people["pan"] = person("pan", "village_supervisor", VILLAGE, None)
    return town


def outcomes(answer: Any) -> dict[str, str]:
    return {line["name"]: line["outcome"] for line in answer.json()["lines"]}


def order_of(town: Town, *children: UUID, to: str) -> AssignmentOrder:
    return services.assign_in_bulk(
        choice=services.Choice(children=children), to=town.people[to].id,
        actor=town.admin.id, now=NOW,
    )  # fmt: skip


def covers(child: UUID) -> list[tuple[UUID, bool]]:
    """Who has covered it, whoever still does last. Rows of one transaction have no order of their own."""
    rows = Assignment.objects.filter(file=child).order_by(F("ends_on").asc(nulls_last=True), "feed")
    return [(row.person, row.ends_on is None) for row in rows]


def test_the_preview_says_what_would_become_of_each_child(successor: Town) -> None:
    town = successor
    mine = [town.child("龙自由"), town.child("龙小燕", of="wu"), town.child("龙已有", of="pan")]
    next_door = town.child("吴隔壁", village=NEXT_VILLAGE)
    left = town.child("龙远走", life_cycle={"status": "moved"})
    far = town.child("远县孩", village=OTHER_COUNTY + "100201")
    asked = [str(c) for c in (*mine, next_door, left, far, ids.uuid7(NOW))]
    answer = town.desk("township").post(
        "caseload/assignments/preview", to=str(town.pan.id), children=asked
    )
    assert answer.status_code == 200, answer.content
    assert outcomes(answer) == {
        "龙自由": "assigned", "龙小燕": "moved", "龙已有": "already", "吴隔壁": "village",
        "龙远走": "left", "": "not_found",
    }  # fmt: skip
    assert answer.json()["counts"]["not_found"] == 2
    assert "远县孩" not in answer.content.decode()
    assert Assignment.objects.count() == 2, "a preview changes nothing"


def test_an_order_assigns_and_moves_and_tells_what_it_could_not(successor: Town) -> None:
    town = successor
    free, taken = town.child("龙自由"), town.child("龙小燕", of="wu")
    next_door = town.child("吴隔壁", village=NEXT_VILLAGE)
    children = [str(child) for child in (free, taken, next_door)]
    desk = town.desk("township")
    answer = desk.post("caseload/assignments/", to=str(town.pan.id), children=children)
    assert answer.status_code == 201, answer.content
    card = answer.json()
    assert card["counts"] == {"assigned": 1, "moved": 1, "village": 1}
    assert card["refused"] == [{"child": str(next_door), "outcome": "village"}]
    assert (card["total"], card["done"], bool(card["finished_at"])) == (3, 3, True)
    assert covers(free) == [(town.pan.id, True)]
    assert covers(taken) == [(town.wu.id, False), (town.pan.id, True)]
    assert covers(next_door) == []
    assert desk.get(f"caseload/assignments/{card['id']}/").json() == card
    assert town.desk("admin").get(f"caseload/assignments/{card['id']}/").status_code == 404
    assert {
        (line.action, line.actor)
        for line in AuditEntry.objects.filter(subject=taken, action__startswith="caseload.")
    } == {
        ("caseload.assign", town.officer.id),  # who put the child with Wu
        ("caseload.end", town.township.id),
        ("caseload.assign", town.township.id),
    }
    assert list(rebuild.differences()) == []


def test_a_filter_chooses_the_children(successor: Town) -> None:
    town = successor
    free, taken = town.child("龙自由"), town.child("龙小燕", of="wu")
    next_door = town.child("吴隔壁", village=NEXT_VILLAGE)
    body = {"to": str(town.pan.id), "filter": {"division": VILLAGE, "unassigned": True}}
    card = town.desk("admin").post("caseload/assignments/", **body).json()
    assert (card["total"], card["counts"]) == (1, {"assigned": 1})
    assert covers(free) == [(town.pan.id, True)]
    assert covers(taken) == [(town.wu.id, True)]
    assert covers(next_door) == []


def test_who_may_order_what(successor: Town) -> None:
    town, child = successor, successor.child("龙自由")
    body = {"to": str(town.pan.id), "children": [str(child)]}
    for name in ("wu", "officer", "auditor", "viewer"):
        for path in ("assignments/", "assignments/preview"):
            assert town.desk(name).post(f"caseload/{path}", **body).status_code == 403
    outsider = person("outsider", "administrator", OTHER_COUNTY, None)
    town.people["outsider"] = outsider
    refused = town.desk("outsider").post("caseload/assignments/", **body)
    assert (refused.status_code, refused.json()["code"]) == (400, "assignment.supervisor")
    unknown = body | {"to": str(ids.uuid7(NOW))}
    assert town.desk("outsider").post("caseload/assignments/", **unknown).json() == refused.json()
    nobody = town.desk("admin").post("caseload/assignments/", to=str(town.pan.id))
    assert nobody.json()["code"] == "assignment.nobody"
    assert covers(child) == []


def test_an_order_is_carried_out_in_chunks_and_taken_up_where_it_was_left(
    successor: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    town = successor
    monkeypatch.setattr(orders, "CHUNK", 2)
    children = [town.child(f"龙{n}", of="wu") for n in range(5)]
    order = order_of(town, *children, to="pan")
    assert orders.order_run(order=order.id, now=NOW, chunks=1) == "more"
    assert OrderLine.objects.filter(outcome="moved").count() == 2
    # A process that died has said what it did to the log, and not to the order.
    OrderLine.objects.filter(outcome="moved").update(outcome="waiting")
    AssignmentOrder.objects.update(touched_at=NOW)
    assert orders.order_run(order=order.id, now=NOW, chunks=9) == "busy"
    # Nor does it hold up anybody when it was touched by a clock that was ahead.
    AssignmentOrder.objects.update(touched_at=NOW + dt.timedelta(days=3))
    assert orders.unfinished(now=NOW) == [order.id]
    AssignmentOrder.objects.update(touched_at=NOW - dt.timedelta(hours=1))
    assert tasks.finish_orders() == 1
    assert tasks.finish_orders() == 0
    assert sorted(OrderLine.objects.values_list("outcome", flat=True)) == [
        "assigned", "assigned", "moved", "moved", "moved",
    ]  # fmt: skip
    for child in children:
        assert covers(child) == [(town.wu.id, False), (town.pan.id, True)]


def test_an_assignment_that_changed_meanwhile_is_told_and_left_alone(
    successor: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody else's handover commits between the judgement and the order's own operations."""
    town = successor
    child = town.child("龙小燕", of="wu")
    order, real = order_of(town, child, to="pan"), orders.judge

    def judge_then_lose(*args: Any, **kwargs: Any) -> Any:
        verdicts = real(*args, **kwargs)
        monkeypatch.setattr(orders, "judge", real)
        town.people["deng"] = person("deng", "village_supervisor", VILLAGE, None)
        quicker = order_of(town, child, to="deng")
        orders.order_run(order=quicker.id, now=NOW, chunks=1)
        return verdicts

    monkeypatch.setattr(orders, "judge", judge_then_lose)
    assert orders.order_run(order=order.id, now=NOW, chunks=1) == "finished"
    assert OrderLine.objects.get(order=order).outcome == "changed"
    assert covers(child) == [(town.wu.id, False), (town.deng.id, True)]


def test_fifty_children_cost_as_many_statements_as_one(successor: Town) -> None:
    town, counts = successor, []
    for size in (1, 50):
        order = order_of(town, *(town.child(f"龙{n}", of="wu") for n in range(size)), to="pan")
        with CaptureQueriesContext(connection) as captured:
            orders.order_run(order=order.id, now=NOW, chunks=1)
        counts.append(len(captured))
    assert counts[0] == counts[1]


class TestHandover:
    """SYNC, "Scope and holdings": the old phone gives up, the new one gets, and no visit is lost."""

    @pytest.fixture
    def phones(self, successor: Town) -> tuple[Town, UUID, HttpPhone, HttpPhone]:
        child = successor.child("龙小燕", of="wu")
        old, new = successor.phone("wu"), successor.phone("pan")
        assert {str(child)} < {entry["file"] for entry in old.sync()["enter"]}
        assert "enter" not in new.sync()
        return successor, child, old, new

    def hand_over(self, town: Town) -> dict[str, Any]:
        body = {"from_person": str(town.wu.id), "to": str(town.pan.id)}
        preview = town.desk("admin").post("caseload/handover/preview", **body)
        assert outcomes(preview) == {"龙小燕": "moved"}
        answer = town.desk("admin").post("caseload/handover/", **body)
        assert answer.status_code == 201, answer.content
        card: dict[str, Any] = answer.json()
        return card

    def test_the_old_phone_purges_and_the_new_one_enters(
        self, phones: tuple[Town, UUID, HttpPhone, HttpPhone]
    ) -> None:
        town, child, old, new = phones
        home = str(Child.objects.get(id=child).household)
        assert self.hand_over(town)["counts"] == {"moved": 1}
        assert set(old.sync()["exit"]) == {str(child), home}
        assert {entry["file"] for entry in new.sync()["enter"]} == {str(child), home}

    def test_a_visit_made_before_the_phone_heard_of_it_is_hers_and_the_successor_sees_it(
        self, phones: tuple[Town, UUID, HttpPhone, HttpPhone]
    ) -> None:
        town, child, old, new = phones
        self.hand_over(town)
        new.sync()
        part = ids.uuid7(NOW)
        answers = {"child_seen": "yes", "words": "奶奶住院了"}
        old.say("visit.part", part, {"visit": str(ids.uuid7(NOW)), "answers": answers}, child)
        risk = {"set": {"risk_level": {"v": "RED", "saw": []}}}
        old.say("child.edit", child, risk)
        page = old.sync(*old.log)
        assert [receipt["outcome"] for receipt in page["receipts"]] == ["applied", "applied"]
        assert VisitPart.objects.get(id=part).person == town.wu.id
        assert Child.objects.get(id=child).risk_level == "RED"
        (seen,) = [record for record in new.sync()["changes"] if record["id"] == str(part)]
        assert seen["person"] == str(town.wu.id)
        assert seen["data"]["answers"]["words"] == "奶奶住院了"

    def test_an_edit_made_after_the_phone_heard_of_it_waits_and_a_visit_is_still_taken(
        self, phones: tuple[Town, UUID, HttpPhone, HttpPhone]
    ) -> None:
        town, child, old, _ = phones
        self.hand_over(town)
        assert str(child) in old.sync()["exit"]
        old.say("visit.part", ids.uuid7(NOW), {"answers": {"child_seen": "yes"}}, child)
        old.say("child.edit", child, {"set": {"risk_level": {"v": "RED", "saw": []}}})
        page = old.sync(*old.log)
        assert [receipt["outcome"] for receipt in page["receipts"]] == ["applied", "held"]
        assert Child.objects.get(id=child).risk_level == ""

    def test_what_lies_outside_the_actors_area_is_counted_and_stays(self, successor: Town) -> None:
        town = successor
        grant_also(town, "wu", OTHER_COUNTY + "100201")
        town.child("龙小燕", of="wu")
        far = town.child("远县孩", village=OTHER_COUNTY + "100201", of="wu")
        body = {"from_person": str(town.wu.id), "to": str(town.pan.id)}
        preview = town.desk("township").post("caseload/handover/preview", **body).json()
        assert (preview["elsewhere"], preview["counts"]) == (1, {"moved": 1})
        town.desk("township").post("caseload/handover/", **body)
        assert covers(far) == [(town.wu.id, True)]


def grant_also(town: Town, name: str, village: str) -> None:
    town.people[name].grants.update(prefixes=[VILLAGE, village])
