"""Who may do what, and where."""

from collections.abc import Collection
from datetime import date
from uuid import UUID

from django.db.models import Q

from backend.common import encrypted

from .models import Device, DevicePerson, Person, RoleGrant


def prefixes(person: UUID, *, on: date, roles: Collection[str] | None = None) -> list[str]:
    """The division prefixes of a person's roles on a day, sorted; all roles when none are named."""
    grants = RoleGrant.objects.filter(
        Q(ends_on__isnull=True) | Q(ends_on__gte=on), person=person, starts_on__lte=on
    )
    if roles is not None:
        grants = grants.filter(role__in=roles)
    return sorted({prefix for grant in grants for prefix in grant.prefixes})


def roles_of(person: UUID, *, on: date) -> set[str]:
    grants = RoleGrant.objects.filter(
        Q(ends_on__isnull=True) | Q(ends_on__gte=on), person=person, starts_on__lte=on
    )
    return set(grants.values_list("role", flat=True))


def people_of(device: UUID) -> frozenset[UUID]:
    """Everybody enrolled on a device."""
    return frozenset(DevicePerson.objects.filter(device=device).values_list("person_id", flat=True))


def devices_of(people: Collection[UUID]) -> list[UUID]:
    """The devices, not revoked, on which any of the people work."""
    return list(
        Device.objects.filter(deviceperson__person__in=people, revoked_at=None)
        .distinct()
        .values_list("id", flat=True)
    )


def names(people: Collection[UUID]) -> dict[UUID, str]:
    """Names by person, opened; two statements."""
    cards = Person.objects.filter(id__in=people).values_list("id", "sealed")
    sealed = {person: bytes(card) for person, card in cards}
    return {person: card["name"] for person, card in encrypted.open_all(sealed).items()}
