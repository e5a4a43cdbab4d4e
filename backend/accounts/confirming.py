"""What needs a second person: the kinds, each with what it performs.

Apps above register their own kinds: `config/wiring.py` calls `install`.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

# A request that nobody confirmed by then lapses.
LIFETIME = timedelta(days=7)
# So long neither confirms for the other after one of them made, granted or reset the other's account.
INDEPENDENCE = timedelta(days=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmed:
    """What two people decided, for whoever carries it out. `secret` is what only the performer reads."""

    id: UUID
    subject: UUID
    person: UUID | None
    detail: Mapping[str, Any]
    secret: str
    reason: str
    asked_by: UUID
    decided_by: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """`name` is a code of `confirmation_kind`. `perform` runs in the writing transaction and raises a
    `DomainError` where it is not possible (any more).

    It is carried out `waits` after the confirmation, and what it gives ends after `lasts`. With
    `another_role` the second person has a guarded role that the first has not; with `auditors` they
    are told too.
    """

    name: str
    perform: Callable[[Confirmed, datetime], None]
    waits: timedelta = timedelta(0)
    lasts: timedelta | None = None
    another_role: bool = False
    auditors: bool = False


_kinds: dict[str, Kind] = {}


def install(kinds: Iterable[Kind]) -> None:
    """Called once, when the apps are ready."""
    _kinds.clear()
    _kinds.update({kind.name: kind for kind in kinds})


def kind(name: str) -> Kind:
    """Raises `LookupError` for a kind that nobody registered."""
    return _kinds[name]
