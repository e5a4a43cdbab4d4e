"""When to try again. Pure: the spread comes from the row itself, so that tries do not come in waves."""

from datetime import timedelta
from uuid import UUID

_FIRST = 30.0
# What nobody may wait for is tried all the more often once the line is back.
_LONGEST = {False: 3600.0, True: 300.0}


def longest(*, critical: bool) -> timedelta:
    return timedelta(seconds=_LONGEST[critical])


def delay(*, key: UUID, attempts: int, critical: bool, after: int | None = None) -> timedelta:
    """After the `attempts`th failure: doubled each time, less up to a quarter by the key.

    `after` is what the receiver asked for; it may lengthen the wait, within the longest.
    """
    most = _LONGEST[critical]
    doubled = min(_FIRST * 2.0 ** min(attempts - 1, 16), most)
    spread = (key.int >> (attempts % 60)) % 1000 / 4000
    return timedelta(seconds=max(doubled * (1 - spread), min(after or 0, most)))
