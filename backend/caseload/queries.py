"""Reads of who covers whom."""

from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

from backend.accounts import queries as accounts
from backend.children import queries as children

from .models import Assignment


def children_of(people: Collection[UUID]) -> dict[UUID, dict[UUID, str]]:
    """The children each person covers now, with the county of each file."""
    covered: dict[UUID, dict[UUID, str]] = {person: {} for person in people}
    rows = Assignment.objects.filter(person__in=people, ends_on__isnull=True)
    for person, child, county in rows.values_list("person", "file", "shard"):
        covered[person][child] = county
    return covered


def supervisors_of(files: Collection[UUID]) -> set[UUID]:
    """Everybody who covers any of the children now."""
    rows = Assignment.objects.filter(file__in=files, ends_on__isnull=True)
    return set(rows.values_list("person", flat=True))


def files_of_devices(devices: Sequence[UUID]) -> Mapping[UUID, Mapping[UUID, str]]:
    """What each device may hold: the children its people cover, and their households."""
    people = {device: accounts.people_of(device) for device in devices}
    covered = children_of({person for group in people.values() for person in group})
    households = children.households_of({child for own in covered.values() for child in own})
    scope: dict[UUID, dict[UUID, str]] = {}
    for device, group in people.items():
        files = {child: county for person in group for child, county in covered[person].items()}
        own = {households[c]: county for c, county in files.items() if c in households}
        scope[device] = files | own
    return scope
