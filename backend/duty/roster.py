"""Who is on call at a moment, and when nobody is. Pure: rows in, answers out."""

import datetime as dt
import itertools
from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple, Protocol
from uuid import UUID


class Span(Protocol):
    @property
    def person(self) -> UUID: ...
    @property
    def starts_at(self) -> dt.datetime: ...
    @property
    def ends_at(self) -> dt.datetime: ...


class OnCall(Span, Protocol):
    @property
    def deputies(self) -> list[UUID]: ...


def on_call(
    at: dt.datetime, *, shifts: Iterable[OnCall], leaves: Iterable[Span], able: Collection[UUID]
) -> UUID | None:
    """Whose shift it is; while she is away, or no longer `able`, her first deputy who is neither.

    A shift begins at its first moment and ends before its last, so that two can meet.
    """
    away = {leave.person for leave in leaves if _covers(leave, at)}
    for shift in shifts:
        if _covers(shift, at):
            ready = (p for p in (shift.person, *shift.deputies) if p in able and p not in away)
            return next(ready, None)
    return None


class Turn(NamedTuple):
    """Those to call between two moments, the deputies after whose turn it is."""

    starts_at: dt.datetime
    ends_at: dt.datetime
    people: tuple[UUID, ...]


def turns(
    start: dt.datetime, end: dt.datetime, *, shifts: Iterable[OnCall], leaves: Sequence[Span],
    able: Collection[UUID],
) -> list[Turn]:  # fmt: skip
    """Who is to be called when, in order. A turn that touches the span is given whole, so that what is
    said of it does not change from hour to hour.
    """
    found: list[Turn] = []
    for shift in shifts:
        team = (shift.person, *shift.deputies)
        own = [leave for leave in leaves if leave.person in team]
        edges = {moment for leave in own for moment in (leave.starts_at, leave.ends_at)}
        inner = sorted(edge for edge in edges if shift.starts_at < edge < shift.ends_at)
        for first, last in itertools.pairwise([shift.starts_at, *inner, shift.ends_at]):
            away = {leave.person for leave in own if _covers(leave, first)}
            ready = tuple(p for p in team if p in able and p not in away)
            if ready and first < end and last > start:
                found.append(Turn(first, last, ready))
    return sorted(found)


def gaps(
    start: dt.datetime, end: dt.datetime, *, shifts: Sequence[OnCall], leaves: Sequence[Span],
    able: Collection[UUID],
) -> list[tuple[dt.datetime, dt.datetime]]:  # fmt: skip
    """The times between `start` and `end` at which nobody is on call."""
    edges = {moment for span in (*shifts, *leaves) for moment in (span.starts_at, span.ends_at)}
    marks = [start, *sorted(edge for edge in edges if start < edge < end), end]
    found: list[tuple[dt.datetime, dt.datetime]] = []
    for first, last in itertools.pairwise(marks):
        if on_call(first, shifts=shifts, leaves=leaves, able=able) is not None:
            continue
        if found and found[-1][1] == first:
            found[-1] = found[-1][0], last
        else:
            found.append((first, last))
    return found


def _covers(span: Span, at: dt.datetime) -> bool:
    return span.starts_at <= at < span.ends_at
