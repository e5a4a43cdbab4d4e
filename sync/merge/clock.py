"""Corrected time. A phone's clock is never trusted and never a reason to refuse."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

# No phone kept a record before this; a time before it is a clock that was never set.
EARLIEST = 0


@dataclass(frozen=True, slots=True)
class Corrected:
    """Milliseconds since the epoch; the true time lies within `uncertainty` of `at`."""

    at: int
    uncertainty: int


@dataclass(frozen=True, slots=True)
class Reading:
    """What a phone's clocks said at one moment: the wall clock, and the monotonic one of a session.

    Milliseconds. Without a session `wall` is what somebody entered and no reading of a clock.
    """

    wall: int
    session: str | None = None
    elapsed: int | None = None

    @property
    def is_clock(self) -> bool:
        return self.session is not None and self.elapsed is not None


def correct(
    *, wall: int, offset: int, previous_offset: int | None, drift: int, received: int
) -> Corrected:
    """Phone time plus the offset seen at this sync, all in milliseconds.

    `offset` is server minus phone at this sync, `previous_offset` at the last one: when they
    differ, the clock was set somewhere between and the operation may lie on either side. `drift`
    is the jump between wall and monotonic clock within the page session (`drifts`). Nothing
    happened after it was received.
    """
    at = wall + offset
    uncertainty = abs(drift)
    if previous_offset is not None:
        uncertainty += abs(offset - previous_offset)
    nearest = min(max(at, EARLIEST), received)
    return Corrected(nearest, uncertainty + abs(at - nearest))


def drifts(readings: Sequence[Reading], neighbours: Iterable[Reading] = ()) -> list[int]:
    """How far the wall clock jumped against the monotonic one between each reading and any other
    of its session, the farthest jump of all. A clock that slept looks like one that was set.
    """
    skews: dict[str, list[int]] = {}
    for reading in (*readings, *neighbours):
        if reading.session is not None and reading.elapsed is not None:
            skews.setdefault(reading.session, []).append(reading.wall - reading.elapsed)
    spans = {session: (min(own), max(own)) for session, own in skews.items()}
    return [_farthest(reading, spans) for reading in readings]


def _farthest(reading: Reading, spans: dict[str, tuple[int, int]]) -> int:
    if reading.session is None or reading.elapsed is None:
        return 0
    low, high = spans[reading.session]
    skew = reading.wall - reading.elapsed
    return max(high - skew, skew - low)


def in_order(times: Sequence[Corrected], *, after: Corrected | None = None) -> list[Corrected]:
    """Times of one log in the order of `seq`, which is the order in which things happened.

    Where a clock says otherwise, what lies after a later and more certain operation moves back to
    it; what then still lies before an earlier one moves up to that. Each is widened by what it
    moved. `after` is the operation before the first, already stored: it stays.
    """
    ordered = list(times)
    bound: Corrected | None = None
    for place in range(len(ordered) - 1, -1, -1):
        one = ordered[place]
        if bound is not None and one.at > bound.at and one.uncertainty > bound.uncertainty:
            ordered[place] = _moved(one, bound.at)
        else:
            bound = one
    for place, one in enumerate(ordered):
        before = ordered[place - 1] if place else after
        if before is not None and one.at < before.at:
            ordered[place] = _moved(one, before.at)
    return ordered


def _moved(time: Corrected, at: int) -> Corrected:
    return Corrected(at, time.uncertainty + abs(at - time.at))


def is_off(*, wall: int, at: int, uncertainty: int, tolerance: int) -> bool:
    """Whether the phone's clock was wrong, or may have been, by more than the tolerance."""
    return max(abs(at - wall), uncertainty) > tolerance
