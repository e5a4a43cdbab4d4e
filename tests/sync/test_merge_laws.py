"""The laws of the merge, by Hypothesis: no order, grouping or repetition changes what is known."""

import json
from itertools import pairwise
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sync.merge.clock import correct
from sync.merge.edits import Malformed, edits
from sync.merge.registers import REMOVED, Edit, Spec, conflicts, dump, fold, load, values
from sync.protocol import messages, ranges

RATING = Spec("protective", ("POOR", "FAIR", "GOOD"))
# The machine may be shared: speed is measured elsewhere.
relaxed = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

SPECS = {"rating": RATING, "school": Spec(), "categories": Spec("set")}
KEYS = ("rating", "school", "categories/ORPHAN")
VALUES = ("POOR", "FAIR", "GOOD", "NEW_IN_V2")
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=8,
)


@st.composite
def histories(draw: st.DrawFn) -> list[Edit]:
    """Each edit has its own operation and may have seen any other, also one that never arrives."""
    count = draw(st.integers(1, 7))
    known = st.sampled_from([f"op{n}" for n in range(count + 2)])
    return [
        Edit(
            draw(st.sampled_from(KEYS)),
            f"op{n}",
            draw(st.integers(0, 3)),
            draw(st.sampled_from([*VALUES, REMOVED])),
            tuple(draw(st.lists(known, max_size=3))),
        )
        for n in range(count)
    ]


def _seen(history: list[Edit], key: str) -> set[str]:
    return {op for edit in history if edit.key == key for op in edit.saw if op != edit.op}


@relaxed
@given(st.data(), histories())
def test_any_order_and_grouping_gives_the_same_state(
    data: st.DataObject, history: list[Edit]
) -> None:
    shuffled = data.draw(st.permutations(history))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(history)), max_size=3)))
    state: dict[str, Any] = {}
    for first, last in pairwise([0, *cuts, len(history)]):
        state = load(dump(fold(state, shuffled[first:last])))
    assert state == fold({}, history)
    assert values(state, SPECS) == values(fold({}, history), SPECS)


@relaxed
@given(histories())
def test_folding_is_idempotent(history: list[Edit]) -> None:
    once = fold({}, history)
    assert fold(once, history) == once


@relaxed
@given(histories())
def test_every_value_is_live_or_superseded_by_a_write_that_saw_it_in_any_order(
    history: list[Edit],
) -> None:
    state = fold({}, history)
    for edit in history:
        live = edit.op in state[edit.key].live
        assert live == (edit.value is not REMOVED and edit.op not in _seen(history, edit.key))


@relaxed
@given(histories())
def test_danger_stays_shown_unless_a_write_that_saw_it_superseded_it(history: list[Edit]) -> None:
    dangers = {e.op for e in history if e.key == "rating" and e.value == "POOR"}
    if dangers - _seen(history, "rating"):
        assert values(fold({}, history), SPECS)["rating"] == "POOR"


@relaxed
@given(histories())
def test_adding_to_a_set_wins_over_a_removal_that_had_not_seen_it_in_any_order(
    history: list[Edit],
) -> None:
    key = "categories/ORPHAN"
    added = {e.op for e in history if e.key == key and e.value is not REMOVED}
    shown = values(fold({}, history), SPECS)["categories"]
    assert ("ORPHAN" in shown) == bool(added - _seen(history, key))


@relaxed
@given(histories())
def test_dump_survives_json_in_any_order(history: list[Edit]) -> None:
    state = fold({}, history)
    assert load(json.loads(json.dumps(dump(state)))) == state


@relaxed
@given(st.dictionaries(st.sampled_from(["set", "add", "remove", "x"]), JSON))
def test_arbitrary_data_is_malformed_or_folds_idempotent(data: dict[str, Any]) -> None:
    try:
        made = edits("op", 0, data)
    except Malformed as error:
        path = error.field
    else:
        path = ""
    if path:
        assert path.split(".")[0] in ("set", "add", "remove")
        return
    state = fold({}, made)
    values(state, SPECS)
    conflicts(state)
    assert fold(state, made) == state


def test_one_name_used_as_field_and_as_set_keeps_its_declared_shape_in_any_order() -> None:
    mixed = {
        "set": {"school": {"v": "A"}, "categories": {"v": "A"}, "new": {"v": "A"}},
        "add": {"school": {"x": {"v": 1}}, "new": {"x": {"v": 1}}},
    }
    assert values(fold({}, edits("op", 0, mixed)), SPECS) == {
        "school": "A", "categories": {}, "new": "A",
    }  # fmt: skip


@relaxed
@given(st.binary(max_size=200) | JSON.map(lambda value: json.dumps(value).encode()))
def test_bytes_that_are_no_operation_are_unreadable_in_any_order(line: bytes) -> None:
    for read in (messages.read_operation, messages.read_header):
        try:
            read(line)
        except messages.Unreadable:
            continue


def test_nesting_without_end_is_unreadable_and_no_danger_to_its_neighbours() -> None:
    for read in (messages.read_operation, messages.read_header):
        try:
            read(b'{"x":' + b"[" * 100_000)
        except messages.Unreadable:
            continue
        raise AssertionError("read what nests without end")


@relaxed
@given(st.lists(st.integers(1, 20)), st.lists(st.integers(1, 20)))
def test_ranges_hold_exactly_the_numbers_added_in_any_order(a: list[int], b: list[int]) -> None:
    have = ranges.add(ranges.add([], a), b)
    assert have == ranges.add(ranges.add([], b), a) == ranges.add(have, a)
    held = {n for first, last in have for n in range(first, last + 1)}
    lacking = {n for first, last in ranges.missing(have) for n in range(first, last + 1)}
    assert held == {*a, *b}
    assert lacking == set(range(1, max(held, default=0) + 1)) - held


@relaxed
@given(*[st.integers(-(10**12), 10**12)] * 5)
def test_corrected_time_is_never_after_receipt_and_its_order_needs_no_phone_clock(
    wall: int, offset: int, previous: int, drift: int, received: int
) -> None:
    made = correct(
        wall=wall, offset=offset, previous_offset=previous, drift=drift, received=received
    )
    assert made.at <= received
    assert made.uncertainty >= abs(drift) + abs(offset - previous)
    assert made.at + made.uncertainty >= wall + offset
