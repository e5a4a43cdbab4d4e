"""Birth dates that older code wrote in clear: the column is emptied, and the children are found without it."""

from collections.abc import Collection
from uuid import UUID

from django.db import connection, transaction

from sync import files
from sync.merge import registers

from .lookup import child_states
from .models import Child
from .record import CHILD_SPECS, child_columns

# Children of one transaction: locks last milliseconds.
PIECE = 200
# The models do not know the column any more: the code before has it, until a later release drops it.
_IN_CLEAR = "SELECT id FROM children_child WHERE birth_date IS NOT NULL ORDER BY id LIMIT %s"
_EMPTY = "UPDATE children_child SET birth_date = NULL WHERE id = ANY(%s)"


def conceal_all() -> int:
    """Piece by piece, each committed: cut off, it is simply run again. Returns how many children."""
    done = 0
    while found := _in_clear():
        with transaction.atomic():
            # A child is its own file.
            files.lock(found)
            _project(found)
            with connection.cursor() as cursor:
                cursor.execute(_EMPTY, [found])
        done += len(found)
    return done


def _in_clear() -> list[UUID]:
    with connection.cursor() as cursor:
        cursor.execute(_IN_CLEAR, [PIECE])
        return [child for (child,) in cursor.fetchall()]


def _project(children: Collection[UUID]) -> None:
    """Year and search hashes, as a write would give them; of an erased file nothing can be read."""
    states = child_states(children)
    rows = list(Child.objects.filter(id__in=states))
    for row in rows:
        columns = child_columns(registers.values(states[row.id], CHILD_SPECS), row.shard)
        row.birth_year, row.search = columns["birth_year"], columns["search"]
    Child.objects.bulk_update(rows, ["birth_year", "search"])
