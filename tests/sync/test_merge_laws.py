"""The laws of the merge, by Hypothesis: no order, grouping or repetition changes what is known."""

import json
from itertools import pairwise
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sync.merge.clock import Corrected, correct, in_order
from sync.merge.edits import Malformed, edits
from sync.merge.registers import (
    REMOVED,
    Edit,
    Spec,
    State,
    conflicts,
    dump,
    fold,
    load,
    supersede,
    values,
)
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
def histories(draw: st.DrawFn, keys: tuple[str, ...] = KEYS) -> list[Edit]:
    """Each edit has its own operation and may have seen any other, also one that never arrives."""
    count = draw(st.integers(1, 7))
    known = st.sampled_from([f"op{n}" for n in range(count + 2)])
    return [
        Edit(
            draw(st.sampled_from(keys)),
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
@given(histories(("rating",)), st.integers(0, 3), st.integers(0, 3), st.sampled_from(VALUES))
def test_danger_stays_shown_unless_a_write_that_saw_it_superseded_it(
    history: list[Edit], danger_at: int, other_at: int, other: str
) -> None:
    # Two that nobody saw: random sightings alone make the case too seldom for a short search.
    unseen = Edit("rating", "danger", danger_at, "POOR"), Edit("rating", "other", other_at, other)
    assert values(fold({}, [*history, *unseen]), SPECS)["rating"] == "POOR"


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


_moments = st.integers(0, 10**12)


@relaxed
@given(st.lists(st.tuples(_moments, st.integers(0, 10**9)), max_size=8), st.none() | _moments)
def test_times_of_a_log_are_in_its_order_and_say_how_far_they_were_moved(
    given_times: list[tuple[int, int]], stored: int | None
) -> None:
    times = [Corrected(*time) for time in given_times]
    after = None if stored is None else Corrected(stored, 0)
    ordered = in_order(times, after=after)
    moments = [*([] if stored is None else [stored]), *(time.at for time in ordered)]
    assert moments == sorted(moments)
    for before, now in zip(times, ordered, strict=True):
        assert now.uncertainty >= before.uncertainty + abs(now.at - before.at)
    assert in_order(ordered, after=after) == ordered


@relaxed
@given(st.data(), histories())
def test_what_a_kept_operation_saw_is_superseded_in_any_order(
    data: st.DataObject, history: list[Edit]
) -> None:
    """Kept but not applied: its value never shows, what it saw goes with it (SYNC, transitively)."""
    is_kept = data.draw(st.lists(st.booleans(), min_size=len(history), max_size=len(history)))
    kept = [edit for edit, flag in zip(history, is_kept, strict=True) if flag]
    applied = [edit for edit, flag in zip(history, is_kept, strict=True) if not flag]
    at_the_end = supersede(fold({}, applied), kept)
    state: State = {}
    for edit in data.draw(st.permutations(applied)):
        some = data.draw(st.lists(st.sampled_from(kept))) if kept else []
        state = supersede(fold(state, [edit]), some)
    assert supersede(state, kept) == at_the_end
    live = {op for register in at_the_end.values() for op in register.live}
    assert live <= {edit.op for edit in applied}


def test_a_newer_write_replaces_what_a_kept_one_had_replaced() -> None:
    first, kept = Edit("a", "1", 1, "x"), Edit("a", "2", 2, "y", ("1",))
    last = Edit("a", "3", 3, "z", ("2",))
    assert conflicts(fold({}, [first, last])) == ["a"]
    assert conflicts(supersede(fold({}, [first, last]), [kept])) == []
    assert set(supersede(fold({}, [first]), [kept])["a"].live) == {"1"}
