"""The facts that a correction may name: what is a value of each, and what the record says of it."""

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from backend.children import queries as children
from fieldforms import vocabulary

from . import errors

# The members of which only a code, or only a day, is a value.
_CODED = {"sex": "sex"}
_DAYS = ("birth_date",)


def parts(fact: str) -> tuple[str, str, str]:
    """The kind of record, its register and the member."""
    kind, register, member = fact.split(".")
    return kind, register, member


def list_of(fact: str) -> str:
    """The list whose codes are its values; empty where any words are."""
    return _CODED.get(parts(fact)[2], "")


def is_day(fact: str) -> bool:
    return parts(fact)[2] in _DAYS


def record_of(fact: str, *, child: UUID, guardian: UUID) -> UUID:
    """Whose record it stands in."""
    return child if parts(fact)[0] == "child" else guardian


def shown_in(fact: str, card: Mapping[str, Any]) -> str:
    """What an opened record says; empty for nothing."""
    _, register, member = parts(fact)
    own = card.get(register)
    return str(own.get(member) or "") if isinstance(own, Mapping) else ""


def value(fact: str, *, child: UUID, guardian: UUID) -> str:
    """The same of the record as it is now."""
    shown = children.shown_children if parts(fact)[0] == "child" else children.shown_guardians
    record = record_of(fact, child=child, guardian=guardian)
    return shown_in(fact, shown([record]).get(record, {}))


def require_usable(fact: str, wished: str, *, before: str, today: date) -> None:
    """Raises `ValueUnusable`, and `ValueSame` for what the record says already."""
    if not wished:
        raise errors.ValueUnusable()
    if wished == before:
        raise errors.ValueSame()
    if list_of(fact) and wished not in vocabulary.codes(list_of(fact)):
        raise errors.ValueUnusable()
    if is_day(fact) and not _is_past_day(wished, today):
        raise errors.ValueUnusable()


def _is_past_day(written: str, today: date) -> bool:
    """As YYYY-MM-DD and in no other of the ways in which a day may be written: so it is compared."""
    try:
        day = date.fromisoformat(written)
    except ValueError:
        return False
    return day.isoformat() == written and day <= today
