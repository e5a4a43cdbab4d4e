"""Wrong clocks: corrected, kept with how sure it is, flagged, never refused (SYNC, "Time")."""

import datetime as dt
from typing import Any

import pytest

from sync import push
from sync.models import Operation

from .conftest import NOW, SHARD, Phone, World
from .test_push import new

SECOND, HOUR = dt.timedelta(seconds=1), dt.timedelta(hours=1)
YEARS = dt.timedelta(days=3650)


def millis(span: dt.timedelta) -> int:
    return int(span.total_seconds() * 1000)


def at(moment: dt.datetime) -> int:
    return int(moment.timestamp() * 1000)


def note(phone: Phone, wall: dt.datetime, session: str = "", elapsed: int = 0) -> None:
    clock = {"session": session, "elapsed": elapsed} if session else {}
    phone.say("note.write", new(), {"text": "seen"}, wall=wall.isoformat(), **clock)


def sync(phone: Phone, wall: dt.datetime = NOW, **clock: Any) -> list[list[str]]:
    """The flags of what was new."""
    receipts, _ = push.push(phone.log, sender=phone.sender, wall=wall, now=NOW, **clock)
    return [receipt.flags for receipt in receipts if not receipt.again]


def stored() -> list[tuple[int, int, int]]:
    """`(wall, at, uncertainty)` in the order of the log."""
    rows = Operation.objects.filter(seq__isnull=False).order_by("seq")
    return list(rows.values_list("wall", "at", "uncertainty"))


@pytest.mark.parametrize("wrong", [YEARS, -YEARS], ids=["ahead", "behind"])
def test_a_clock_ten_years_wrong_is_corrected_kept_and_flagged(
    phone: Phone, wrong: dt.timedelta
) -> None:
    note(phone, NOW + wrong - HOUR, "run", 0)
    assert sync(phone, NOW + wrong, session="run", elapsed=millis(HOUR)) == [["clock"]]
    assert stored() == [(at(NOW + wrong - HOUR), at(NOW - HOUR), 0)]


def test_a_right_clock_is_not_flagged_nor_one_within_the_tolerance(phone: Phone) -> None:
    note(phone, NOW - HOUR)
    note(phone, NOW - HOUR + 2 * SECOND)
    assert sync(phone, NOW - 299 * SECOND) == [[], []]


def test_a_clock_set_between_two_operations_of_a_session_widens_both(phone: Phone) -> None:
    note(phone, NOW - 2 * HOUR, "run", 0)
    note(phone, NOW, "run", millis(HOUR))
    assert sync(phone) == [["clock"], ["clock"]]
    assert [uncertainty for _, _, uncertainty in stored()] == [millis(HOUR)] * 2


def test_a_clock_set_after_the_last_operation_is_noticed_by_the_header(phone: Phone) -> None:
    note(phone, NOW + YEARS, "run", 0)
    assert sync(phone, NOW, session="run", elapsed=1000) == [["clock"]]
    ((_, time, uncertainty),) = stored()
    assert time == at(NOW)
    assert uncertainty >= millis(YEARS)


def test_a_jump_is_noticed_against_what_was_stored_by_an_earlier_push(phone: Phone) -> None:
    note(phone, NOW - 3 * HOUR, "run", 0)
    assert sync(phone) == [[]]
    note(phone, NOW, "run", millis(HOUR))
    assert sync(phone) == [["clock"]]
    assert stored()[1][2] == millis(2 * HOUR)


def test_across_sessions_the_order_is_that_of_the_log(phone: Phone) -> None:
    """A clock that fell back to its first day and was set right before the next sync."""
    note(phone, NOW - 2 * HOUR, "first", 0)
    note(phone, NOW - 20 * YEARS, "second", 0)
    note(phone, NOW - HOUR, "third", 0)
    assert sync(phone) == [[], ["clock"], []]
    (_, first, _), (_, second, widened), (_, third, sure) = stored()
    assert first <= second <= third == at(NOW - HOUR)
    assert widened >= second - at(NOW - 20 * YEARS)
    assert sure == 0


def test_a_visit_entered_from_paper_is_no_clock_and_keeps_its_day(phone: Phone) -> None:
    note(phone, NOW - HOUR, "run", 0)
    note(phone, NOW - dt.timedelta(days=3))
    note(phone, NOW, "run", millis(HOUR))
    assert sync(phone, NOW, session="run", elapsed=millis(HOUR)) == [[], [], []]
    assert stored()[1][1] == at(NOW - dt.timedelta(days=3))


@pytest.mark.parametrize(
    "clock",
    [
        {"session": "\x00", "elapsed": 5},
        {"session": "run", "elapsed": 2**64 - 1},
        {"session": "run", "elapsed": -1},
        {"session": "run"},
        {"elapsed": 5},
    ],
    ids=str,
)
def test_no_clock_is_a_reason_to_refuse(phone: Phone, clock: dict[str, Any]) -> None:
    phone.say("note.write", new(), {"text": "seen"}, wall="0001-01-01T00:00:00Z", **clock)
    phone.say("note.write", new(), {"text": "seen"}, wall="9999-12-31T23:59:59Z", **clock)
    receipts, _ = push.push(
        phone.log, sender=phone.sender, wall=NOW.replace(year=9999), now=NOW, **clock
    )
    assert [receipt.outcome for receipt in receipts] == ["applied", "applied"]


def test_the_flag_outlives_a_fallback_and_a_hold(world: World, phone: Phone) -> None:
    """What is decided later takes no flag back that was given when the line came."""
    box, behind = new(), NOW - YEARS
    phone.say("box.paint", box, {"set": {}}, file=box, wall=behind.isoformat())
    phone.say("note.write", new(), {"text": "break the server"}, wall=behind.isoformat())
    push.push(phone.log, sender=phone.sender, wall=behind, now=NOW)
    rows = Operation.objects.filter(device=phone.device).order_by("seq")
    assert set(rows.values_list("outcome", "code")) == {
        ("held", "target.unknown"), ("held", "server.retry"),
    }  # fmt: skip
    other = Phone()
    other.say("box.make", box, {"shard": SHARD, "set": {}})
    world.grant(phone, box)
    other.push()
    assert [(row.outcome, row.flags) for row in rows] == [
        ("applied", ["clock"]), ("held", ["clock"]),
    ]  # fmt: skip
