"""Which dangers are open. "At risk" is derived from this and cannot be written."""

from collections.abc import Collection
from uuid import UUID

from .models import Concern, Resolution


def open_concerns(files: Collection[UUID]) -> dict[UUID, list[UUID]]:
    """The concerns of each child that no resolution names, in the order they were observed."""
    rows = Resolution.objects.filter(file__in=files).values_list("file", "concerns")
    # A resolution ends concerns of its own file only, whatever ids it names.
    closed = {(file, concern) for file, named in rows for concern in named}
    found: dict[UUID, list[UUID]] = {}
    raised = Concern.objects.filter(file__in=files).order_by("observed", "id")
    for concern, file in raised.values_list("id", "file"):
        if (file, concern) not in closed:
            found.setdefault(file, []).append(concern)
    return found
