"""Feed numbers: stamped in the last statements before commit, on exactly what the transaction changed."""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection

from .registry import Registry


@dataclass(frozen=True, slots=True)
class Change:
    """One changed record: its file and shard."""

    file: UUID
    shard: str


Touched = dict[str, dict[UUID, Change]]

# The digest of a file: the sum of this over its records, modulo 2^52 (see models.File).
_WEIGHT = (
    "('x' || substr(encode(sha256(convert_to({type} || ':' || {id}::text || ':' || {feed}::text,"
    " 'UTF8')), 'hex'), 1, 13))::bit(52)::bigint"
)


def stamp(touched: Touched, registry: Registry, *, left: Collection[str] = ()) -> None:
    """Bumps the counter of each shard once and gives every changed record its number.

    `left` are shards that files moved out of: their counters go on as well, and all that are
    stamped here go on from the highest of them, so that a record's number grows wherever it moves.

    The counters are locked here and held to the commit, in the order of their codes: a reader that
    sees a counter sees every record below it. Two statements, and one for each table that changed.
    """
    changes = [
        (name, record, change)
        for name in sorted(touched)
        for record, change in sorted(touched[name].items())
    ]
    if not changes:
        return
    next_number = _bump(Counter(change.shard for _, _, change in changes), left)
    numbered: dict[str, list[tuple[UUID, UUID, int]]] = {}
    for name, record, change in changes:
        numbered.setdefault(name, []).append((record, change.file, next_number[change.shard]))
        next_number[change.shard] += 1
    deltas: Counter[UUID] = Counter()
    for name, rows in numbered.items():
        record_type = registry.types[name]
        changed = _number(record_type.model._meta, name, rows)
        if record_type.leaves_the_server:
            deltas.update(changed)
    _add_digests(deltas)


def _bump(counts: Mapping[str, int], left: Collection[str] = ()) -> dict[str, int]:
    """The first number of each shard's block."""
    taken = dict.fromkeys(left, 1) | dict(counts)
    shards = sorted(taken)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO sync_shard (code, value)"
            " SELECT * FROM unnest(%s::text[], %s::bigint[])"
            " ON CONFLICT (code) DO UPDATE SET value = sync_shard.value + excluded.value"
            " RETURNING code, value",
            [shards, [taken[shard] for shard in shards]],
        )
        values = dict(cursor.fetchall())
    if left:
        _lift(values, taken)
    return {shard: values[shard] - taken[shard] + 1 for shard in counts}


def _lift(values: dict[str, int], taken: Mapping[str, int]) -> None:
    """Moves blocks behind the highest counter. The bump before has locked the rows."""
    highest = max(values.values())
    for shard, value in values.items():
        if value < highest:
            values[shard] = highest + taken[shard]
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE sync_shard s SET value = v.value"
            " FROM unnest(%s::text[], %s::bigint[]) AS v(code, value) WHERE s.code = v.code",
            [list(values), list(values.values())],
        )


def _number(meta: Any, name: str, rows: list[tuple[UUID, UUID, int]]) -> dict[UUID, int]:
    """Writes the numbers into one table and returns how each file's digest changes."""
    records, files, numbers = (list(column) for column in zip(*rows, strict=True))
    # A type that stays on the server may keep its ids in a form of its own.
    records, table = [meta.pk.get_db_prep_value(one, connection) for one in records], meta.db_table
    new = _WEIGHT.format(type="%s", id="t.id", feed="n.feed")
    old = _WEIGHT.format(type="%s", id="t.id", feed="o.feed")
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {table} t SET feed = n.feed"
            f" FROM unnest(%s::uuid[], %s::uuid[], %s::bigint[]) AS n(id, file, feed)"
            f" JOIN {table} o ON o.id = n.id WHERE t.id = n.id"
            f" RETURNING n.file, {new} - CASE WHEN o.feed = 0 THEN 0 ELSE {old} END",
            [records, files, numbers, name, name],
        )
        deltas: Counter[UUID] = Counter()
        for file, delta in cursor.fetchall():
            deltas[file] += delta
    return deltas


def _add_digests(deltas: Mapping[UUID, int]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE sync_file f SET digest = mod(mod(f.digest::numeric + d.delta, 4503599627370496)"
            " + 4503599627370496, 4503599627370496)"
            " FROM unnest(%s::uuid[], %s::numeric[]) AS d(id, delta) WHERE f.id = d.id",
            [list(deltas), list(deltas.values())],
        )
