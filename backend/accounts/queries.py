"""Who may do what, and where."""

from collections.abc import Collection, Iterable
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from django.db import connection
from django.db.models import Exists, OuterRef, Q, QuerySet

from backend.common import encrypted
from backend.common.search import query_tokens
from backend.regions import codes
from backend.regions import queries as regions

from .models import Confirmation, Device, DeviceOrder, DevicePerson, Person, RoleGrant

# The named people of a county, who open what is sealed.
OPENS_SEALED = ("county_lead",)
# They give roles, those above too.
GRANTS_ROLES = ("administrator",)
# What one person alone neither gives nor gets hold of: see `guarded`.
GUARDED = (*OPENS_SEALED, *GRANTS_ROLES)
# `(role, prefixes)` of each person's grants.
Grants = dict[UUID, list[tuple[str, list[str]]]]


def unended(on: date) -> Q:
    """Grants that count on a day or will count later."""
    return Q(ended_at=None) & (Q(ends_on=None) | Q(ends_on__gte=on))


def current(on: date) -> Q:
    """Grants that count on a day: every answer about rights goes through this."""
    return unended(on) & Q(starts_on__lte=on)


def prefixes(person: UUID, *, on: date, roles: Collection[str] | None = None) -> list[str]:
    """The division prefixes of a person's roles on a day, sorted; all roles when none are named."""
    grants = RoleGrant.objects.filter(current(on), person=person)
    if roles is not None:
        grants = grants.filter(role__in=roles)
    return sorted({prefix for grant in grants for prefix in grant.prefixes})


def areas(people: Collection[UUID], *, on: date, roles: Collection[str]) -> dict[UUID, list[str]]:
    """The division prefixes in which each person has one of the roles; one statement for all."""
    grants = RoleGrant.objects.filter(current(on), person__in=people, role__in=roles)
    found: dict[UUID, set[str]] = {person: set() for person in people}
    for person, own in grants.values_list("person", "prefixes"):
        found[person].update(own)
    return {person: sorted(own) for person, own in found.items()}


def roles_of(person: UUID, *, on: date) -> set[str]:
    grants = RoleGrant.objects.filter(current(on), person=person)
    return set(grants.values_list("role", flat=True))


def areas_by_role(person: UUID, *, roles: Collection[str], on: date) -> dict[str, list[str]]:
    """The prefixes of each of the roles that somebody has on a day; one statement."""
    found: dict[str, list[str]] = {}
    for role, own in grants([person], on=on)[person]:
        if role in roles:
            found.setdefault(role, []).extend(own)
    return found


def grants(people: Collection[UUID], *, on: date) -> Grants:
    """`(role, prefixes)` of each person's grants on a day, in one statement."""
    rows = RoleGrant.objects.filter(current(on), person__in=people).values_list(
        "person_id", "role", "prefixes"
    )
    found: Grants = {person: [] for person in people}
    for person, role, prefixes in rows:
        found[person].append((role, prefixes))
    return found


def at_work(people: Collection[UUID], *, on: date) -> set[UUID]:
    """Those of the people who have any role on a day and have not left."""
    grants = RoleGrant.objects.filter(current(on), person__in=people, person__is_active=True)
    return set(grants.values_list("person", flat=True))


def administered(actor: UUID, *, on: date) -> list[str]:
    """Where the actor may set up people and phones."""
    return prefixes(actor, on=on, roles=["administrator"])


def areas_of(people: Collection[UUID], *, on: date) -> dict[UUID, list[str]]:
    """Where each person's roles lie, or where she belongs while she has none; two statements."""
    cards = Person.objects.filter(id__in=people).values_list("id", "division")
    homes = dict(cards)
    areas: dict[UUID, set[str]] = {}
    for person, own in RoleGrant.objects.filter(unended(on), person__in=people).values_list(
        "person", "prefixes"
    ):
        areas.setdefault(person, set()).update(own)
    return {person: sorted(areas.get(person) or [home]) for person, home in homes.items()}


def wholly_inside(people: Collection[UUID], *, areas: Collection[str], on: date) -> bool:
    """Whether everybody exists and nobody reaches beyond the areas."""
    reach = areas_of(people, on=on)
    return set(people) == reach.keys() and all(
        codes.covers(areas, place) for places in reach.values() for place in places
    )


def people_in(
    areas: Collection[str],
    *,
    on: date,
    role: str | None = None,
    division: str | None = None,
    active: bool | None = None,
    text: str = "",
) -> QuerySet[Person]:
    """People with a role in the areas, and those without one who belong there; newest first.

    `division` narrows to one code and what it covers. `text` is a name, pinyin or a phone.
    """
    grants = RoleGrant.objects.filter(unended(on), person=OuterRef("pk"))
    found = Person.objects.filter(
        Exists(_inside(grants, areas)) | (~Exists(grants) & _belongs(areas))
    )
    if role is not None:
        found = found.filter(Exists(_inside(grants, areas).filter(role=role)))
    if division is not None:
        narrowed = _inside(grants, [division])
        found = found.filter(Exists(narrowed) | (~Exists(grants) & _belongs([division])))
    if active is not None:
        found = found.filter(is_active=active)
    if text.strip():
        found = found.filter(search__contains=query_tokens(text))
    return found.order_by("-id")


def granted_in(areas: Collection[str]) -> QuerySet[RoleGrant]:
    """Every grant that lies in the areas, ended ones too."""
    return _inside(RoleGrant.objects.all(), areas)


def _inside(grants: QuerySet[RoleGrant], areas: Collection[str]) -> QuerySet[RoleGrant]:
    return grants if codes.COUNTRY in areas else grants.filter(within__overlap=sorted(areas))


def _belongs(areas: Iterable[str]) -> Q:
    return regions.inside("division", areas)


def covering(division: str, *, roles: Collection[str], on: date) -> set[UUID]:
    """Everybody active whose role on a day covers the division, whatever its level."""
    steps = codes.ancestors(division) if codes.is_well_formed(division) else []
    return set(
        RoleGrant.objects.filter(
            current(on), role__in=roles, prefixes__overlap=[codes.COUNTRY, *steps],
            person__is_active=True,
        ).values_list("person", flat=True)
    )  # fmt: skip


def device(device: UUID) -> Device | None:
    return Device.objects.filter(id=device).first()


def covering_each(
    divisions: Collection[str], *, roles: Collection[str], on: date
) -> dict[str, list[UUID]]:
    """`covering` for many divisions, each sorted; one statement."""
    steps = {
        code: {codes.COUNTRY, *(codes.ancestors(code) if codes.is_well_formed(code) else [])}
        for code in divisions
    }
    rows = RoleGrant.objects.filter(
        current(on), role__in=roles, person__is_active=True,
        prefixes__overlap=sorted(set().union(*steps.values())),
    ).values_list("person", "prefixes")  # fmt: skip
    grants = list(rows) if steps else []
    return {
        code: sorted({person for person, prefixes in grants if wanted.intersection(prefixes)})
        for code, wanted in steps.items()
    }


class Holder(NamedTuple):
    """Somebody's grant of one role, with its prefixes."""

    person: UUID
    role: str
    prefixes: list[str]


def holding(divisions: Collection[str], *, roles: Collection[str], on: date) -> list[Holder]:
    """Everybody active whose role on a day covers one of the divisions, whatever its level; one statement."""
    steps = {
        step
        for division in divisions
        if codes.is_well_formed(division)
        for step in codes.ancestors(division)
    }
    rows = RoleGrant.objects.filter(
        current(on), role__in=roles, prefixes__overlap=[codes.COUNTRY, *sorted(steps)],
        person__is_active=True,
    ).values_list("person_id", "role", "prefixes")  # fmt: skip
    return [Holder(*row) for row in rows]


def last_contacts() -> dict[UUID, datetime]:
    """When a phone of each village supervisor was last heard of, or was enrolled; one statement.

    Who has no phone is left out, and so is a phone that was revoked.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT p.person_id, max(coalesce(l.synced_at, d.enrolled_at))"
            " FROM accounts_deviceperson p"
            " JOIN accounts_device d ON d.id = p.device_id AND d.revoked_at IS NULL"
            " LEFT JOIN sync_devicelog l ON l.device = d.id GROUP BY 1"
        )
        return dict(cursor.fetchall())


def people_of(device: UUID) -> frozenset[UUID]:
    """Everybody enrolled on a device."""
    return frozenset(DevicePerson.objects.filter(device=device).values_list("person_id", flat=True))


def people_of_each(devices: Collection[UUID]) -> dict[UUID, set[UUID]]:
    """The same of several; one statement."""
    found: dict[UUID, set[UUID]] = {device: set() for device in devices}
    for device, person in DevicePerson.objects.filter(device__in=devices).values_list(
        "device_id", "person_id"
    ):
        found[device].add(person)
    return found


def devices_of(people: Collection[UUID]) -> list[UUID]:
    """The devices, not revoked, on which any of the people work."""
    return list(
        Device.objects.filter(deviceperson__person__in=people, revoked_at=None)
        .distinct()
        .values_list("id", flat=True)
    )


def with_role(devices: Collection[UUID], *, roles: Collection[str], on: date) -> set[UUID]:
    """Those of the devices, not revoked, on which somebody works who has one of the roles; one statement."""
    holders = RoleGrant.objects.filter(current(on), role__in=roles).values("person")
    rows = Device.objects.filter(id__in=devices, revoked_at=None, deviceperson__person__in=holders)
    return set(rows.values_list("id", flat=True))


def open_orders(device: UUID) -> list[tuple[UUID, str]]:
    """`(id, what to do)` of what a phone has not confirmed, the oldest first."""
    waiting = DeviceOrder.objects.filter(device=device, done_at=None, withdrawn_at=None)
    return list(waiting.order_by("given_at", "id").values_list("id", "do"))


def languages(people: Collection[UUID]) -> dict[UUID, str]:
    """`zh` or `en` for each of the people who is still with us; one statement."""
    found = Person.objects.filter(id__in=people, is_active=True).values_list("id", "language")
    return {person: "en" if language.startswith("en") else "zh" for person, language in found}


def cards(people: Collection[UUID]) -> dict[UUID, dict[str, str]]:
    """`{name, phone}` by person, opened; two statements."""
    found = Person.objects.filter(id__in=people).values_list("id", "sealed")
    return encrypted.open_all({person: bytes(card) for person, card in found})


def names(people: Collection[UUID]) -> dict[UUID, str]:
    """Names by person, opened; two statements."""
    return {person: card["name"] for person, card in cards(people).items()}


def working_in(divisions: Collection[str], *, role: str, on: date) -> dict[UUID, list[str]]:
    """Everybody who holds the role by a prefix among `divisions`, with all prefixes of the role."""
    rows = RoleGrant.objects.filter(
        current(on), role=role, prefixes__overlap=list(divisions), person__is_active=True
    )
    return areas(set(rows.values_list("person_id", flat=True)), on=on, roles=[role])


def worked_in(areas: Collection[str], *, role: str, on: date) -> set[str]:
    """The prefixes within the areas by which somebody active holds the role on a day; one statement."""
    rows = _inside(RoleGrant.objects.filter(current(on), role=role), areas)
    held = rows.filter(person__is_active=True).values_list("prefixes", flat=True)
    return {prefix for own in held for prefix in own if codes.covers(areas, prefix)}


def person_named(username: str) -> UUID | None:
    return Person.objects.filter(username=username).values_list("id", flat=True).first()


def widest(role: str, *, digits: int, on: date) -> set[UUID]:
    """Everybody active who holds the role by a prefix of at most so many digits."""
    rows = RoleGrant.objects.filter(current(on), role=role, person__is_active=True)
    return {
        person
        for person, prefixes in rows.values_list("person_id", "prefixes")
        if any(len(prefix) <= digits for prefix in prefixes)
    }


def given(kind: str, *, person: UUID, at: datetime) -> dict[UUID, UUID]:
    """What two people have opened to somebody and has not ended: the confirmation by its subject."""
    rows = Confirmation.objects.filter(kind=kind, person=person, state="done", until__gt=at)
    return dict(rows.order_by("until").values_list("subject", "id"))
