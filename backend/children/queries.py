"""Reads of child files."""

from collections.abc import Collection
from uuid import UUID

from .models import Child


def households_of(children: Collection[UUID]) -> dict[UUID, UUID]:
    """The household of each child that has one."""
    pairs = Child.objects.filter(id__in=children).values_list("id", "household")
    return {child: household for child, household in pairs if household is not None}
