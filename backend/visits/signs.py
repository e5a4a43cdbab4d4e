"""Signs that a visit is worth a look by the township. Pure.

They are signs and never accusations: a short visit may be a child asleep, the same words may be true twice,
a clock may be broken. Nothing follows from them by itself; a person looks, asks and helps.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from .places import Place, apart

# [P] All of them are our defaults.
SHORT = dt.timedelta(minutes=3)
LATE = dt.timedelta(days=7)
# So many visits in a row at which the child was seen, and never alone.
NOT_ALONE = 3
# Words shorter than this ("很好。") are true often.
WORDS = 8
# So far, and at so many of her visits to other children, the same words are looked for.
LATELY, LATELY_MOST = dt.timedelta(days=30), 40
# So far from the home, or from the visit before and faster than a car goes on these roads.
FAR_M, FAST_KMH = 2_000, 120


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What a visit to one child says of itself. `alone` is None where nobody answered that.

    `started` and `ended` are the phone's, of one clock; `words` what she wrote of this child; `home` is
    the household that was visited, as far as it is known. `place` is where the phone was; `residence` where
    the household's register says that the home is.
    """

    observed: dt.datetime
    received: dt.datetime
    mode: str = "home"
    home: UUID | None = None
    child_seen: bool | None = None
    alone: bool | None = None
    started: dt.datetime | None = None
    ended: dt.datetime | None = None
    words: tuple[str, ...] = ()
    clock_off: bool = False
    place: Place | None = None
    residence: Place | None = None


def of(visit: Seen, *, before: Sequence[Seen], elsewhere: Sequence[Seen] = ()) -> list[str]:
    """Codes of the list `visit_sign`. `before`: the earlier visits to the child, the latest first;
    `elsewhere`: visits of the same person to other children, in any order.
    """
    signs = {
        "short": visit.mode == "home" and _short(visit),
        "copied": _copied(visit, before),
        "reused": _reused(visit, elsewhere),
        "never_alone": _never_alone(visit, before),
        "late": visit.mode != "paper" and visit.received - visit.observed > LATE,
        "clock": visit.clock_off,
        "far": visit.mode == "home" and (_far(visit) or _fast(visit, elsewhere)),
    }
    return [code for code, holds in signs.items() if holds]


def _short(visit: Seen) -> bool:
    if visit.started is None or visit.ended is None:
        return False
    return dt.timedelta() <= visit.ended - visit.started < SHORT


def _copied(visit: Seen, before: Sequence[Seen]) -> bool:
    """The words of the last visit, letter for letter: ticked answers are alike where all is well."""
    last = {_bare(words) for words in before[0].words} if before else set()
    return not last.isdisjoint(_long(visit))


def _reused(visit: Seen, elsewhere: Sequence[Seen]) -> bool:
    """The words of a visit to another household: siblings may share a sentence that is true of both.

    Where nobody was met, the same words are true at many doors.
    """
    if visit.home is None or visit.mode == "attempted":
        return False
    lately = [one for one in elsewhere if dt.timedelta() <= visit.observed - one.observed <= LATELY]
    latest = sorted(lately, key=lambda one: one.observed, reverse=True)[:LATELY_MOST]
    others = (one for one in latest if one.home not in (None, visit.home))
    said = {words for one in others if one.mode != "attempted" for words in _long(one)}
    return not said.isdisjoint(_long(visit))


def _far(visit: Seen) -> bool:
    if visit.place is None or visit.residence is None:
        return False
    return apart(visit.place, visit.residence) > FAR_M


def _fast(visit: Seen, elsewhere: Sequence[Seen]) -> bool:
    """Too far from the same person's last home visit for the time between the two.

    A clock that is off says nothing of that time.
    """
    before = [
        one for one in elsewhere
        if one.mode == "home" and one.place and one.observed <= visit.observed
    ]  # fmt: skip
    last = max(before, key=lambda one: one.observed, default=None)
    if visit.place is None or last is None or last.place is None:
        return False
    if visit.clock_off or last.clock_off:
        return False
    hours = (visit.observed - last.observed) / dt.timedelta(hours=1)
    return apart(visit.place, last.place) > max(FAR_M, FAST_KMH * 1000 * hours)


def _long(visit: Seen) -> set[str]:
    return {said for said in map(_bare, visit.words) if len(said) >= WORDS}


def _bare(words: str) -> str:
    return "".join(words.split())


def _never_alone(visit: Seen, before: Sequence[Seen]) -> bool:
    seen = [one for one in (visit, *before) if one.child_seen][:NOT_ALONE]
    return (
        visit.child_seen is True
        and len(seen) == NOT_ALONE
        and all(one.alone is False for one in seen)
    )
