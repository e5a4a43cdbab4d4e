"""Corrected time. A phone's clock is never trusted and never a reason to refuse."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Corrected:
    """Milliseconds since the epoch; the true time lies within `uncertainty` of `at`."""

    at: int
    uncertainty: int


def correct(
    *, wall: int, offset: int, previous_offset: int | None, drift: int, received: int
) -> Corrected:
    """Phone time plus the offset seen at this sync, all in milliseconds.

    `offset` is server minus phone at this sync, `previous_offset` at the last one: when they
    differ, the clock was set somewhere between and the operation may lie on either side. `drift`
    is the jump between wall and monotonic clock within the page session. Nothing happened after it
    was received.
    """
    at = wall + offset
    uncertainty = abs(drift)
    if previous_offset is not None:
        uncertainty += abs(offset - previous_offset)
    if at > received:
        uncertainty += at - received
        at = received
    return Corrected(at, uncertainty)
