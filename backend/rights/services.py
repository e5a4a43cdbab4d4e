"""A guardian's request for a copy: filed, decided by another lead, made, forgotten."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone

from backend.accounts import queries as accounts
from backend.accounts import seconds
from backend.audit import services as audit
from backend.children import queries as children
from backend.common import encrypted
from backend.common.errors import NotFound
from backend.common.language import language
from backend.concerns.queries import working_days_after
from backend.tasks import services as tasks
from fieldforms import vocabulary
from sync.protocol import ids

from . import errors, hindrances, scope, store, telling
from .models import APPROVED, ASKED, REFUSED, WITHDRAWN, CopyRequest, Correction

TASK = "guardian_copy"
# [P] So long a copy that was made can be fetched.
KEPT = timedelta(days=7)


def answer_days(county: str) -> int:
    """Working days in which a county answers; its own number or everybody's."""
    days: int = settings.HUXING_RIGHTS_DAYS_BY_COUNTY.get(county, settings.HUXING_RIGHTS_DAYS)
    return days


@transaction.atomic
def copy_ask(
    *, child: UUID, guardian: UUID, identity_check: str, note: str, actor: UUID, now: datetime
) -> CopyRequest:
    """Files what a guardian asked for in person. It is always filed: to be refused here would tell.

    Raises `NotFound` outside the actor's area and for an adult of no household of the child's,
    `WordsMissing` and `RequestStands`.
    """
    place = scope.child_of(child, actor=actor, now=now)
    if hindrances.adult_of(child, guardian) is None:
        raise NotFound(fields=scope.NOBODY)
    if not note.strip():
        raise errors.WordsMissing(fields=("note",))
    sealed = encrypted.key(child).seal_json({"note": note.strip(), "answer": ""})
    row = CopyRequest(
        id=ids.uuid7(now), child=child, guardian=guardian, county=place.shard,
        identity_check=identity_check, sealed=sealed, filed_by=actor, filed_at=now,
        due_at=working_days_after(now, answer_days(place.shard)),
    )  # fmt: skip
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError as error:
        raise errors.RequestStands() from error
    _note(row, "ask", actor=actor, now=now)
    leads = accounts.covering(place.division, roles=scope.LEADS, on=timezone.localdate(now))
    others = leads - {actor} - seconds.dependent(actor, sorted(leads), now=now)
    telling.tell(row, "copy.asked", others, place.division, now)
    return row


@transaction.atomic
def copy_approve(*, request: UUID, actor: UUID, now: datetime) -> CopyRequest:
    """Another lead agrees; a worker makes the copy for whoever filed it.

    Raises `NotFound`, `RequestClosed`, `AnotherPerson` and `Hindered`.
    """
    row, place = _deciding(request, actor=actor, now=now)
    reach = accounts.prefixes(actor, on=timezone.localdate(now), roles=scope.LEADS)
    found = hindrances.of(row, prefixes=reach, now=now)
    if found.every:
        raise errors.Hindered(reasons=_said(found.told))
    said = {"request": str(row.id)}
    task = tasks.task_ask(kind=TASK, actor=row.filed_by, county=row.county, said=said, now=now)
    _decide(row, APPROVED, actor=actor, now=now, task=task.id)
    _note(row, "approve", actor=actor, now=now)
    telling.tell(row, "copy.decided", {row.filed_by}, place.division, now)
    return row


@transaction.atomic
def copy_refuse(*, request: UUID, reason: str, actor: UUID, now: datetime) -> CopyRequest:
    """The reason is for those who lead there; everybody else reads the sentence of `NotProvided`.

    Raises `NotFound`, `RequestClosed`, `AnotherPerson` and `WordsMissing`.
    """
    row, place = _deciding(request, actor=actor, now=now)
    if not reason.strip():
        raise errors.WordsMissing(fields=("reason",))
    cipher = encrypted.key(row.child)
    words = cipher.open_json(row.sealed) | {"answer": reason.strip()}
    _decide(row, REFUSED, actor=actor, now=now, sealed=cipher.seal_json(words))
    _note(row, "refuse", actor=actor, now=now)
    telling.tell(row, "copy.decided", {row.filed_by}, place.division, now)
    return row


@transaction.atomic
def copy_withdraw(*, request: UUID, actor: UUID, now: datetime) -> CopyRequest:
    """By whoever filed it, while it waits. Raises `NotFound` and `RequestClosed`."""
    row = scope.visible(actor, now=now).filter(id=request, filed_by=actor).first()
    if row is None:
        raise NotFound(fields=("request",))
    _decide(row, WITHDRAWN, actor=actor, now=now)
    _note(row, "withdraw", actor=actor, now=now)
    return row


@transaction.atomic
def copy_revoke(row: CopyRequest, *, now: datetime) -> None:
    """What has come to stand in the way since it was approved ends it, in the words of every refusal."""
    if CopyRequest.objects.filter(id=row.id, state=APPROVED).update(
        state=REFUSED, expires_at=None
    ):  # fmt: skip
        _note(row, "refuse", actor=None, now=now)
        transaction.on_commit(lambda: store.drop([row.id]))


@transaction.atomic
def copy_keep(row: CopyRequest, *, now: datetime) -> None:
    """The copy has been made and can be fetched from now on, for a while."""
    if CopyRequest.objects.filter(id=row.id, state=APPROVED, made_at=None).update(
        made_at=now, expires_at=now + KEPT
    ):  # fmt: skip
        _note(row, "make", actor=row.filed_by, now=now)


def copies_expire(*, before: datetime, most: int) -> int:
    """The bytes of copies whose time has passed go; the requests stay. How many that were."""
    gone = list(
        CopyRequest.objects.filter(expires_at__lte=before).values_list("id", flat=True)[:most]
    )
    store.drop(gone)
    return CopyRequest.objects.filter(id__in=gone).update(expires_at=None)


def forget(files: Collection[UUID]) -> None:
    """What stands of erased children: rows at once, bytes once that is committed."""
    rows = CopyRequest.objects.filter(child__in=list(files))
    gone = list(rows.values_list("id", flat=True))
    rows.delete()
    Correction.objects.filter(child__in=list(files)).delete()
    if gone:
        transaction.on_commit(lambda: store.drop(gone))


def _deciding(request: UUID, *, actor: UUID, now: datetime) -> tuple[CopyRequest, Any]:
    """The request, locked, and the child's row. Raises `NotFound`, `RequestClosed`, `AnotherPerson`."""
    row = CopyRequest.objects.select_for_update().filter(id=request).first()
    place = children.everybody().filter(id=row.child).first() if row else None
    if row is None or place is None or not scope.leads(actor, place, now=now):
        raise NotFound(fields=("request",))
    if row.state != ASKED:
        raise errors.RequestClosed(state=label("copy_state", row.state))
    if actor == row.filed_by or seconds.dependent(actor, [row.filed_by], now=now):
        raise errors.AnotherPerson()
    return row, place


def _decide(row: CopyRequest, state: str, *, actor: UUID, now: datetime, **more: Any) -> None:
    """Of two who decide at once the second finds it decided. Raises `RequestClosed`."""
    changes = {"state": state, "decided_by": actor, "decided_at": now, **more}
    if CopyRequest.objects.filter(id=row.id, state=ASKED).update(**changes) != 1:
        row.refresh_from_db()
        raise errors.RequestClosed(state=label("copy_state", row.state))
    for name, value in changes.items():
        setattr(row, name, value)


def _said(reasons: Collection[str]) -> str:
    """Without any, what stands in the way goes round the reader."""
    return "；".join(label("copy_hindrance", one) for one in reasons or ["other"])


def label(name: str, code: str) -> str:
    """In the reader's language."""
    return vocabulary.label(name, code, language())


def _note(row: CopyRequest, action: str, *, actor: UUID | None, now: datetime) -> None:
    """Never why: auditors, too, must not learn from the log that somebody is suspected."""
    audit.record(
        actor=actor, action=f"copy.{action}", subject=row.id, subject_type="copy_request",
        county=row.county, now=now, detail={"child": str(row.child), "guardian": str(row.guardian)},
    )  # fmt: skip
