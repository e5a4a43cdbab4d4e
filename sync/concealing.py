"""Words that older code left in clear where names and codes of the protocol belong: see `names`."""

from collections.abc import Iterator, Sequence
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import connection, transaction
from django.db.models import TextField

from . import names, projecting
from .protocol import messages
from .registry import RecordType, registry

# Rows of one transaction: locks last milliseconds.
PIECE = 500
_UNKNOWN = """
SELECT ordinal, kind FROM sync_operation
WHERE outcome <> 'applied' AND NOT kind = ANY(%(known)s) AND NOT kind LIKE 'unknown.%%'
LIMIT %(piece)s FOR UPDATE
"""
_PLACES = """
SELECT ordinal, fields, problems::text FROM sync_operation
WHERE ordinal > %(after)s AND (fields <> '{}' OR problems <> '[]') ORDER BY ordinal LIMIT %(piece)s
"""


def conceal_all() -> int:
    """Piece by piece, each committed: cut off, it is simply run again. Returns in how many rows."""
    done = _kinds() + _types() + _places()
    for record_type in registry.types.values():
        if record_type.judged:
            done += sum(_coded(record_type, piece) for piece in _rows(record_type))
    return done


def _kinds() -> int:
    """What is applied was known to some release, and its kind is a name of that one's."""
    done = 0
    while changed := _some_kinds():
        done += changed
    return done


@transaction.atomic
def _some_kinds() -> int:
    with connection.cursor() as cursor:
        cursor.execute(_UNKNOWN, {"known": list(registry.by_kind), "piece": PIECE})
        rows = cursor.fetchall()
        cursor.execute(
            "UPDATE sync_operation o SET kind = n.kind"
            " FROM unnest(%s::bigint[], %s::text[]) AS n(ordinal, kind)"
            " WHERE o.ordinal = n.ordinal",
            [[ordinal for ordinal, _ in rows], [names.kind_column(kind) for _, kind in rows]],
        )
    return len(rows)


def _types() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT DISTINCT type FROM sync_recovered")
        clear = [
            name
            for (name,) in cursor.fetchall()
            if name not in registry.types and not names.is_hidden(name)
        ]
        cursor.execute(
            "UPDATE sync_recovered r SET type = n.name"
            " FROM unnest(%s::text[], %s::text[]) AS n(type, name) WHERE r.type = n.type",
            [clear, [names.type_column(name) for name in clear]],
        )
        return int(cursor.rowcount)


def _places() -> int:
    done = after = 0
    while True:
        with connection.cursor() as cursor:
            cursor.execute(_PLACES, {"after": after, "piece": PIECE})
            rows = cursor.fetchall()
        if not rows:
            return done
        done += sum(_place(*row) for row in rows)
        after = rows[-1][0]


def _place(ordinal: int, fields: Sequence[str], problems: str) -> int:
    said = messages.parse(problems)
    kept = [names.place(name) for name in fields]
    told = [{**problem, "field": names.place(problem["field"])} for problem in said]
    if kept == list(fields) and told == said:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE sync_operation SET fields = %s, problems = %s::jsonb"
            " WHERE ordinal = %s AND fields = %s AND problems = %s::jsonb",
            [kept, messages.write(told).decode(), ordinal, list(fields), problems],
        )
        return int(cursor.rowcount)


def _rows(record_type: RecordType) -> Iterator[list[Any]]:
    rows, last = record_type.model.objects.order_by("id"), None
    while piece := list((rows.filter(id__gt=last) if last else rows)[:PIECE]):
        yield piece
        last = piece[-1].id


def _coded(record_type: RecordType, rows: Sequence[Any]) -> int:
    """Nothing where somebody has written the column meanwhile: that is coded as it is written."""
    texts = [field for field in record_type.model._meta.concrete_fields if _is_text(field)]
    done = 0
    for row in rows:
        before = {field.name: getattr(row, field.name) for field in texts}
        after = {field.name: projecting.coded(field, before[field.name]) for field in texts}
        if after != before:
            done += record_type.model.objects.filter(id=row.id, **before).update(**after)
    return done


def _is_text(field: Any) -> bool:
    inner = field.base_field if isinstance(field, ArrayField) else field
    # A file's shard is not written by a phone.
    return isinstance(inner, TextField) and field.name != "shard"
