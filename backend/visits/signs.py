"""Signs that a visit is worth a look by the township. Pure.

They are signs and never accusations: a short visit may be a child asleep, the same words may be true twice,
a clock may be broken. Nothing follows from them by itself; a person looks, asks and helps.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

# [P] All of them are our defaults.
SHORT = dt.timedelta(minutes=3)
LATE = dt.timedelta(days=7)
# So many visits in a row at which the child was seen, and never alone.
NOT_ALONE = 3
# Words shorter than this ("很好。") are true often.
WORDS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What a visit to one child says of itself. `alone` is None where nobody answered that.

    `started` and `ended` are the phone's, of one clock; `words` what she wrote of this child.
    """

    observed: dt.datetime
    received: dt.datetime
    mode: str = "home"
    child_seen: bool | None = None
    alone: bool | None = None
    started: dt.datetime | None = None
    ended: dt.datetime | None = None
    words: tuple[str, ...] = ()
    clock_off: bool = False


def of(visit: Seen, *, before: Sequence[Seen]) -> list[str]:
    """Codes of the list `visit_sign`. `before`: the earlier visits to the child, the latest first."""
    signs = {
        "short": visit.mode == "home" and _short(visit),
        "copied": _copied(visit, before),
        "never_alone": _never_alone(visit, before),
        "late": visit.mode != "paper" and visit.received - visit.observed > LATE,
        "clock": visit.clock_off,
    }
    return [code for code, holds in signs.items() if holds]


def _short(visit: Seen) -> bool:
    if visit.started is None or visit.ended is None:
        return False
    return dt.timedelta() <= visit.ended - visit.started < SHORT


def _copied(visit: Seen, before: Sequence[Seen]) -> bool:
    """The words of the last visit, letter for letter: ticked answers are alike where all is well."""
    last = {_bare(words) for words in before[0].words} if before else set()
    return any(len(said) >= WORDS and said in last for said in map(_bare, visit.words))


def _bare(words: str) -> str:
    return "".join(words.split())


def _never_alone(visit: Seen, before: Sequence[Seen]) -> bool:
    seen = [one for one in (visit, *before) if one.child_seen][:NOT_ALONE]
    return (
        visit.child_seen is True
        and len(seen) == NOT_ALONE
        and all(one.alone is False for one in seen)
    )
