"""Requests that need a second person: asked, confirmed, refused, withdrawn, carried out, lapsed."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Q

from backend.audit import services as audit
from backend.common import encrypted, ledger
from backend.common.errors import DomainError, NotFound
from sync.protocol import ids

from .. import confirming, telling
from ..confirming import Confirmed
from ..errors import ConfirmationClosed, ConfirmationStands, NotTheSecond, ReasonMissing
from ..models import OPEN_STATES, Confirmation
from ..seconds import Seconds, covering_codes
from . import area

logger = logging.getLogger(__name__)
LEDGER_KIND = "confirmation.close"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What is asked for; the parts are those of `Confirmation`. `key_of` is whose key seals the words."""

    kind: str
    subject: UUID
    subject_type: str
    divisions: Sequence[str]
    person: UUID | None = None
    identity: str = ""
    detail: Mapping[str, Any] = field(default_factory=dict)
    secret: str = ""
    key_of: UUID | None = None


@transaction.atomic
def confirmation_ask(*, wish: Wish, reason: str, actor: UUID, now: datetime) -> Confirmation:
    """Asks; whether the actor may ask for it is the caller's to check.

    Raises `ReasonMissing` and `ConfirmationStands`.
    """
    if not reason.strip():
        raise ReasonMissing()
    confirming.kind(wish.kind)
    id_ = ids.uuid7(now)
    owner = wish.key_of or id_
    words = {"reason": reason.strip(), "secret": wish.secret}
    row = Confirmation(
        id=id_, kind=wish.kind, subject=wish.subject, subject_type=wish.subject_type,
        person_id=wish.person, identity=wish.identity, divisions=sorted(wish.divisions),
        covered_by=covering_codes(wish.divisions),
        detail=dict(wish.detail), sealed=encrypted.key(owner, create=True).seal_json(words),
        key_of=owner, asked_by_id=actor, asked_at=now, expires_at=now + confirming.LIFETIME,
    )  # fmt: skip
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError as error:
        raise ConfirmationStands() from error
    _note(row, "ask", actor=actor, now=now)
    return row


@transaction.atomic
def confirmation_confirm(*, confirmation: UUID, actor: UUID, now: datetime) -> Confirmation:
    """The second person agrees; it is carried out at once, or on its day.

    Raises `NotFound` outside the actor's area, `ConfirmationClosed`, what `Seconds.hindrance` says,
    and whatever the performing raises; then it still waits.
    """
    row, second = _locked(confirmation, actor=actor, now=now)
    if row.state != "asked" or row.expires_at <= now:
        raise ConfirmationClosed(state=row.state)
    hindrance = second.hindrance(row)
    if hindrance is not None:
        raise hindrance
    row.state, row.decided_by_id, row.decided_at = "confirmed", actor, now
    kind = confirming.kind(row.kind)
    row.due_at = now + kind.waits
    row.save()
    _note(row, "confirm", actor=actor, now=now)
    if not kind.waits:
        _carry_out(row, now)
    return row


@transaction.atomic
def confirmation_refuse(
    *, confirmation: UUID, reason: str, actor: UUID, now: datetime
) -> Confirmation:
    """Raises `NotFound`, `ConfirmationClosed`, `NotTheSecond` and `ReasonMissing`."""
    row, second = _locked(confirmation, actor=actor, now=now)
    if row.state != "asked":
        raise ConfirmationClosed(state=row.state)
    if second.is_party(row):
        raise NotTheSecond()
    if not reason.strip():
        raise ReasonMissing()
    row.decided_by_id, row.decided_at = actor, now
    return _close(row, "refused", action="refuse", actor=actor, now=now, answer=reason.strip())


@transaction.atomic
def confirmation_withdraw(*, confirmation: UUID, actor: UUID, now: datetime) -> Confirmation:
    """By whoever asked, and by whoever confirmed it while it waits for its day.

    Raises `NotFound`, also for everybody else, and `ConfirmationClosed`.
    """
    row = Confirmation.objects.select_for_update().filter(
        Q(asked_by=actor) | Q(decided_by=actor), id=confirmation
    ).first()  # fmt: skip
    if row is None:
        raise NotFound(fields=("confirmation",))
    if row.state not in OPEN_STATES:
        raise ConfirmationClosed(state=row.state)
    return _close(row, "withdrawn", action="withdraw", actor=actor, now=now)


def confirmations_carry_out(*, now: datetime) -> int:
    """What is due is carried out, and what nobody confirmed lapses. Returns how many changed.

    What is not possible any more is stopped and told. What the server could not finish yet (503), and
    what fails in a way that nobody expected, is tried again the next time and holds up no other.
    """
    due = Q(state="confirmed", due_at__lte=now) | Q(state="asked", expires_at__lte=now)
    changed = 0
    for id_ in Confirmation.objects.filter(due).values_list("id", flat=True):
        try:
            changed += _settle(id_, now)
        except Exception as error:  # noqa: BLE001  one that fails must not hold up the others
            logger.error("confirmation %s is not carried out: %s", id_, type(error).__name__)
    return changed


def _settle(confirmation: UUID, now: datetime) -> bool:
    try:
        with transaction.atomic():
            row = _due(confirmation, now)
            if row is None:
                return False
            if row.state == "asked":
                _close(row, "expired", action="expire", actor=None, now=now)
            else:
                _carry_out(row, now)
            return True
    except DomainError as error:
        if error.status == 503:
            return False
        code = error.code
    with transaction.atomic():
        row = _due(confirmation, now)
        if row is None:
            return False
        row.stopped_by = code
        _close(row, "stopped", action="stop", actor=None, now=now)
    return True


def _due(confirmation: UUID, now: datetime) -> Confirmation | None:
    """Locked; None when another process was faster or somebody withdrew it."""
    rows = Confirmation.objects.select_for_update(skip_locked=True, of=("self",))
    row = rows.filter(id=confirmation, state__in=OPEN_STATES).first()
    at = None if row is None else row.due_at if row.state == "confirmed" else row.expires_at
    return row if at is not None and at <= now else None


def _locked(confirmation: UUID, *, actor: UUID, now: datetime) -> tuple[Confirmation, Seconds]:
    """Of two who decide at once the second finds it decided. Raises `NotFound`."""
    row = Confirmation.objects.select_for_update(of=("self",)).filter(id=confirmation).first()
    if row is not None:
        second = Seconds([row], actor=actor, now=now)
        if second.covers(row):
            return row, second
    raise NotFound(fields=("confirmation",))


def _carry_out(row: Confirmation, now: datetime) -> None:
    """The performing comes last: it may write to the ledger, which no rollback takes back."""
    kind = confirming.kind(row.kind)
    words = opened(row)
    assert row.decided_by_id is not None
    confirmed = Confirmed(
        id=row.id, subject=row.subject, person=row.person_id, detail=row.detail,
        secret=words.get("secret", ""), reason=words.get("reason", ""),
        asked_by=row.asked_by_id, decided_by=row.decided_by_id,
    )  # fmt: skip
    row.state, row.ended_at = "done", now
    row.until = now + kind.lasts if kind.lasts else None
    _forget_secret(row, words)
    row.save()
    telling.tell(row, now)
    kind.perform(confirmed, now)


def _close(
    row: Confirmation,
    state: str,
    *,
    action: str,
    actor: UUID | None,
    now: datetime,
    answer: str = "",
) -> Confirmation:
    row.state, row.ended_at = state, now
    _forget_secret(row, opened(row) | {"answer": answer})
    row.save()
    _note(row, action, actor=actor, now=now)
    fact = ledger.Fact(kind=LEDGER_KIND, subject=row.id, at=now, by=actor, detail={"state": state})
    ledger.record(fact)
    return row


def opened(row: Confirmation) -> dict[str, Any]:
    """`{reason, answer, secret}`; nothing once what it was about is erased."""
    ciphers = encrypted.keys([row.key_of])
    words: dict[str, Any] = (
        ciphers[row.key_of].open_json(row.sealed) if row.key_of in ciphers else {}
    )
    return words


def _forget_secret(row: Confirmation, words: Mapping[str, Any]) -> None:
    ciphers = encrypted.keys([row.key_of])
    if row.key_of in ciphers:
        row.sealed = ciphers[row.key_of].seal_json({**words, "secret": ""})


def _note(row: Confirmation, action: str, *, actor: UUID | None, now: datetime) -> None:
    detail = {"kind": row.kind, "subject": str(row.subject), **row.detail}
    audit.record(
        actor=actor, action=f"confirmation.{action}", subject=row.id, now=now,
        subject_type="confirmation", county=area.county(row.divisions), detail=detail,
    )  # fmt: skip
    telling.tell(row, now)
