"""A guardian's wish to have a fact corrected: filed, looked into by somebody else, edited or refused."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone

from backend.accounts import queries as accounts
from backend.audit import services as audit
from backend.children import queries as children
from backend.children import services as files
from backend.common import encrypted
from backend.common.errors import NotFound
from backend.concerns.queries import working_days_after
from sync.protocol import ids

from . import correctable, errors, hindrances, scope, services, telling
from .models import ASKED, Correction

ACCEPTED, REFUSED, WITHDRAWN = "accepted", "refused", "withdrawn"


@transaction.atomic
def correction_ask(
    *, child: UUID, guardian: UUID, fact: str, wished: str, ground: str, actor: UUID, now: datetime
) -> Correction:
    """Files it with what the record says now.

    Raises `NotFound`, `GroundMissing`, `ValueUnusable`, `ValueSame` and `WishStands`.
    """
    place = scope.child_of(child, actor=actor, now=now)
    if hindrances.adult_of(child, guardian) is None:
        raise NotFound(fields=scope.NOBODY)
    on, wish = timezone.localdate(now), wished.strip()
    before = correctable.value(fact, child=child, guardian=guardian)
    correctable.require_usable(fact, wish, before=before, today=on)
    if not ground.strip():
        raise errors.GroundMissing()
    words = {"now": before, "wished": wish, "ground": ground.strip(), "answer": ""}
    row = Correction(
        id=ids.uuid7(now), child=child, guardian=guardian, county=place.shard, fact=fact,
        sealed=encrypted.key(child).seal_json(words), filed_by=actor, filed_at=now,
        due_at=working_days_after(now, services.answer_days(place.shard)),
    )  # fmt: skip
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError as error:
        raise errors.WishStands() from error
    _note(row, "ask", actor=actor, now=now)
    deciders = accounts.covering(place.division, roles=scope.FILERS, on=on) - {actor}
    telling.tell(row, "correction.asked", deciders, place.division, now)
    return row


def correction_accept(*, correction: UUID, actor: UUID, now: datetime) -> Correction:
    """Edits the record. Raises `NotFound`, `RequestClosed`, `FiledByYou` and `ValueChanged`.

    The edit is a transaction of its own, under an id that follows from the request: cut off after it,
    the same answer given again finds it made.
    """
    row = _deciding(correction, actor=actor, now=now)
    words = encrypted.key(row.child).open_json(row.sealed)
    kind, register, member = correctable.parts(row.fact)
    whose = {"child": row.child, "guardian": row.guardian}
    op = ids.derived(row.id, "edit")
    made = files.fact_correct(
        kind=kind, record=correctable.record_of(row.fact, **whose), register=register,
        member=member, before=words["now"], value=words["wished"], op=op, actor=actor, now=now,
    )  # fmt: skip
    if not made and correctable.value(row.fact, **whose) != words["wished"]:
        raise errors.ValueChanged()
    return _close(row, ACCEPTED, "accept", actor=actor, now=now, op=op)


def correction_refuse(*, correction: UUID, reason: str, actor: UUID, now: datetime) -> Correction:
    """With the reason that whoever asked is told.

    Raises `NotFound`, `RequestClosed`, `FiledByYou` and `ReasonMissing`.
    """
    row = _deciding(correction, actor=actor, now=now)
    if not reason.strip():
        raise errors.ReasonMissing()
    cipher = encrypted.key(row.child)
    words = cipher.open_json(row.sealed) | {"answer": reason.strip()}
    return _close(row, REFUSED, "refuse", actor=actor, now=now, sealed=cipher.seal_json(words))


def correction_withdraw(*, correction: UUID, actor: UUID, now: datetime) -> Correction:
    """By whoever filed it. Raises `NotFound` and `RequestClosed`."""
    row = scope.corrections(actor, now=now).filter(id=correction, filed_by=actor).first()
    if row is None:
        raise NotFound(fields=("correction",))
    return _close(row, WITHDRAWN, "withdraw", actor=actor, now=now)


def _deciding(correction: UUID, *, actor: UUID, now: datetime) -> Correction:
    row = scope.corrections(actor, now=now).filter(id=correction).first()
    if row is None:
        raise NotFound(fields=("correction",))
    if row.state != ASKED:
        raise errors.RequestClosed(state=services.label("correction_state", row.state))
    if actor == row.filed_by:
        raise errors.FiledByYou()
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
    if state != WITHDRAWN:
        _tell_filer(row, now)
    return row


def _tell_filer(row: Correction, now: datetime) -> None:
    """Unless it is no longer theirs to see: the message names the township that the child lives in now."""
    division = children.divisions_of([row.child]).get(row.child, "")
    here = accounts.covering(division, roles=scope.FILERS, on=timezone.localdate(now))
    telling.tell(row, "correction.decided", here & {row.filed_by}, division, now)


def _note(row: Correction, action: str, *, actor: UUID, now: datetime) -> None:
    audit.record(
        actor=actor, action=f"correction.{action}", subject=row.id, subject_type="correction",
        county=row.county, now=now, detail={"child": str(row.child), "fact": row.fact},
    )  # fmt: skip
