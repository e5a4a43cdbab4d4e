"""Closes the log minute by minute, so that nobody can change it afterwards and stay unnoticed.

See `decisions/0001-sealed-by-the-minute.md`.
"""

import datetime as dt
import time
from collections.abc import Iterable
from itertools import groupby
from operator import itemgetter
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from backend.common import ledger

from . import merkle
from .models import AuditEntry, AuditSeal
from .seals import Head, Row, heads, heads_root

# Rows of one round, which is one transaction: after an outage there are many.
ROUND = 5000
# Any number that no other lock of ours has.
_SEALING, _WITNESSING = 7_419_053, 7_419_054
_POLL = 0.05
# The ledger's lines about the whole log.
LEDGER_KIND = "audit.head"
WHOLE_LOG = UUID(int=0)
A_DAY = dt.timedelta(days=1)


def seal(*, now: dt.datetime, patience: float = 20.0) -> int:
    """Seals what no transaction can add to any more; returns how many rows that were.

    Waits up to `patience` seconds for transactions that are writing to the log just now. While one of
    them lasts longer nothing after it is sealed; the next call goes on there.
    """
    upto = _settled(patience)
    if upto is None:
        return 0
    total = 0
    while (done := _round(upto, now)) is not None:
        total += done
        if done < ROUND:
            break
    return total


def witness(*, now: dt.datetime) -> None:
    """Writes the log's head outside the database: a restored or rewritten log is noticed by it."""
    last = AuditSeal.objects.order_by("-upto").values_list("upto", flat=True).first()
    if last is None:
        return
    with transaction.atomic():
        detail = {"upto": last, "root": heads_root(heads(upto=last)).hex()}
        ledger.record(ledger.Fact(kind=LEDGER_KIND, subject=WHOLE_LOG, at=now, detail=detail))


@transaction.atomic
def witness_daily(*, now: dt.datetime) -> bool:
    """Writes the head unless one of the last day is written down; whoever comes late makes up for it.

    One that lies in the future, from a clock that was ahead, does not count, and of two that come at
    once one writes. Returns whether it wrote.
    """
    if not _alone(_WITNESSING) or _is_witnessed(since=now - A_DAY, upto=now):
        return False
    witness(now=now)
    return True


def _is_witnessed(*, since: dt.datetime, upto: dt.datetime) -> bool:
    try:
        lines = ledger.read()
    except ledger.LedgerBroken:  # then more often rather than never: `verify_audit` names the line
        return False
    heads_ = (line.fact.at for line in lines if line.fact.kind == LEDGER_KIND)
    return any(since < at <= upto for at in heads_)


def _settled(patience: float) -> int | None:
    """An id up to which every row is either there or will never be; None when that takes longer.

    Whoever inserts holds the table's lock from before it takes an id until its end. So who is not
    among those that hold it now, after the last id given was read, has ended.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM audit_auditentry_id_seq"
        )
        ((upto,),) = cursor.fetchall()
        writing = _writing(cursor)
        deadline = time.monotonic() + patience
        while writing:
            if time.monotonic() > deadline:
                return None
            time.sleep(_POLL)
            writing &= _writing(cursor)
    return int(upto)


def _writing(cursor: Any) -> set[str]:
    cursor.execute(
        "SELECT virtualtransaction FROM pg_locks WHERE relation = 'audit_auditentry'::regclass"
        " AND mode = 'RowExclusiveLock' AND pid IS DISTINCT FROM pg_backend_pid()"
        " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
    )
    return {transaction_ for (transaction_,) in cursor.fetchall()}


def _alone(lock: int) -> bool:
    """Whether no other process does the same just now; until the end of the transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [lock])
        return bool(cursor.fetchone()[0])


@transaction.atomic
def _round(upto: int, now: dt.datetime) -> int | None:
    """The next rows in the order of their ids; None when another process seals just now."""
    if not _alone(_SEALING):
        return None
    after = AuditSeal.objects.order_by("-upto").values_list("upto", flat=True).first() or 0
    found = AuditEntry.objects.filter(id__gt=after, id__lte=upto).order_by("id")
    rows = [Row(*values) for values in found.values_list(*Row._fields)[:ROUND]]
    if rows:
        upto = rows[-1].id if len(rows) == ROUND else upto
        AuditSeal.objects.bulk_create(_seals(rows, heads(), upto, now))
    return len(rows)


def _seals(
    rows: Iterable[Row], known: dict[str, Head], upto: int, now: dt.datetime
) -> Iterable[AuditSeal]:
    keyed = [((row.county, row.at.replace(second=0, microsecond=0)), row) for row in rows]
    for (county, minute), group in groupby(sorted(keyed, key=itemgetter(0)), key=itemgetter(0)):
        members = [row for _, row in group]
        last = known.get(county)
        before, number = (last.hash, last.number + 1) if last else (merkle.START, 1)
        leaves = [merkle.leaf(**row._asdict()) for row in members]
        ids, root = [row.id for row in members], merkle.root(leaves)
        hash_ = merkle.seal(
            county=county, number=number, minute=minute, ids=ids, root=root, before=before
        )
        known[county] = Head(county=county, number=number, minute=minute, hash=hash_)
        yield AuditSeal(
            county=county, number=number, minute=minute, ids=ids, leaves=b"".join(leaves),
            root=root, before=before, hash=hash_, upto=upto, sealed_at=now,
        )  # fmt: skip
