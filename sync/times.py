"""Gives the operations of one push their corrected time, from all that is known of the phone's clock."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.conf import settings

from .entries import Entry
from .merge import clock
from .merge.clock import Corrected, Reading
from .protocol import ids, messages

# Above this the sender's clock is told to people: milliseconds.
TOLERANCE = 1000 * getattr(settings, "SYNC_CLOCK_TOLERANCE_SECONDS", 300)
FLAG = "clock"


@dataclass(frozen=True, slots=True)
class Sync:
    """The phone's clock at this sync. `offset` is server minus phone, in milliseconds.

    `unsaid`: the phone did not say its clock; the last offset stands for it, and each time is doubted.
    """

    reading: Reading
    offset: int
    previous_offset: int | None
    received: int
    unsaid: bool = False


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A stored operation that stands beside one of the push in the log."""

    reading: Reading
    time: Corrected


def millis(moment: dt.datetime) -> int:
    return int(moment.timestamp() * 1000)


def at_sync(clock: Reading | None, *, last: int | None, received: int) -> Sync:
    """`last` is the offset of the last sync, of a device that had one."""
    if clock is not None:
        return Sync(clock, received - clock.wall, last, received)
    offset = last or 0
    return Sync(Reading(received - offset), offset, last, received, unsaid=True)


def reading(wall: dt.datetime, session: str | None, elapsed: int | None) -> Reading:
    """A session is told apart by a hash of its name, which may be any text; elapsed time that no
    clock can have counted is none.
    """
    if session is None or elapsed is None or not 0 <= elapsed <= messages.LARGEST:
        return Reading(millis(wall))
    return Reading(millis(wall), str(ids.derived(_SESSIONS, session)), elapsed)


_SESSIONS = UUID(int=0)


def written(operation: messages.Operation) -> Reading:
    """The phone's clocks when it was written."""
    return reading(operation.wall, operation.session, operation.elapsed)


def settle(
    made: Sequence[tuple[Entry, messages.Operation]],
    *,
    sync: Sync,
    stored: Mapping[int, Neighbour],
) -> None:
    """Fills `at`, `uncertainty` and the flag of each entry.

    `stored` is what came before and stands beside them in the log, by `seq`.
    """
    ordered = sorted(made, key=lambda pair: pair[0].seq or 0)
    readings = [written(operation) for _, operation in ordered]
    neighbours = [neighbour.reading for neighbour in stored.values()]
    drifts = clock.drifts(readings, [*neighbours, sync.reading])
    times = [
        clock.correct(
            wall=read.wall, offset=sync.offset, previous_offset=sync.previous_offset,
            drift=drift, received=sync.received,
        )
        for read, drift in zip(readings, drifts, strict=True)
    ]  # fmt: skip
    _in_order(ordered, readings, times, stored)
    for (entry, _), time in zip(ordered, times, strict=True):
        entry.at, entry.uncertainty = time.at, time.uncertainty
        if sync.unsaid or is_off(entry):
            entry.flags.append(FLAG)


def is_off(entry: Entry) -> bool:
    return clock.is_off(
        wall=millis(entry.wall), at=entry.at, uncertainty=entry.uncertainty, tolerance=TOLERANCE
    )


def _in_order(
    ordered: Sequence[tuple[Entry, messages.Operation]],
    readings: Sequence[Reading],
    times: list[Corrected],
    stored: Mapping[int, Neighbour],
) -> None:
    """Only what was read from a clock has an order: what is typed from paper is older than what it follows."""
    places = [place for place, read in enumerate(readings) if read.is_clock]
    if not places:
        return
    first = ordered[places[0]][0]
    last = stored.get((first.seq or 0) - 1)
    after = last.time if last and last.reading.is_clock else None
    moved = clock.in_order([times[place] for place in places], after=after)
    for place, time in zip(places, moved, strict=True):
        times[place] = time
