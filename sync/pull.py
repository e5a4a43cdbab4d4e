"""What a device gets back: whole files that came into scope, changes, exits, and a new cursor."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction

from . import holdings, neutral, oplog, records
from .cursor import Cursor, read
from .ports import Sender, ports
from .protocol import messages
from .recovery import CursorAhead, incarnation
from .registry import registry

# Files, their records, and changes in one response. A file enters whole, however large it is.
FILES_A_PAGE = 50
RECORDS_A_PAGE = 500
CHANGES_A_PAGE = 500
# A file enters with what happened since; older records by id only, their contents on demand.
HISTORY = dt.timedelta(days=getattr(settings, "SYNC_HISTORY_DAYS", 366))
OLDER_FILES = 10
# Digests are sums modulo this; see models.File.
MODULUS = 2**52


@dataclass(slots=True)
class Page:
    """One response's worth; records are wire dicts `{type, id, file, rev, …}`."""

    cursor: str
    generation: int
    more: bool = False
    enter: list[dict[str, Any]] = field(default_factory=list)
    changes: list[dict[str, Any]] = field(default_factory=list)
    exit: list[str] = field(default_factory=list)
    later: list[messages.Receipt] = field(default_factory=list)
    older: list[dict[str, Any]] = field(default_factory=list)
    digest: int | None = None


def pull(
    sender: Sender,
    *,
    token: str | None,
    now: dt.datetime,
    purged: messages.Purged | None = None,
    digests: Mapping[UUID, int] | None = None,
    older: Sequence[UUID] = (),
) -> Page:
    """Reads one page. Bookkeeping commits first; then one snapshot gives counters and records alike.

    `digests` and `older` are what the header says; see `messages.Header`. Raises `CursorAhead`.
    """
    now_incarnation = incarnation()
    before = read(token, incarnation=now_incarnation, scope=sender.scope_hash)
    strays: list[UUID] = []
    with transaction.atomic():
        holdings.lock([sender.device])
        if purged:
            holdings.purged(sender.device, generation=purged.generation, files=purged.files)
        scope_changed = holdings.changed(sender.device, now=now)
        if before is None:
            _enter_all(sender.device)
        else:
            holdings.confirm(sender.device, generation=before.generation)
            if scope_changed:
                holdings.reconcile([sender.device])
            if digests is not None:
                strays = holdings.repair(sender.device, digests=digests)
        turn = holdings.turn(
            sender.device, limit=FILES_A_PAGE, fitting=lambda files: _fitting(files, now - HISTORY)
        )
        asked = holdings.held(sender.device, older[:OLDER_FILES]) if older else {}
        if leaving_the_server := turn.entering | asked:
            ports().on_sent(sender.device, leaving_the_server, now)
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        after = Cursor(str(now_incarnation), sender.scope_hash, turn.generation)
        page = _read_page(sender.device, before, turn, after, now - HISTORY)
        page.exit += map(str, strays)
        if asked:
            files = list(asked)
            page.older = records.by_file(
                files, records.render(records.of_files(files, before=now - HISTORY))
            )
        return page


def _enter_all(device: UUID) -> None:
    """A fresh load: the scope is looked at anew, and everything in it is sent again."""
    holdings.reconcile([device])
    with connection.cursor() as cursor:
        # `entered` goes too: a cursor of this load must not confirm what an earlier one sent.
        cursor.execute(
            "UPDATE sync_holding SET confirmed = false, entered = NULL"
            " WHERE device = %s AND wanted",
            [device],
        )


def _fitting(files: Sequence[UUID], since: dt.datetime) -> int:
    """How many of the files, from the first on, make one page: as many records, but one file at least."""
    counts = records.counts(files, since)
    total = 0
    for place, file in enumerate(files):
        total += counts.get(file, 0)
        if total > RECORDS_A_PAGE and place:
            return place
    return len(files)


def _read_page(
    device: UUID, before: Cursor | None, turn: holdings.Turn, after: Cursor, horizon: dt.datetime
) -> Page:
    standing, known = _standing(device), before.shards if before else {}
    if any(known.get(shard, 0) > counter for shard, counter in standing.counters.items()):
        raise CursorAhead
    changed, shards, more_changes = _changed(device, known, standing.counters)
    wire = records.render(changed)
    entering = list(turn.entering)
    entered = records.by_file(entering, records.render(records.of_files(entering, since=horizon)))
    page = Page(
        cursor=Cursor(after.incarnation, after.scope, after.generation, shards).token(),
        generation=after.generation,
        more=turn.more or more_changes or standing.unsettled,
        changes=wire,
        enter=records.with_older(entered, entering, horizon),
        exit=[str(file) for file in turn.leaving],
        later=[neutral.told(*decided) for decided in oplog.outcomes_of_kinds(turn.news)],
    )
    if not page.more:
        page.digest = standing.digest
    return page


@dataclass(slots=True)
class _Standing:
    """The counters of the shards a device holds files in, and the sum over the files it is to hold.

    `unsettled`: a file came into its scope or left it after this page was decided. The next page
    brings it, and only then do the sums agree.
    """

    counters: dict[str, int] = field(default_factory=dict)
    digest: int = 0
    unsettled: bool = False


def _standing(device: UUID) -> _Standing:
    """One statement over the device's holdings."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT f.shard, s.value, sum(f.digest) FILTER (WHERE h.wanted)::text,"
            " bool_or(CASE WHEN h.wanted THEN NOT h.confirmed AND h.entered IS NULL"
            " ELSE h.exited IS NULL END)"
            " FROM sync_holding h LEFT JOIN sync_file f ON f.id = h.file"
            " LEFT JOIN sync_shard s ON s.code = f.shard WHERE h.device = %s GROUP BY 1, 2",
            [device],
        )
        standing = _Standing()
        for shard, value, digest, unsettled in cursor.fetchall():
            if value is not None:
                standing.counters[shard] = value
            standing.digest = (standing.digest + int(digest or 0)) % MODULUS
            standing.unsettled = standing.unsettled or unsettled
        return standing


def _changed(
    device: UUID, known: Mapping[str, int], counters: Mapping[str, int]
) -> tuple[dict[str, records.Wanted], dict[str, int], bool]:
    """Ids of changed records of confirmed files by type, the counters reached, and whether more follow.

    A shard the phone has no counter for is new to it: all it holds there is entering.
    """
    shards = dict(counters)
    since = {
        shard: known[shard]
        for shard in counters
        if known.get(shard, 0) < counters[shard] and shard in known
    }
    types = [t for t in registry.types.values() if t.leaves_the_server]
    if not since or not types:
        return {}, shards, False
    # Each shard with its number as it is: joined to a list of them, the planner cannot tell how few
    # rows are newer, and reads the table from end to end.
    newer = " OR ".join(["r.shard = %s AND r.feed > %s"] * len(since))
    union = " UNION ALL ".join(
        f"SELECT '{t.name}' AS type, r.id, r.shard, r.feed FROM {t.model._meta.db_table} r"
        " JOIN sync_holding h ON h.device = %s AND h.file = r.file AND h.wanted AND h.confirmed"
        f" WHERE {newer}"
        for t in types
    )
    each = [device, *(part for pair in since.items() for part in pair)]
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT type, id, shard, feed FROM ({union}) u ORDER BY shard, feed LIMIT %s",
            [*each * len(types), CHANGES_A_PAGE + 1],
        )
        rows = cursor.fetchall()
    more = len(rows) > CHANGES_A_PAGE
    changed: dict[str, records.Wanted] = {}
    for name, record, _, _ in rows[:CHANGES_A_PAGE]:
        changed.setdefault(name, {"id__in": []})["id__in"].append(record)
    if more:
        shards = _reached(rows[:CHANGES_A_PAGE], since, counters)
    return changed, shards, more


def _reached(
    rows: Sequence[tuple[Any, ...]], since: Mapping[str, int], counters: Mapping[str, int]
) -> dict[str, int]:
    """Rows come shard by shard: shards before the last row's are done, later ones untouched."""
    last_shard, last_feed = rows[-1][2], rows[-1][3]
    reached = dict(counters)
    for shard, feed in since.items():
        if shard == last_shard:
            reached[shard] = last_feed
        elif shard > last_shard:
            reached[shard] = feed
    return reached
