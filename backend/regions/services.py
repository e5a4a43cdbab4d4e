from collections.abc import Iterable

from django.db import connection, transaction

from . import codes
from .sources import Row

_STAGE = (
    "CREATE TEMPORARY TABLE division_stage"
    " (code text, name text, level text, parent_id text, pinyin text) ON COMMIT DROP"
)
# Only what the source knows is overwritten, and only where it differs: dates and successors stay,
# and a second load writes nothing.
_UPSERT = (
    "INSERT INTO regions_division (code, name, level, parent_id, pinyin)"
    " SELECT code, name, level, parent_id, pinyin FROM division_stage"
    " ON CONFLICT (code) DO UPDATE SET name = excluded.name, pinyin = excluded.pinyin"
    " WHERE (regions_division.name, regions_division.pinyin)"
    " IS DISTINCT FROM (excluded.name, excluded.pinyin)"
)


@transaction.atomic
def divisions_load(*, rows: Iterable[Row]) -> int:
    """Adds and renames divisions; returns how many rows changed.

    Nothing is removed: a source may be part of the country, and files name revoked codes. Raises
    `CodeMalformed` before anything is kept.
    """
    with connection.cursor() as cursor:
        cursor.execute(_STAGE)
        with cursor.copy(
            "COPY division_stage (code, name, level, parent_id, pinyin) FROM STDIN"
        ) as copy:
            for row in rows:
                level = codes.level(row.code)
                copy.write_row(
                    (row.code, row.name, level, codes.parent_of(row.code) or None, row.pinyin)
                )
        cursor.execute(_UPSERT)
        changed = int(cursor.rowcount)
        # Two loads may share an outer transaction; the second needs the name again.
        cursor.execute("DROP TABLE division_stage")
    return changed
