"""A guardian's wish to have a fact corrected: filed, looked into by somebody else, edited or refused."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from backend.accounts import queries as accounts
from backend.audit import services as audit
from backend.children import queries as children
from backend.children import services as files
from backend.common import encrypted
from backend.common.errors import NotFound
from backend.concerns.queries import working_days_after
from fieldforms import vocabulary
from sync.protocol import ids

from . import errors, hindrances, scope, services
from .models import ASKED, Correction

# The members of which only a code, or only a day, is a value.
_CODED = {"sex": "sex"}
_DAYS = ("birth_date",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """`answer` is why it was refused: the law asks that whoever asked is told."""

    id: UUID
    child: UUID
    guardian: UUID
    fact: str
    now: str
    wished: str
    ground: str
    state: str
    filed_by: UUID
    filed_by_name: str
    filed_at: datetime
    due_at: datetime
    overdue: bool
    decided_at: datetime | None
    answer: str


def listed(*, viewer: UUID, now: datetime) -> QuerySet[Correction]:
    """Where she may decide or file; the next to be answered first."""
    own = accounts.prefixes(viewer, on=timezone.localdate(now), roles=scope.FILERS)
    inside = children.everybody().filter(children.lives_in(own)).values("id")
    return Correction.objects.filter(child__in=inside).order_by("due_at", "id")


def cards(rows: Sequence[Correction], *, viewer: UUID, now: datetime) -> list[Card]:
    """In a fixed number of statements; audited."""
    lines = [
        audit.Line(actor=viewer, subject=r.id, county=r.county, detail={"child": str(r.child)})
        for r in rows
    ]
    audit.record_each(lines, action="correction.read", subject_type="correction", now=now)
    ciphers, names = (
        encrypted.keys({r.child for r in rows}),
        accounts.names({r.filed_by for r in rows}),
    )
    return [
        Card(
            id=r.id, child=r.child, guardian=r.guardian, fact=r.fact, state=r.state,
            filed_by=r.filed_by, filed_by_name=names.get(r.filed_by, ""), filed_at=r.filed_at,
            due_at=r.due_at, overdue=r.state == ASKED and r.due_at < now, decided_at=r.decided_at,
            **ciphers[r.child].open_json(r.sealed),
        )
        for r in rows
        if r.child in ciphers
    ]  # fmt: skip


@transaction.atomic
def correction_ask(
    *, child: UUID, guardian: UUID, fact: str, wished: str, ground: str, actor: UUID, now: datetime
) -> Correction:
    """Files it with what the record says now.

    Raises `NotFound`, `WordsMissing`, `ValueUnusable` and `RequestStands`.
    """
    place = scope.child_of(child, actor=actor, now=now)
    if hindrances.adult_of(child, guardian) is None:
        raise NotFound(fields=scope.NOBODY)
    if not ground.strip():
        raise errors.WordsMissing(fields=("ground",))
    before = _value(fact, child, guardian)
    _require_usable(fact, wished.strip(), before)
    words = {"now": before, "wished": wished.strip(), "ground": ground.strip(), "answer": ""}
    row = Correction(
        id=ids.uuid7(now), child=child, guardian=guardian, county=place.shard, fact=fact,
        sealed=encrypted.key(child).seal_json(words), filed_by=actor, filed_at=now,
        due_at=working_days_after(now, services.answer_days(place.shard)),
    )  # fmt: skip
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError as error:
        raise errors.RequestStands() from error
    _note(row, "ask", actor=actor, now=now)
    return row


def correction_accept(*, correction: UUID, actor: UUID, now: datetime) -> Correction:
    """Edits the record. Raises `NotFound`, `RequestClosed`, `AnotherPerson` and `ValueChanged`.

    The edit is a transaction of its own, under an id that follows from the request: cut off after it,
    the same answer given again finds it made.
    """
    row = _deciding(correction, actor=actor, now=now)
    words = encrypted.key(row.child).open_json(row.sealed)
    kind, register, member = row.fact.split(".")
    op = ids.derived(row.id, "edit")
    made = files.fact_correct(
        kind=kind, record=_record(kind, row.child, row.guardian), register=register, member=member,
        before=words["now"], value=words["wished"], op=op, actor=actor, now=now,
    )  # fmt: skip
    if not made and _value(row.fact, row.child, row.guardian) != words["wished"]:
        raise errors.ValueChanged()
    return _close(row, "accepted", "accept", actor=actor, now=now, op=op)


def correction_refuse(*, correction: UUID, reason: str, actor: UUID, now: datetime) -> Correction:
    """With the reason that whoever asked is told. Raises as `correction_accept`, and `WordsMissing`."""
    row = _deciding(correction, actor=actor, now=now)
    if not reason.strip():
        raise errors.WordsMissing(fields=("reason",))
    cipher = encrypted.key(row.child)
    words = cipher.open_json(row.sealed) | {"answer": reason.strip()}
    return _close(row, "refused", "refuse", actor=actor, now=now, sealed=cipher.seal_json(words))


def correction_withdraw(*, correction: UUID, actor: UUID, now: datetime) -> Correction:
    """By whoever filed it. Raises `NotFound` and `RequestClosed`."""
    row = listed(viewer=actor, now=now).filter(id=correction, filed_by=actor).first()
    if row is None:
        raise NotFound(fields=("correction",))
    return _close(row, "withdrawn", "withdraw", actor=actor, now=now)


def _deciding(correction: UUID, *, actor: UUID, now: datetime) -> Correction:
    row = listed(viewer=actor, now=now).filter(id=correction).first()
    if row is None:
        raise NotFound(fields=("correction",))
    if row.state != ASKED:
        raise errors.RequestClosed(state=services.label("correction_state", row.state))
    if actor == row.filed_by:
        raise errors.AnotherPerson()
    return row


@transaction.atomic
def _close(
    row: Correction, state: str, action: str, *, actor: UUID, now: datetime, **more: Any
) -> Correction:
    """Of two who decide at once the second finds it decided. Raises `RequestClosed`."""
    changes = {"state": state, "decided_by": actor, "decided_at": now, **more}
    if Correction.objects.filter(id=row.id, state=ASKED).update(**changes) != 1:
        row.refresh_from_db()
        raise errors.RequestClosed(state=services.label("correction_state", row.state))
    row.refresh_from_db()
    _note(row, action, actor=actor, now=now)
    return row


def _record(kind: str, child: UUID, guardian: UUID) -> UUID:
    return child if kind == "child" else guardian


def _value(fact: str, child: UUID, guardian: UUID) -> str:
    """What the record says; empty for nothing."""
    kind, register, member = fact.split(".")
    shown = (
        children.shown_children([child])
        if kind == "child"
        else children.shown_guardians([guardian])
    )
    own = shown.get(_record(kind, child, guardian), {}).get(register)
    return str(own.get(member) or "") if isinstance(own, dict) else ""


def _require_usable(fact: str, wished: str, before: str) -> None:
    member = fact.rpartition(".")[2]
    if not wished or wished == before:
        raise errors.ValueUnusable()
    if member in _CODED and wished not in vocabulary.codes(_CODED[member]):
        raise errors.ValueUnusable()
    if member in _DAYS:
        try:
            date.fromisoformat(wished)
        except ValueError as error:
            raise errors.ValueUnusable() from error


def _note(row: Correction, action: str, *, actor: UUID, now: datetime) -> None:
    audit.record(
        actor=actor, action=f"correction.{action}", subject=row.id, subject_type="correction",
        county=row.county, now=now, detail={"child": str(row.child), "fact": row.fact},
    )  # fmt: skip
