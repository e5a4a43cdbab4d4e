"""The ledger, carried out in a database that does not know all of it: before anything is served."""

from collections.abc import Callable, Mapping
from datetime import datetime

from django.db import connection, transaction

from backend.accounts import services as accounts
from backend.audit import services as audit
from backend.common import ledger, outbox_keys
from backend.common.ledger import Entry, Fact
from backend.erasure import services as erasure
from sync import recovery, reopen

from . import errors

# Any number that no other lock of ours has.
_LOCK = 7_419_052


def _nothing(fact: Fact) -> None:
    """That an incarnation began is history, and a head of the audit log is a witness of it."""


KINDS: Mapping[str, Callable[[Fact], None]] = {
    **accounts.LEDGERED,
    outbox_keys.KIND: outbox_keys.put_back,
    "file.erase": erasure.erase_again,
    "incarnation": _nothing,
    audit.LEDGER_KIND: _nothing,
}


def replay() -> list[Entry]:
    """Carries out what the database does not know; returns it. Raises `UnknownDecision`, `LedgerBroken`.

    Each decision commits with the note that it was carried out, so that a crash in the middle goes on.
    """
    done = []
    with _alone():
        for entry in ledger.outstanding(ledger.read()):
            if entry.fact.kind not in KINDS:
                raise errors.UnknownDecision(line=entry.number, kind=entry.fact.kind)
            with transaction.atomic():
                KINDS[entry.fact.kind](entry.fact)
                ledger.carried_out([entry.hash])
            done.append(entry)
    return done


def catch_up(*, now: datetime) -> list[Entry]:
    """At the start of a server: what the ledger knows and the database does not.

    After a crash between the ledger and the commit, or when somebody put an older database in place.
    What phones had sealed to a key that only the ledger knew is opened.
    If the ledger even knows a later incarnation, the database is older than a restore: a new one begins.
    """
    done = replay()
    reopen.everything(now=now)
    if any(entry.fact.kind == "incarnation" for entry in done):
        recovery.begin(now=now, reason="the database is older than the ledger's last incarnation")
        accounts.close_sessions(now=now)
    return done


class _alone:
    """One process replays at a time; the others wait and find nothing left."""

    def __enter__(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [_LOCK])

    def __exit__(self, *_: object) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [_LOCK])
