"""What people are told about accounts. Messages stand above this app, which they ask for people; the
wiring hands in how they are sent."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """A message of a `kind` of notifications/messages.yaml to some people; the same `key` reaches each
    of them once. One that is not critical may wait for the morning."""

    key: str
    people: Collection[UUID]
    kind: str
    values: Mapping[str, Any] = field(default_factory=dict)
    critical: bool = True
    county: str = ""
    subject: UUID | None = None


Tell = Callable[[Sequence[News], datetime], None]
_tell: list[Tell] = []


def install(tell: Tell) -> None:
    """Called once, when the apps are ready."""
    _tell[:] = [tell]


def tell(news: Sequence[News], *, now: datetime) -> None:
    """In the caller's transaction."""
    for send in _tell:
        send(news, now)
