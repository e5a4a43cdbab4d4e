"""Which files each device holds, and since which generation."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from django.db import connection

from .ports import ports


def reconcile(devices: Iterable[UUID]) -> None:
    """Brings the wanted holdings of devices in line with their scope, in three statements.

    Call it in the transaction that changes an assignment, a role or an enrolment. A file that comes
    back before its exit was confirmed is entered anew, so that a late confirmation is ignored.
    """
    wanted = ports().files_of(sorted(set(devices)))
    if not wanted:
        return
    pairs = [(device, file) for device, files in wanted.items() for file in sorted(files)]
    held_by = [device for device, _ in pairs]
    files = [file for _, file in pairs]
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO sync_holding (device, file, wanted, confirmed)"
            " SELECT d, f, true, false FROM unnest(%s::uuid[], %s::uuid[]) AS u(d, f)"
            " ON CONFLICT (device, file) DO UPDATE"
            " SET wanted = true, confirmed = false, entered = NULL, exited = NULL"
            " WHERE NOT sync_holding.wanted",
            [held_by, files],
        )
        cursor.execute(
            "UPDATE sync_holding h SET wanted = false WHERE h.wanted AND h.device = ANY(%s)"
            " AND NOT EXISTS (SELECT FROM unnest(%s::uuid[], %s::uuid[]) AS u(d, f)"
            " WHERE u.d = h.device AND u.f = h.file)",
            [list(wanted), held_by, files],
        )


def confirm(device: UUID, *, generation: int) -> None:
    """A cursor of `generation` came back: what was entered up to it is on the phone."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE sync_holding SET confirmed = true"
            " WHERE device = %s AND NOT confirmed AND entered <= %s",
            [device, generation],
        )


def purged(device: UUID, *, generation: int, files: Sequence[UUID]) -> None:
    """The phone removed files on the order of `generation`; an order that was overtaken is ignored."""
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM sync_holding"
            " WHERE device = %s AND file = ANY(%s) AND NOT wanted AND exited <= %s",
            [device, list(files), generation],
        )


def turn(device: UUID, *, limit: int) -> tuple[int, list[UUID], list[UUID], bool]:
    """Starts a generation if anything enters or leaves: `(generation, entering, leaving, more)`.

    At most `limit` files enter at once; unconfirmed ones are among them and are sent again.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT file FROM sync_holding WHERE device = %s AND wanted AND NOT confirmed"
            " ORDER BY entered NULLS FIRST, file LIMIT %s",
            [device, limit + 1],
        )
        entering = [file for (file,) in cursor.fetchall()]
        more, entering = len(entering) > limit, entering[:limit]
        cursor.execute(
            "SELECT file FROM sync_holding WHERE device = %s AND NOT wanted ORDER BY file",
            [device],
        )
        leaving = [file for (file,) in cursor.fetchall()]
        cursor.execute(
            "UPDATE sync_devicelog SET generation = generation + %s WHERE device = %s"
            " RETURNING generation",
            [1 if entering or leaving else 0, device],
        )
        ((generation,),) = cursor.fetchall() or [(0,)]
        cursor.execute(
            "UPDATE sync_holding SET entered = CASE WHEN wanted THEN %s ELSE entered END,"
            " exited = CASE WHEN wanted THEN exited ELSE coalesce(exited, %s) END"
            " WHERE device = %s AND file = ANY(%s)",
            [generation, generation, device, [*entering, *leaving]],
        )
    return generation, entering, leaving, more
