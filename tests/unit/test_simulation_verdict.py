"""Each line of the table turns red for what it is about, and for nothing else."""

import datetime as dt
from collections import Counter
from dataclasses import replace
from typing import Any

import pytest

from deploy.simulation import verdict
from deploy.simulation.copies import Copies
from deploy.simulation.dangers import Dangers
from deploy.simulation.ledger import Operation
from deploy.simulation.table import complaints, table
from deploy.simulation.verdict import Row, Verdict

WRITTEN = {
    op: Operation(handset=7, seq=seq, op=op, kind="visit.part", target=op, file="c", hash=f"h{op}")
    for seq, op in enumerate("abc", start=1)
}
STORED = [Row(o.op, "phone", o.seq, o.hash, "applied") for o in WRITTEN.values()]
OPEN = {"child": "c", "sealed": False, "episode": 1, "resolved_at": None}


def judged(rows: list[Row]) -> Verdict:
    found = Verdict()
    verdict.judge_operations(WRITTEN, rows, found)
    return found


def test_everything_there_once_is_good() -> None:
    found = judged(STORED)
    assert found.good
    assert (found.sent, found.present) == (3, 3)


def test_a_run_that_sent_nothing_is_not_good() -> None:
    assert not Verdict().good


def test_an_operation_that_is_not_there_is_lost_and_named_with_its_phone_and_place() -> None:
    found = judged(STORED[:2])
    assert found.lost == ["lost: phone 7 operation 3 (visit.part c)"]
    assert (found.present, found.good) == (2, False)


def test_an_operation_with_other_bytes_is_lost() -> None:
    assert len(judged([*STORED[:2], replace(STORED[2], hash="other")]).lost) == 1


@pytest.mark.parametrize(
    "more",
    [STORED[0], Row("z", "phone", 9, "hz", "applied"), Row("z", "phone", 1, "hz", "applied")],
    ids=["twice", "written by nobody", "at a place that is taken"],
)
def test_an_operation_too_many_is_doubled(more: Row) -> None:
    found = judged([*STORED, more])
    assert found.doubled
    assert (found.lost, found.good) == ([], False)


def test_what_went_with_its_phone_is_counted_apart_and_hides_nothing_else() -> None:
    found = Verdict()
    verdict.judge_operations(WRITTEN, STORED[:1], found, went=["c"])
    assert (found.gone, found.sent, found.present) == (1, 2, 1)
    assert found.lost == ["lost: phone 7 operation 2 (visit.part b)"]


def test_what_came_from_a_phone_that_is_gone_is_looked_at_as_ever() -> None:
    found = Verdict()
    verdict.judge_operations(WRITTEN, [*STORED, STORED[2]], found, went=["c"])
    assert (found.gone, len(found.doubled)) == (0, 2)


def two_at_one_place(by: int) -> Verdict:
    copies = Copies()
    copies.made(7, 8, after=1)
    written = {**WRITTEN, "z": replace(WRITTEN["c"], op="z", handset=by, hash="hz")}
    found = Verdict()
    rows = [*STORED, Row("z", "phone", 3, "hz", "applied")]
    verdict.judge_operations(written, rows, found, copies=copies)
    return found


def test_two_phones_that_are_one_device_may_write_at_one_place_and_no_others() -> None:
    assert two_at_one_place(by=8).good
    assert two_at_one_place(by=7).doubled == ["2 operations at ('phone', 3)"]
    assert two_at_one_place(by=9).doubled == ["2 operations at ('phone', 3)"]


def test_a_kind_that_was_never_played_turns_it_red() -> None:
    found = Verdict(sent=1, unplayed=["wiped phones"])
    assert not found.good
    assert found.problems == ["never played: wiped phones"]


def test_evidence_without_a_record_is_lost_and_with_two_doubled() -> None:
    found = Verdict()
    outcomes = dict.fromkeys(WRITTEN, "applied") | {"c": "held"}
    verdict.judge_evidence("visit.part", WRITTEN, Counter({"b": 2, "x": 1}), outcomes, found)
    assert found.lost == ["no record of phone 7 operation 1 (visit.part a)"]
    assert found.doubled == ["2 records of visit.part b", "nobody wrote visit.part x"]


@pytest.mark.parametrize(
    ("told", "outcome", "fine"),
    [
        ("applied", "applied", True),
        ("held", "applied", True),
        ("applied", "held", False),
        (None, "applied", False),
    ],
)
def test_a_phone_was_told_what_became_of_its_work(told: Any, outcome: str, fine: bool) -> None:
    found = Verdict()
    verdict.judge_receipt(WRITTEN["a"], told, outcome, found)
    assert (found.differing == []) is fine


def test_a_file_too_many_is_out_of_scope_and_one_too_few_is_told() -> None:
    found = Verdict()
    verdict.judge_holdings(7, ["a", "x"], ["a", "b"], digest_agrees=False, verdict=found)
    assert found.out_of_scope == ["phone 7 holds file x"]
    assert len(found.differing) == 2


def test_a_value_that_was_merged_away_is_told() -> None:
    found = Verdict()
    verdict.judge_values("child c", {"carer": ["1"]}, {"carer": ["1", "2"]}, found)
    assert "carer" in found.differing[0]


@pytest.mark.parametrize(
    "rows",
    [
        [],
        [OPEN, OPEN],
        [OPEN, OPEN | {"episode": 2}],
        [OPEN | {"resolved_at": "2026"}],
        [OPEN | {"sealed": True}],
        [OPEN, OPEN | {"child": "d"}],
    ],
    ids=["none", "twice", "an episode too many", "ended", "sealed", "another child's"],
)
def test_other_escalations_than_expected_are_wrong(rows: list[Any]) -> None:
    dangers, found = Dangers({("c", False): [None]}), Verdict()
    verdict.judge_escalations(dangers, rows, found)
    assert found.escalations_wrong


def test_the_expected_escalations_are_good() -> None:
    ended = dt.datetime(2026, 3, 2, tzinfo=dt.UTC)
    dangers, found = Dangers({("c", False): [ended, None]}), Verdict()
    rows = [OPEN | {"resolved_at": "2026"}, OPEN | {"episode": 2}]
    verdict.judge_escalations(dangers, rows, found)
    assert found.escalations_wrong == []
    assert (found.escalations, found.escalations_expected) == (2, 2)


def test_the_table_counts_and_the_complaints_name_no_more_than_can_be_read() -> None:
    found = Verdict(sent=1000, lost=[f"lost: {n}" for n in range(25)])
    said = table(found, {"kills": 3})
    assert "sent                 1,000" in said
    assert "lost                 25" in said
    assert "3 kills" in said
    assert complaints(found).splitlines()[-1] == "… and 5 more"
