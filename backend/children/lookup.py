"""Finding files by what a child is known by: number, birth date, a guardian's phone. Fixed statements."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import Q

from backend.common import encrypted
from backend.common.encrypted import index_token
from backend.common.search import phone_token
from sync.merge import registers
from sync.models import RegisterRecord
from sync.protocol import messages

from .identity import birth_token, born
from .identity import normalise_id as normalise_id
from .models import Child, Guardian, Household
from .record import CHILD_SPECS
from .search import lives_in


@dataclass(frozen=True, slots=True)
class Known:
    """What is compared of a filed child. `phones` are those of all adults of the household."""

    id: UUID
    name: str
    id_number: str
    birth_date: date | None
    division: str
    phones: frozenset[str]


def children_with_numbers(
    numbers: Collection[str], *, prefixes: Collection[str]
) -> dict[str, UUID]:
    """The child of each valid ID number that is filed within the divisions; one statement."""
    by_token = {index_token("id", number): number for number in numbers}
    found: dict[str, UUID] = {}
    rows = _within(prefixes).filter(search__overlap=list(by_token)).order_by("id")
    for child, tokens in rows.values_list("id", "search"):
        for token in by_token.keys() & set(tokens):
            found.setdefault(by_token[token], child)
    return found


def children_like(
    *, births: Collection[date], phones: Collection[str], prefixes: Collection[str]
) -> list[Known]:
    """Filed children with one of the birth dates, or with an adult who has one of the phones."""
    tokens = [phone_token(phone) for phone in phones]
    homes = Guardian.objects.filter(search__overlap=tokens).values_list("household", flat=True)
    asked = Q(search__overlap=[birth_token(day) for day in births]) | Q(household__in=list(homes))
    rows = list(_within(prefixes).filter(asked))
    states = _opened(rows)
    adults = guardians_of({row.household for row in rows if row.household})
    known = []
    for row in rows:
        if row.id in states:
            card = registers.values(states[row.id], CHILD_SPECS).get("identity") or {}
            own = adults.get(row.household, {}).values() if row.household else ()
            known.append(
                Known(
                    row.id, str(card.get("name") or ""), str(card.get("id_number") or ""),
                    born(card.get("birth_date")), row.division, frozenset(_phones(own)),
                )
            )  # fmt: skip
    return known


def child_states(children: Collection[UUID]) -> dict[UUID, registers.State]:
    """Every register with its writes, by child, opened; erased files are left out."""
    return _opened(Child.objects.filter(id__in=children))


def household_states(households: Collection[UUID]) -> dict[UUID, registers.State]:
    return _opened(Household.objects.filter(id__in=households))


def guardians_of(households: Collection[UUID]) -> dict[UUID, dict[UUID, registers.State]]:
    """The adults of each household, opened, by household and adult."""
    rows = list(Guardian.objects.filter(household__in=households).order_by("id"))
    states = _opened(rows)
    found: dict[UUID, dict[UUID, registers.State]] = {}
    for row in rows:
        if row.household and row.id in states:
            found.setdefault(row.household, {})[row.id] = states[row.id]
    return found


def _within(prefixes: Iterable[str]) -> Any:
    return Child.objects.filter(lives_in(prefixes))


def _phones(adults: Iterable[registers.State]) -> Iterable[str]:
    for state in adults:
        contact = registers.values(state, {}).get("contact") or {}
        if contact.get("phone"):
            yield str(contact["phone"])


def _opened(rows: Iterable[RegisterRecord]) -> dict[UUID, registers.State]:
    found = list(rows)
    ciphers = encrypted.keys({row.file for row in found})
    return {
        row.id: registers.load(messages.parse(ciphers[row.file].open(row.state)))
        for row in found
        if row.file in ciphers
    }
