"""What people are told about their own account. Messages stand above this app, which they ask for
people; the wiring hands in how they are sent."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """A message of a `kind` of notifications/messages.yaml; the same `key` reaches a person once."""

    person: UUID
    kind: str
    key: str
    values: Mapping[str, Any] = field(default_factory=dict)


_send: list[Callable[[News, datetime], None]] = []


def install(send: Callable[[News, datetime], None]) -> None:
    _send[:] = [send]


def tell(news: News, *, now: datetime) -> None:
    """In the caller's transaction."""
    for send in _send:
        send(news, now)
