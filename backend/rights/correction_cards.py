"""Wishes for corrections as they are shown. Each reading that names a child goes on the audit log."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from backend.accounts import queries as accounts
from backend.audit import services as audit
from backend.children import queries as children
from backend.common import encrypted
from backend.common.errors import NotFound

from . import correctable, hindrances, queries, scope
from .models import ASKED, Correction


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """`now` is what the record said when it was filed, `current` what it says while that waits.

    `answer` is why it was refused: the law asks that whoever asked is told.
    """

    id: UUID
    child: UUID
    name: str
    guardian: UUID
    guardian_name: str
    relationship: str
    fact: str
    now: str
    wished: str
    current: str
    changed: bool
    ground: str
    state: str
    filed_by: UUID
    filed_by_name: str
    filed_at: datetime
    due_at: datetime
    overdue: bool
    decided_at: datetime | None
    decided_by_name: str
    answer: str
    may_decide: bool
    may_withdraw: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """What a wish is filed with; `now` is what the record says of a fact, None while none is chosen."""

    name: str
    adults: list[queries.Adult]
    now: str | None


def waiting(*, viewer: UUID, now: datetime) -> QuerySet[Correction]:
    """The next to be answered first."""
    return scope.corrections(viewer, now=now).filter(state=ASKED)


def decided(*, viewer: UUID, now: datetime) -> QuerySet[Correction]:
    """The last that was decided or withdrawn first."""
    found = scope.corrections(viewer, now=now).exclude(state=ASKED)
    return found.order_by("-decided_at", "-id")


def one(*, viewer: UUID, correction: UUID, now: datetime) -> Card:
    """Raises `NotFound`."""
    row = scope.corrections(viewer, now=now).filter(id=correction).first()
    for card in cards([row] if row else [], viewer=viewer, now=now):
        return card
    raise NotFound(fields=("correction",))


def form(*, viewer: UUID, child: UUID, guardian: UUID | None, fact: str, now: datetime) -> Form:
    """Raises `NotFound`, also for an adult of another household."""
    name, adults = queries.adults(viewer=viewer, child=child, now=now)
    if guardian is not None and hindrances.adult_of(child, guardian) is None:
        raise NotFound(fields=scope.NOBODY)
    said = correctable.value(fact, child=child, guardian=guardian) if guardian and fact else None
    return Form(name=name, adults=adults, now=said)


def cards(rows: Sequence[Correction], *, viewer: UUID, now: datetime) -> list[Card]:
    """In a fixed number of statements; audited. Those of erased files are left out."""
    lines = [
        audit.Line(actor=viewer, subject=r.id, county=r.county, detail={"child": str(r.child)})
        for r in rows
    ]
    audit.record_each(lines, action="correction.read", subject_type="correction", now=now)
    page = _Page(rows, viewer=viewer, now=now)
    return [page.card(row) for row in rows if row.child in page.ciphers]


class _Page:
    """What the cards of some wishes are made of."""

    def __init__(self, rows: Sequence[Correction], *, viewer: UUID, now: datetime) -> None:
        files = {row.child for row in rows}
        self._viewer, self._now = viewer, now
        self._children = children.shown_children(files)
        self._adults = children.shown_guardians({row.guardian for row in rows})
        self._people = accounts.names(
            {who for row in rows for who in (row.filed_by, row.decided_by) if who}
        )
        self.ciphers = encrypted.keys(files)

    def card(self, row: Correction) -> Card:
        child, adult = self._children.get(row.child, {}), self._adults.get(row.guardian, {})
        words = self.ciphers[row.child].open_json(row.sealed)
        waits, mine = row.state == ASKED, self._viewer == row.filed_by
        current = self._current(row, child, adult) if waits else ""
        return Card(
            id=row.id, child=row.child, name=children.name_of(child), guardian=row.guardian,
            guardian_name=children.name_of(adult),
            relationship=queries.relationship(adult, row.child), fact=row.fact, current=current,
            changed=waits and current not in (words["now"], words["wished"]), state=row.state,
            filed_by=row.filed_by, filed_by_name=self._people.get(row.filed_by, ""),
            filed_at=row.filed_at, due_at=row.due_at, overdue=waits and row.due_at < self._now,
            decided_at=row.decided_at, decided_by_name=self._name(row.decided_by),
            may_decide=waits and not mine, may_withdraw=waits and mine, **words,
        )  # fmt: skip

    def _current(self, row: Correction, child: Mapping[str, Any], adult: Mapping[str, Any]) -> str:
        of_the_child = correctable.parts(row.fact)[0] == "child"
        return correctable.shown_in(row.fact, child if of_the_child else adult)

    def _name(self, person: UUID | None) -> str:
        return self._people.get(person, "") if person else ""
