"""The plain models that a simulation is judged by: who covers, what escalates, which values stand."""

import datetime as dt

from deploy.simulation.covers import Covers, Registration
from deploy.simulation.dangers import Danger, Dangers
from deploy.simulation.values import Values, conflicts

NOON = dt.datetime(2026, 3, 2, 12, tzinfo=dt.UTC)
HOUR = dt.timedelta(hours=1)
CHILD = ("c", False)


def danger(op: str, *needs: str, sealed: bool = False) -> Danger:
    return Danger("c", sealed, op, {op, *needs})


def test_a_family_is_covered_when_its_last_operation_has_arrived() -> None:
    covers = Covers()
    covers.written(Registration(3, "h", ["c", "d"], {"1", "2"}))
    covers.arrived("2")
    assert covers.files([3]) == set()
    assert covers.may_get([3]) == {"h", "c", "d"}
    covers.arrived("1")
    assert covers.files([3]) == covers.may_get([3]) == {"h", "c", "d"}


def test_a_household_stays_with_both_when_one_of_its_children_is_handed_over() -> None:
    covers = Covers()
    covers.written(Registration(3, "h", ["c", "d"], {"1"}))
    covers.arrived("1")
    covers.handed_over(["d"], 4)
    assert (covers.files([3]), covers.files([4])) == ({"h", "c"}, {"h", "d"})
    assert covers.caseload(4) == ["d"]


def test_dangers_of_one_episode_are_one_escalation() -> None:
    dangers = Dangers()
    for op in ("1", "2"):
        dangers.written(danger(op))
        dangers.arrived({op: NOON})
    assert dangers.episodes == {CHILD: [None]}


def test_a_danger_counts_when_the_last_operation_it_shows_in_is_here() -> None:
    dangers = Dangers()
    dangers.written(danger("part", "visit"))
    dangers.arrived({"part": NOON})
    assert dangers.episodes == {}
    assert dangers.concerned({"visit"}) == {"c"}
    dangers.arrived({"visit": NOON})
    assert dangers.episodes == {CHILD: [None]}
    assert dangers.concerned({"visit", "part"}) == set()


def test_what_was_seen_before_the_end_opens_it_again_and_what_was_seen_later_is_the_next() -> None:
    dangers = Dangers()
    for op in ("1", "late", "new"):
        dangers.written(danger(op))
    dangers.arrived({"1": NOON})
    dangers.ended(CHILD, NOON + HOUR)
    dangers.arrived({"late": NOON + HOUR / 2})
    assert dangers.episodes == {CHILD: [None]}
    dangers.ended(CHILD, NOON + HOUR)
    dangers.arrived({"new": NOON + 2 * HOUR})
    assert dangers.episodes == {CHILD: [NOON + HOUR, None]}


def test_one_push_with_both_opens_the_old_one_again() -> None:
    dangers = Dangers()
    for op in ("1", "late", "new"):
        dangers.written(danger(op))
    dangers.arrived({"1": NOON})
    dangers.ended(CHILD, NOON + HOUR)
    dangers.arrived({"new": NOON + 2 * HOUR, "late": NOON})
    assert dangers.episodes == {CHILD: [None]}


def test_a_sealed_matter_is_an_escalation_of_its_own() -> None:
    dangers = Dangers()
    dangers.written(danger("1"))
    dangers.written(danger("2", sealed=True))
    dangers.arrived({"1": NOON, "2": NOON})
    assert dangers.episodes == {CHILD: [None], ("c", True): [None]}


def edit(op: str, value: str, *saw: str) -> dict[str, object]:
    data = {"set": {"carer": {"v": value, "saw": list(saw)}}}
    return {"kind": "child.edit", "op": op, "target": "c", "data": data}


def test_values_nobody_had_seen_stand_side_by_side_until_somebody_names_both() -> None:
    values = Values()
    for one in (edit("1", "a"), edit("2", "b", "1"), edit("3", "c", "1")):
        values.written(one)
    live = values.live("c", {"1", "2", "3"})
    assert live == {"carer": {"2": "b", "3": "c"}}
    assert conflicts(live) == {"carer"}
    values.written(edit("4", "b", "2", "3"))
    assert values.live("c", {"1", "2", "3", "4"}) == {"carer": {"4": "b"}}


def test_what_an_operation_saw_is_gone_with_it_even_if_it_was_never_applied() -> None:
    values = Values()
    for one in (edit("1", "a"), edit("held", "b", "1"), edit("3", "c", "held")):
        values.written(one)
    assert values.live("c", {"1", "3"}) == {"carer": {"3": "c"}}
    assert values.live("c", {"1"}) == {"carer": {"1": "a"}}


def test_an_element_that_was_removed_unseen_stays() -> None:
    values = Values()
    added = {"add": {"aid": {"x": {"v": {}, "saw": []}}}}
    removed = {"remove": {"aid": {"x": ["1"]}}}
    for op, data in (("1", added), ("2", added), ("3", removed)):
        values.written({"kind": "child.edit", "op": op, "target": "c", "data": data})
    live = values.live("c", {"1", "2", "3"})
    assert live == {"aid/x": {"2": {}}}
    assert conflicts(live) == set()
