"""Files that a township supervisor asks for by name: on her own phone for a fortnight.

All raise `NotFound` for a child outside her township, as for one that is not there.
"""

from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection, transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from backend.accounts import queries as accounts
from backend.audit import services as audit
from backend.children import queries as children
from backend.common.errors import NotFound
from sync import holdings
from sync.ports import ports
from sync.protocol import ids

from . import scope
from .errors import LoanReasonMissing, NoPhoneForIt, OnPhoneAlready, TooManyLoans
from .models import FileLoan

# Both are the project's defaults, not law.
MOST = 50
FOR = timedelta(days=14)


def running(people: Collection[UUID], *, now: datetime) -> dict[UUID, list[UUID]]:
    """The children whose files each person has borrowed now, the first one first; one statement."""
    rows = FileLoan.objects.filter(_running(now), person__in=people).order_by("until", "id")
    found: dict[UUID, list[UUID]] = {}
    for person, child in rows.values_list("person", "child"):
        found.setdefault(person, []).append(child)
    return found


def listed(*, viewer: UUID, now: datetime) -> QuerySet[FileLoan]:
    """Her own, the next to end first."""
    return FileLoan.objects.filter(_running(now), person=viewer).order_by("until", "id")


def _running(now: datetime) -> Q:
    return Q(ended_at=None, until__gt=now)


@transaction.atomic
def file_borrow(*, child: UUID, reason: str, actor: UUID, now: datetime) -> FileLoan:
    """Her phone gets the file with its next sync and gives it back by itself when the time is over.

    Raises `LoanReasonMissing`, `OnPhoneAlready`, `TooManyLoans`, and `NoPhoneForIt` where no phone
    is hers alone or the child is kept from her.
    """
    if not reason.strip():
        raise LoanReasonMissing()
    area = scope.reach(actor, on=timezone.localdate(now)).supervised
    row = children.everybody().filter(children.lives_in(area), id=child).first()
    if row is None:
        raise NotFound(fields=("child",))
    _one_at_a_time(actor)
    devices = accounts.devices_of([actor])
    if listed(viewer=actor, now=now).filter(child=child).exists() or _held(child, devices):
        raise OnPhoneAlready()
    # What time has ended makes room for the same child again.
    FileLoan.objects.filter(person=actor, ended_at=None, until__lte=now).update(ended_at=F("until"))
    if FileLoan.objects.filter(person=actor, ended_at=None).count() >= MOST:
        raise TooManyLoans(limit=MOST)
    loan = FileLoan.objects.create(
        id=ids.uuid7(now), person=actor, child=child, borrowed_at=now, until=now + FOR
    )
    if not _held(child, devices):
        raise NoPhoneForIt()
    holdings.look_again(devices)
    holdings.look_again(devices, at=loan.until)
    audit.record(
        actor=actor, action="file.borrow", subject=child, subject_type="child", now=now,
        county=row.division[:6], detail={"reason": reason.strip(), "until": loan.until.isoformat()},
    )  # fmt: skip
    return loan


@transaction.atomic
def file_return(*, loan: UUID, actor: UUID, now: datetime) -> None:
    """Before its time. Raises `NotFound` for what is not hers or has ended."""
    row = listed(viewer=actor, now=now).filter(id=loan).first()
    if row is None or listed(viewer=actor, now=now).filter(id=loan).update(ended_at=now) != 1:
        raise NotFound(fields=("loan",))
    holdings.look_again(accounts.devices_of([actor]))
    county = children.divisions_of([row.child]).get(row.child, "")[:6]
    audit.record(
        actor=actor, action="file.return", subject=row.child, subject_type="child", now=now,
        county=county,
    )  # fmt: skip


@transaction.atomic
def loans_bound(*, now: datetime) -> int:
    """A loan that a clock which was ahead has made lasts as long as any, from now on; how many were such."""
    last = now + FOR
    rows = FileLoan.objects.select_for_update(skip_locked=True)
    ahead = rows.filter(ended_at=None, until__gt=last).values_list("id", "person")
    found = dict(ahead)
    FileLoan.objects.filter(id__in=found).update(until=last)
    holdings.look_again(accounts.devices_of(sorted(set(found.values()))), at=last)
    return len(found)


def _one_at_a_time(person: UUID) -> None:
    """Two requests of one person must not both be the fiftieth."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"loan:{person}"])


def _held(child: UUID, devices: Collection[UUID]) -> bool:
    return any(child in files for files in ports().files_of(sorted(devices)).values())
