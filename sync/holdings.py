"""Which files each device holds, and since which generation."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection

from .ports import ports

# Later outcomes told in one response.
NEWS_A_PAGE = 500


def lock(devices: Iterable[UUID]) -> None:
    """Whoever changes holdings has their devices' logs first, in order: two that do wait, neither dies.

    A phone whose answer was cut asks again while its first call is still at work.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT FROM sync_devicelog WHERE device = ANY(%s) ORDER BY device FOR UPDATE",
            [sorted(set(devices))],
        )


def lock_holders(files: Collection[UUID]) -> None:
    """The same for whoever changes the holdings of files, whichever devices have them."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT FROM sync_devicelog WHERE device IN"
            " (SELECT device FROM sync_holding WHERE file = ANY(%s)) ORDER BY device FOR UPDATE",
            [sorted(set(files))],
        )


def reconcile(devices: Iterable[UUID]) -> None:
    """Brings the wanted holdings of devices in line with their scope, in four statements.

    Call it in the transaction that changes an assignment, a role or an enrolment. A file that comes
    back before its exit was confirmed is entered anew, so that a late confirmation is ignored.
    """
    wanted = ports().files_of(sorted(set(devices)))
    if not wanted:
        return
    lock(wanted)
    pairs = [(device, file) for device, files in wanted.items() for file in sorted(files)]
    held_by = [device for device, _ in pairs]
    files = [file for _, file in pairs]
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO sync_holding (device, file, wanted, confirmed)"
            " SELECT d, f, true, false FROM unnest(%s::uuid[], %s::uuid[]) AS u(d, f)"
            " WHERE NOT EXISTS (SELECT FROM sync_file e WHERE e.id = f AND e.erased_at IS NOT NULL)"
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


def look_again(devices: Iterable[UUID], *, at: datetime | None = None) -> None:
    """Lets the next pull of each device look at its scope anew, with `at` from then on; one statement.

    For what many operations change, and time by itself. A row is added and no log is locked, so that
    a push waits for nobody; always a new row, because a pull may be taking the last one just now.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO sync_scopechange (device, at) SELECT d, %s FROM unnest(%s::uuid[]) AS u(d)",
            [at, sorted(set(devices))],
        )


def changed(device: UUID, *, now: datetime) -> bool:
    """Whether the device's scope is to be looked at anew. Asked under its log's lock, said once."""
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM sync_scopechange WHERE device = %s AND (at IS NULL OR at <= %s)",
            [device, now],
        )
        gone: int = cursor.rowcount
        return gone > 0


def holders(files: Collection[UUID]) -> set[UUID]:
    """The devices that are to hold any of the files; one statement."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT device FROM sync_holding WHERE wanted AND file = ANY(%s)",
            [sorted(set(files))],
        )
        return {device for (device,) in cursor.fetchall()}


def confirm(device: UUID, *, generation: int) -> None:
    """A cursor of `generation` came back: what was entered and told up to it is on the phone."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE sync_holding SET confirmed = true"
            " WHERE device = %s AND NOT confirmed AND entered <= %s",
            [device, generation],
        )
        cursor.execute(
            "UPDATE sync_operation SET news = NULL WHERE device = %s AND news BETWEEN 1 AND %s",
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


@dataclass(frozen=True, slots=True)
class Turn:
    """What one page brings besides changes; `more` files wait for the next page.

    `entering` maps each file to its shard.
    """

    generation: int
    entering: dict[UUID, str]
    leaving: list[UUID]
    news: list[UUID]
    more: bool


Fitting = Callable[[Sequence[UUID]], int]


def turn(device: UUID, *, limit: int, fitting: Fitting) -> Turn:
    """Starts a generation if anything enters, leaves or has to be told.

    Of at most `limit` files the first `fitting` enter at once; unconfirmed ones are among them and
    are sent again, after those that were never sent: a load that was cut goes on where it stopped.
    """
    waiting = _waiting(device, limit=limit + 1)
    candidates = list(waiting)[:limit]
    entering = candidates[: fitting(candidates)] if candidates else []
    leaving, news = _leaving(device), _news(device)
    more = len(entering) < len(waiting)
    if not (entering or leaving or news):
        return Turn(_generation(device), {}, [], [], more=False)
    generation = _begin(device, entering, leaving, news)
    return Turn(generation, {file: waiting[file] for file in entering}, leaving, news, more)


def _waiting(device: UUID, *, limit: int) -> dict[UUID, str]:
    """Files that are to enter, with their shards. One that nobody has opened yet has none."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT h.file, coalesce(f.shard, '') FROM sync_holding h"
            " LEFT JOIN sync_file f ON f.id = h.file"
            " WHERE h.device = %s AND h.wanted AND NOT h.confirmed"
            " ORDER BY h.entered NULLS FIRST, h.file LIMIT %s",
            [device, limit],
        )
        return dict(cursor.fetchall())


def _leaving(device: UUID) -> list[UUID]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT file FROM sync_holding WHERE device = %s AND NOT wanted ORDER BY file",
            [device],
        )
        return [file for (file,) in cursor.fetchall()]


def _news(device: UUID) -> list[UUID]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT op FROM sync_operation WHERE device = %s AND news IS NOT NULL"
            " AND outcome <> 'received'"
            " ORDER BY ordinal LIMIT %s",
            [device, NEWS_A_PAGE],
        )
        return [op for (op,) in cursor.fetchall()]


def _generation(device: UUID) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT generation FROM sync_devicelog WHERE device = %s", [device])
        ((generation,),) = cursor.fetchall() or [(0,)]
        return int(generation)


def _begin(
    device: UUID, entering: Sequence[UUID], leaving: Sequence[UUID], news: Sequence[UUID]
) -> int:
    """Stamps the next generation on what this page brings."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE sync_devicelog SET generation = generation + 1 WHERE device = %s"
            " RETURNING generation",
            [device],
        )
        ((generation,),) = cursor.fetchall() or [(0,)]
        cursor.execute(
            "UPDATE sync_holding SET entered = CASE WHEN wanted THEN %s ELSE entered END,"
            " exited = CASE WHEN wanted THEN exited ELSE coalesce(exited, %s) END"
            " WHERE device = %s AND file = ANY(%s)",
            [generation, generation, device, [*entering, *leaving]],
        )
        cursor.execute(
            "UPDATE sync_operation SET news = %s WHERE op = ANY(%s)", [generation, list(news)]
        )
        return int(generation)


def repair(device: UUID, *, digests: Mapping[UUID, int]) -> list[UUID]:
    """Brings back in line a phone whose copy differs: `digests` is what it says it holds, file by file.

    What differs or is missing enters again. Returns what it should not have: that is told to go and
    leaves nothing behind here, since a holding is what the server gave, not what a phone claims.
    """
    files, sums = list(digests), list(digests.values())
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE sync_holding h SET confirmed = false, entered = NULL FROM sync_file f"
            " LEFT JOIN unnest(%s::uuid[], %s::bigint[]) AS u(file, digest) ON u.file = f.id"
            " WHERE f.id = h.file AND h.device = %s AND h.wanted"
            " AND u.digest IS DISTINCT FROM f.digest",
            [files, sums, device],
        )
        cursor.execute(
            "SELECT f FROM unnest(%s::uuid[]) AS u(f) WHERE NOT EXISTS"
            " (SELECT FROM sync_holding h WHERE h.device = %s AND h.file = f) ORDER BY f",
            [files, device],
        )
        return [file for (file,) in cursor.fetchall()]


def held(device: UUID, files: Collection[UUID]) -> dict[UUID, str]:
    """Those of the files that the device may hold, with their shards."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT h.file, coalesce(f.shard, '') FROM sync_holding h"
            " LEFT JOIN sync_file f ON f.id = h.file"
            " WHERE h.device = %s AND h.wanted AND h.file = ANY(%s) ORDER BY h.file",
            [device, list(files)],
        )
        return dict(cursor.fetchall())


def on_device(device: UUID) -> set[UUID]:
    """What the device holds as far as is known: sent or opened by it, and not confirmed as purged."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT file FROM sync_holding WHERE device = %s AND (confirmed OR entered IS NOT NULL)"
            " UNION SELECT h.file FROM sync_holding h WHERE h.device = %s"
            " AND EXISTS (SELECT FROM sync_operation o WHERE o.device = h.device AND o.file = h.file)",
            [device, device],
        )
        return {file for (file,) in cursor.fetchall()}
