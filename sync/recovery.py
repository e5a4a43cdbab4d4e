"""A restored server is a new incarnation: whatever it tells cannot be taken for what it told before."""

import logging
from datetime import datetime
from uuid import UUID, uuid4

from django.db import connection, transaction

from . import cursor as tokens
from .models import Server
from .ports import ports

logger = logging.getLogger(__name__)

# How far counters jump. More than was ever given between a backup and its restore; after two
# million restores a number would no longer be exact in JavaScript.
JUMP = 2**32


class CursorAhead(Exception):
    """A device has seen numbers that this database has not given: it was restored, and nobody said so."""


def incarnation() -> UUID:
    """This server's incarnation, made on first use."""
    server, _ = Server.objects.get_or_create(id=1, defaults={"incarnation": uuid4()})
    return server.incarnation


def is_of_another_incarnation(token: str | None, *, now_incarnation: UUID) -> bool:
    """Whether a device comes with a cursor of a server that was; one that cannot be read is taken for that."""
    if token is None:
        return False
    cursor = tokens.opened(token)
    return cursor is None or cursor.incarnation != str(now_incarnation)


@transaction.atomic
def begin(*, now: datetime, reason: str, instead_of: UUID | None = None) -> UUID:
    """A new incarnation. Feed numbers and generations jump, so that none is given twice.

    With `instead_of` nothing happens when another process has begun one meanwhile. It is also for
    a restore that was noticed late: by then numbers have been given twice, so that none of before
    counts as known (see `Shard.gaps`).
    """
    old = incarnation()
    server = Server.objects.select_for_update().get(id=1)
    if instead_of is not None and server.incarnation != instead_of:
        return server.incarnation
    _jump(unnoticed=instead_of is not None)
    server.incarnation = uuid4()
    server.save(update_fields=["incarnation"])
    logger.error("incarnation %s follows %s: %s", server.incarnation, old, reason)
    ports().witness(server.incarnation, reason, now)
    return server.incarnation


def _jump(*, unnoticed: bool) -> None:
    """Locks in the order of everybody else: logs by device, counters by code."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT FROM sync_devicelog ORDER BY device FOR UPDATE")
        cursor.execute("UPDATE sync_devicelog SET generation = generation + %s", [JUMP])
        cursor.execute("SELECT FROM sync_shard ORDER BY code FOR UPDATE")
        cursor.execute(
            "UPDATE sync_shard SET value = value + %s, gaps = gaps || jsonb_build_array("
            "jsonb_build_array(CASE WHEN %s THEN 1 ELSE value + 1 END, value + %s))",
            [JUMP, unnoticed, JUMP],
        )
