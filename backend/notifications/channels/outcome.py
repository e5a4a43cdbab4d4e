"""What came of an attempt to hand a letter over, and the letter itself."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

# Answers of 4xx that mean "later" rather than "never".
_LATER = frozenset({408, 425, 429})


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """Everything a channel needs, read beforehand: sending touches no database.

    `key` is what the receiver knows a repetition by. `address` is sealed at rest and must get into no
    log and no error. `title` and `text` are in the receiver's language, `link` is a whole address.
    `secret` and `body` are a webhook's.
    """

    key: UUID
    address: str
    kind: str
    title: str = ""
    text: str = ""
    link: str = ""
    secret: str = ""
    body: Mapping[str, Any] = field(default_factory=dict)
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """`code` says what went wrong, empty when nothing did. `final` is what no repetition changes.

    `after` are the seconds that the receiver asked for.
    """

    code: str = ""
    final: bool = False
    after: int | None = None


DELIVERED = Outcome()


def of_status(status: int, *, after: int | None = None) -> Outcome:
    """Of an HTTP answer. A redirect is not followed: it would carry the message elsewhere."""
    if 200 <= status < 300:
        return DELIVERED
    final = 300 <= status < 500 and status not in _LATER
    return Outcome(code=f"http.{status}", final=final, after=after)
