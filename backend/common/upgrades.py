"""For migrations that fill in what older rows lack, while the code before them goes on serving."""

from collections.abc import Callable
from typing import Any

from django.db import transaction
from django.db.migrations import RunPython
from django.db.models import Q

# Rows of one transaction: locks last milliseconds.
PIECE = 1000


def fill_in(
    app: str, model: str, *, lacking: Q, fill: Callable[[Any], object], piece: int = PIECE
) -> RunPython:
    """An operation that fills in rows piece by piece, each its own transaction; cut off, it goes on.

    `lacking` finds what is to be done and no longer finds it afterwards; `fill` gets a queryset of at
    most `piece` rows. The migration must be `atomic = False` and do nothing else that is not repeatable.
    """

    def forwards(apps: Any, schema_editor: Any) -> None:
        rows = apps.get_model(app, model)._base_manager.using(schema_editor.connection.alias)
        last: Any = None
        while True:
            after = Q() if last is None else Q(pk__gt=last)
            found = rows.filter(lacking, after).order_by("pk").values_list("pk", flat=True)
            keys = list(found[:piece])
            if not keys:
                return
            with transaction.atomic(using=schema_editor.connection.alias):
                fill(rows.filter(lacking, pk__in=keys))
            last = keys[-1]

    return RunPython(forwards, RunPython.noop, atomic=False)
