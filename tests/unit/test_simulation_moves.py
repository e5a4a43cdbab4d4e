"""Attachments, moves to another county, copies, locks and wipes: each proof turns red for its own fault."""

import hashlib
import json
from collections.abc import Callable
from typing import Any

import pytest

from deploy.simulation.cast import teams
from deploy.simulation.copies import Copies
from deploy.simulation.covers import Covers, Registration
from deploy.simulation.ledger import Ledger, Operation, op_of
from deploy.simulation.orders import Orders
from deploy.simulation.papers import Paper, Papers
from deploy.simulation.proofs import copies as copied
from deploy.simulation.proofs import papers
from deploy.simulation.proofs.closed import judge_closed
from deploy.simulation.proofs.moved import judge_left, judge_residence
from deploy.simulation.verdict import Verdict
from sync.client.transport import Raw
from sync.protocol import ids, messages, sealing

BYTES = b"%PDF-1.4 what she saw"
HASH = hashlib.sha256(BYTES).hexdigest()
PAPER = Paper("op", HASH, "file", sealed=False)
KEY = PAPER.key
NOBODY = Raw(404, {}, b"")
LISTED = Raw(200, {}, json.dumps({"attachments": [{"sha256": HASH}]}).encode())


def brought(*there: Any, excused: Any = ()) -> Verdict:
    found = Verdict(sent=1)
    papers.judge_brought({KEY: PAPER}, there, came={KEY}, excused=excused, verdict=found)
    return found


def test_an_attachment_is_whole_or_awaited_of_a_phone_that_is_gone() -> None:
    assert brought((KEY, "complete", HASH)).good
    assert brought((KEY, "complete", HASH)).papers_whole == 1
    awaited = brought((KEY, "pending", ""), excused={KEY})
    assert (awaited.good, awaited.papers_awaited) == (True, 1)


@pytest.mark.parametrize(
    "there",
    [
        [],
        [(KEY, "pending", "")],
        [(KEY, "refused", "")],
        [(KEY, "complete", "other")],
        [(KEY, "complete", HASH), (KEY, "complete", HASH)],
        [(KEY, "complete", HASH), (("op", "else"), "pending", "")],
    ],
    ids=["not there", "still awaited", "refused", "other bytes", "twice", "declared by nobody"],
)
def test_an_attachment_that_is_not_as_it_was_declared_is_told(there: Any) -> None:
    assert not brought(*there).good


def shown(answer: Raw, content: Raw | None, *, holds: bool) -> Verdict:
    found = Verdict(sent=1)
    papers.judge_shown(3, "file", {HASH: "complete"}, answer, content, holds=holds, verdict=found)
    return found


def test_holders_get_the_bytes_and_nobody_else_gets_anything() -> None:
    assert shown(LISTED, Raw(200, {}, BYTES), holds=True).good
    assert shown(NOBODY, NOBODY, holds=False).good
    assert shown(Raw(403, {}, b""), Raw(403, {}, b""), holds=False).good


def test_a_phone_that_is_shown_what_it_does_not_hold_is_out_of_scope() -> None:
    assert shown(LISTED, NOBODY, holds=False).out_of_scope
    assert shown(NOBODY, Raw(200, {}, BYTES), holds=False).out_of_scope


def test_a_holder_that_gets_less_or_something_else_is_told() -> None:
    assert shown(NOBODY, Raw(200, {}, BYTES), holds=True).differing
    assert shown(LISTED, Raw(200, {}, b"other"), holds=True).differing
    assert shown(LISTED, NOBODY, holds=True).differing


def test_only_what_nobody_has_any_more_is_excused() -> None:
    ledger = Ledger(papers=Papers(declared={KEY: PAPER}), holders={"op": {1, 2}})
    ledger.gone = {1}
    assert papers.excused(ledger) == set()
    ledger.gone = {1, 2}
    assert papers.excused(ledger) == {KEY}
    ledger.papers.brought = {KEY}
    assert papers.excused(ledger) == set()


@pytest.mark.parametrize(("records", "lines"), [(["c"], []), ([], ["c"])])
def test_an_old_phone_with_anything_of_a_child_that_moved_away_is_out_of_scope(
    records: list[str], lines: list[str]
) -> None:
    found = Verdict(sent=1)
    judge_left(3, records, lines, ["c", "d"], permitted=["d"], verdict=found)
    assert len(found.out_of_scope) == 1
    new = Verdict(sent=1)
    judge_left(3, records, lines, ["c", "d"], permitted=["c"], verdict=new)
    assert new.good


def test_a_child_that_moved_lives_where_it_was_taken_over_to() -> None:
    for values, good in (([{"division": "v"}], True), ([], False), ([{"division": "w"}], False)):
        found = Verdict(sent=1)
        judge_residence("child", values, "v", found)
        assert found.good is good


def test_a_child_that_moved_is_held_by_nobody_until_somebody_covers_it() -> None:
    covers = Covers()
    covers.written(Registration(3, "h", ["c"], {"1"}))
    covers.arrived("1")
    covers.moved_to("c", "522630")
    assert covers.files([3]) == set()
    covers.handed_over(["c"], 9)
    assert covers.files([9]) == {"h", "c"}


@pytest.mark.parametrize(
    ("refused", "torn", "told", "good"),
    [
        ("device.cloned", True, True, True),
        (None, False, False, True),
        (None, True, True, False),
        ("device.cloned", True, False, False),
        ("device.cloned", False, False, False),
        (None, False, True, False),
    ],
)
def test_of_two_that_wrote_neither_pulls_and_a_person_is_told(
    refused: str | None, torn: bool, told: bool, good: bool
) -> None:
    found = Verdict(sent=1)
    copied.judge_copy(3, refused, torn=torn, told=told, verdict=found)
    assert found.good is good


def wrote(handset: int, seq: int) -> Operation:
    return Operation(handset, seq, f"{handset}/{seq}", "visit.part", "t", "f", "h")


@pytest.mark.parametrize(
    ("arrived", "torn"),
    [
        ([(1, 1), (1, 2), (1, 3)], False),
        ([(1, 3), (2, 3)], True),
        ([(1, 3), (2, 4)], True),
        ([(2, 3), (2, 4)], False),
        ([(1, 3), (2, 5)], False),
    ],
    ids=["one wrote", "one place", "one after the other's", "the copy wrote", "far apart"],
)
def test_two_phones_are_told_apart_by_their_places_in_the_log(
    arrived: list[tuple[int, int]], torn: bool
) -> None:
    copies = Copies()
    copies.made(1, 2, after=2)
    assert copies.forked(wrote(*one) for one in arrived) == ({1} if torn else set())


def test_what_was_copied_unsent_went_only_when_both_phones_are_gone() -> None:
    ledger = Ledger()
    ledger.wrote([wrote(1, 1)], [{}])
    ledger.copied(1, 2)
    ledger.wrote([wrote(1, 2)], [{}])
    ledger.gone = {1}
    assert not ledger.went_with_its_phone("1/1")
    assert ledger.went_with_its_phone("1/2")
    ledger.said.clear()
    assert not ledger.went_with_its_phone("1/2"), "the server has answered it"


def test_what_is_not_applied_and_on_nobodys_list_is_lost() -> None:
    written = {"a": wrote(1, 1), "b": wrote(1, 2)}
    found = Verdict(sent=1)
    copied.judge_waiting(written, {"a": "applied", "b": "quarantined"}, ["b"], found)
    assert found.good
    copied.judge_waiting(written, {"a": "applied", "b": "quarantined"}, [], found)
    assert len(found.lost) == 1


@pytest.mark.parametrize(
    ("state", "changed", "good"),
    [
        ("lock", {}, True),
        ("lock", {"why": None}, False),
        ("lock", {"cursors": ("1", "2")}, False),
        ("lock", {"unsent": 1}, False),
        ("wipe", {"why": "client.wiped", "cursors": ("1", None)}, True),
        ("wipe", {"why": "client.ordered"}, False),
        ("revoked", {"why": "client.revoked"}, True),
        ("revoked", {"why": None}, False),
        ("wipe", {"why": "client.wiped", "records": 1}, False),
    ],
)
def test_a_closed_phone_shows_nothing_and_got_nothing_and_sent_everything(
    state: str, changed: dict[str, Any], good: bool
) -> None:
    looked: dict[str, Any] = {
        "why": "client.ordered", "cursors": ("1", "1"), "records": 0, "unsent": 0, **changed,
    }  # fmt: skip
    found = Verdict(sent=1)
    judge_closed(3, state, **looked, verdict=found)
    assert found.good is good


def test_the_last_order_that_a_phone_confirmed_counts() -> None:
    orders = Orders()
    orders.gave("a", 3, "lock")
    assert orders.state(3) == ""
    orders.heard(3, ["a"])
    orders.gave("b", 3, "unlock")
    assert orders.state(3) == "lock"
    orders.heard(3, ["a", "b"])
    assert (orders.state(3), orders.state(4), orders.confirmed("lock")) == ("unlock", "", 1)


HANDSET = teams(phones=1, seed=1)[0].handsets[0]


def answer(ledger: Ledger, said: dict[str, Any], **header: Any) -> list[str]:
    asked = {"wall": "2026-03-02T08:00:00+00:00", **header}
    told = {"server_time": "2026-03-02T08:00:01+00:00", **said}
    ledger.answered(HANDSET, asked, [], told)
    return ledger.trespasses


ENTERED = {"enter": [{"file": "c"}]}


def covering() -> Ledger:
    ledger = Ledger()
    ledger.covers.written(Registration(HANDSET.people[0], "c", ["c"], {"1"}))
    ledger.covers.arrived("1")
    return ledger


@pytest.mark.parametrize(
    "befalls",
    [
        lambda ledger: answer(ledger, {"refused": "device.cloned"}),
        lambda ledger: ledger.revoked.add(HANDSET.number),
        lambda ledger: ledger.covers.moved_to("c", "522630"),
    ],
    ids=["one of two", "revoked", "moved away"],
)
def test_whoever_is_sent_what_is_not_hers_any_more_is_told(
    befalls: Callable[[Ledger], Any],
) -> None:
    ledger = covering()
    assert answer(ledger, ENTERED) == []
    befalls(ledger)
    assert answer(ledger, ENTERED) == [f"phone {HANDSET.number} was sent file c"]


def test_a_closed_phone_that_asks_for_nothing_and_is_sent_something_is_told() -> None:
    assert answer(covering(), ENTERED, pull=False)


def test_a_sealed_line_is_the_operation_that_its_header_names() -> None:
    _, public = sealing.new_key()
    op, device = ids.uuid7(ids_now()), ids.uuid7(ids_now())
    entry = sealing.Recipient(public).seal_operation(b"{}", device=device, op=op, seq=1)
    assert op_of(messages.write_sealed(entry)) == str(op)
    assert op_of(json.dumps({"op": "x"}).encode()) == "x"


def ids_now() -> Any:
    from deploy.simulation.cast import START

    return START
