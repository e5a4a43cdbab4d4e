"""What a device gets back: whole files that came into scope, changes, exits, and a new cursor."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

from django.db import connection, transaction

from . import holdings, inbox
from .cursor import Cursor, read
from .models import Server
from .ports import Sender, ports
from .protocol import messages
from .registry import Policy, RecordType, registry

# Files and changes in one response. A page of fifty files of a year is about a megabyte.
FILES_A_PAGE = 50
CHANGES_A_PAGE = 1000


@dataclass(slots=True)
class Page:
    """One response's worth; records are wire dicts `{type, id, file, rev, …}`."""

    cursor: str
    generation: int
    more: bool = False
    enter: list[dict[str, Any]] = field(default_factory=list)
    changes: list[dict[str, Any]] = field(default_factory=list)
    exit: list[str] = field(default_factory=list)
    digest: int | None = None


def incarnation() -> UUID:
    """This server's incarnation, made on first use."""
    server, _ = Server.objects.get_or_create(id=1, defaults={"incarnation": uuid4()})
    return server.incarnation


def pull(sender: Sender, *, token: str | None, purged: messages.Purged | None) -> Page:
    """Reads one page. Bookkeeping commits first; then one snapshot gives counters and records alike."""
    now_incarnation = incarnation()
    before = read(token, incarnation=now_incarnation, scope=sender.scope_hash)
    with transaction.atomic():
        if purged:
            holdings.purged(sender.device, generation=purged.generation, files=purged.files)
        if before is None:
            _enter_all(sender.device)
        else:
            holdings.confirm(sender.device, generation=before.generation)
        generation, entering, leaving, more = holdings.turn(sender.device, limit=FILES_A_PAGE)
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        return _read_page(
            sender.device, before, entering, leaving,
            Cursor(str(now_incarnation), sender.scope_hash, generation), more,
        )  # fmt: skip


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


def _read_page(
    device: UUID, before: Cursor | None, entering: Sequence[UUID], leaving: Sequence[UUID],
    after: Cursor, more: bool,
) -> Page:  # fmt: skip
    counters = _counters(device)
    known = before.shards if before else {}
    changed, shards, more_changes = _changed(device, known, counters, entering)
    wire = _render(changed)
    entered = _render({name: {"file": list(entering)} for name in registry.types})
    page = Page(
        cursor=Cursor(after.incarnation, after.scope, after.generation, shards).token(),
        generation=after.generation,
        more=more or more_changes,
        changes=wire,
        enter=_by_file(entering, entered),
        exit=[str(file) for file in leaving],
    )
    if not page.more:
        page.digest = _digest(device)
    return page


def _counters(device: UUID) -> dict[str, int]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT s.code, s.value FROM sync_shard s WHERE s.code IN (SELECT f.shard"
            " FROM sync_holding h JOIN sync_file f ON f.id = h.file WHERE h.device = %s)",
            [device],
        )
        return dict(cursor.fetchall())


def _changed(
    device: UUID, known: Mapping[str, int], counters: Mapping[str, int], entering: Sequence[UUID]
) -> tuple[dict[str, dict[str, list[UUID]]], dict[str, int], bool]:
    """Ids of changed records of confirmed files by type, the counters reached, and whether more follow.

    A shard the phone has no counter for is new to it: all it holds there is entering.
    """
    shards = dict(counters)
    since = {
        shard: known[shard]
        for shard in counters
        if known.get(shard, 0) < counters[shard] and shard in known
    }
    types = [t for t in registry.types.values() if not t.server_only]
    if not since or not types:
        return {}, shards, False
    union = " UNION ALL ".join(
        f"SELECT '{t.name}' AS type, r.id, r.shard, r.feed FROM {t.model._meta.db_table} r"
        " JOIN unnest(%(shards)s::text[], %(since)s::bigint[]) AS c(shard, feed)"
        " ON r.shard = c.shard AND r.feed > c.feed"
        " JOIN sync_holding h ON h.device = %(device)s AND h.file = r.file AND h.wanted"
        " AND h.confirmed"
        for t in types
    )
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT type, id, shard, feed FROM ({union}) u ORDER BY shard, feed LIMIT %(limit)s",
            {
                "shards": list(since), "since": list(since.values()), "device": device,
                "limit": CHANGES_A_PAGE + 1,
            },
        )  # fmt: skip
        rows = cursor.fetchall()
    more = len(rows) > CHANGES_A_PAGE
    changed: dict[str, dict[str, list[UUID]]] = {}
    for name, record, _, _ in rows[:CHANGES_A_PAGE]:
        changed.setdefault(name, {"id": []})["id"].append(record)
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


def _render(wanted: Mapping[str, Mapping[str, Sequence[UUID]]]) -> list[dict[str, Any]]:
    """Records of each type, by `id` or by `file`, in wire form; a fixed number of statements a type."""
    result: list[dict[str, Any]] = []
    for name, by in wanted.items():
        record_type = registry.types[name]
        ((column, values),) = by.items()
        if record_type.server_only or record_type.render is None or not values:
            continue
        rows = list(record_type.model.objects.filter(**{f"{column}__in": values}).order_by("feed"))
        opened = _open(record_type, rows)
        rows = [row for row in rows if record_type.policy is Policy.SERIALISED or row.id in opened]
        for row, body in zip(rows, record_type.render(rows, opened), strict=True):
            result.append(
                {"type": name, "id": str(row.id), "file": str(row.file), "rev": row.feed, **body}
            )
    return result


def _open(record_type: RecordType, rows: Sequence[Any]) -> dict[UUID, Any]:
    """Each record's state or its operation's data; records of erased files are left out."""
    if record_type.policy is Policy.APPEND:
        data = inbox.contents(row.op for row in rows)
        return {row.id: data[row.op] for row in rows if row.op in data}
    if record_type.policy is Policy.SERIALISED or not rows:
        return {}
    ciphers = ports().keys({row.file for row in rows})
    return {
        row.id: messages.parse(ciphers[row.file].open(row.state))
        for row in rows
        if row.file in ciphers
    }


def _by_file(files: Sequence[UUID], records: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """One entry a file, atomic for the phone: all of it or nothing."""
    entries: dict[str, list[dict[str, Any]]] = {str(file): [] for file in files}
    for record in records:
        entries[record["file"]].append(record)
    return [{"file": file, "records": own} for file, own in entries.items()]


def _digest(device: UUID) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT mod(coalesce(sum(f.digest), 0), 4503599627370496)::bigint FROM sync_holding h"
            " JOIN sync_file f ON f.id = h.file WHERE h.device = %s AND h.wanted",
            [device],
        )
        ((digest,),) = cursor.fetchall()
        return int(digest)
