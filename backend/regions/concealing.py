"""Villages that still stand in clear, because older code wrote them: each is put into its keyed form."""

from typing import Any

from django.apps import apps
from django.db import connection, transaction

from .villages import ResidenceField, conceal

# Rows of one transaction: locks last milliseconds.
PIECE = 1000


def conceal_all() -> int:
    """Piece by piece, each committed: cut off, it is simply run again. Returns in how many rows."""
    done = 0
    for model in apps.get_models():
        for field in model._meta.concrete_fields:
            if isinstance(field, ResidenceField):
                while changed := _some(model._meta, field):
                    done += changed
    return done


@transaction.atomic
def _some(meta: Any, field: ResidenceField) -> int:
    """Who writes meanwhile writes the keyed form: only what still stands as it was read is changed."""
    with connection.cursor() as cursor:
        cursor.execute(
            f'SELECT "{meta.pk.column}", "{field.column}" FROM {meta.db_table}'
            f""" WHERE "{field.column}" ~ '^[0-9]{{12}}$' LIMIT %s FOR UPDATE""",
            [PIECE],
        )
        rows = cursor.fetchall()
        if rows:
            cursor.execute(
                f'UPDATE {meta.db_table} t SET "{field.column}" = n.after'
                " FROM unnest(%s::uuid[], %s::text[]) AS n(id, after)"
                f' WHERE t."{meta.pk.column}" = n.id',
                [[pk for pk, _ in rows], [conceal(field.domain, code) for _, code in rows]],
            )
    return len(rows)
