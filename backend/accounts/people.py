"""What is shown of people, with names opened."""

from collections.abc import Collection, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from backend.common.errors import NotFound

from . import queries
from .models import Person, RoleGrant


def person_in(areas: Collection[str], person: UUID, *, on: date) -> Person:
    """Raises `NotFound` for somebody who neither works nor belongs in the areas."""
    found = queries.people_in(areas, on=on).filter(id=person).first()
    if found is None:
        raise NotFound(fields=("person",))
    return found


def cards(people: Sequence[Person], *, on: date) -> list[dict[str, Any]]:
    """Cards in the given order, with every role a person has or had; three statements."""
    ids = [person.id for person in people]
    opened = queries.cards(ids)
    running = set(
        RoleGrant.objects.filter(queries.current(on), person__in=ids).values_list("id", flat=True)
    )
    roles: dict[UUID, list[dict[str, Any]]] = {person: [] for person in ids}
    for grant in RoleGrant.objects.filter(person__in=ids).order_by("-starts_on", "-id"):
        roles[grant.person_id].append(
            {
                "id": grant.id,
                "role": grant.role,
                "prefixes": grant.prefixes,
                "starts_on": grant.starts_on,
                "ends_on": grant.ends_on,
                "current": grant.id in running,
            }
        )
    return [
        {
            "id": person.id,
            "username": person.username,
            "division": person.division,
            "is_active": person.is_active,
            "left_on": person.left_on,
            "roles": roles[person.id],
            **opened.get(person.id, {"name": "", "phone": ""}),
        }
        for person in people
    ]
