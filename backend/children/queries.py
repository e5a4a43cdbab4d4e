"""Reads of child files."""

from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import Q, QuerySet

from backend.common import encrypted
from fieldforms.sealing import split
from sync import oplog
from sync.merge import registers
from sync.models import RegisterRecord
from sync.protocol import messages

from .awaited import cards as awaited
from .delegations import delegation_state
from .identity import born
from .models import LEFT, Child, Delegation, DelegationRevocation, Guardian, Household
from .ratings import Rating, may_rate, ratings
from .record import CHILD_SPECS
from .search import Filters, lives_in, matching

__all__ = [
    "LEFT",
    "DelegationCard",
    "Filters",
    "PlanCard",
    "Rating",
    "awaited",
    "born_of",
    "born_until",
    "confirmations",
    "delegations_of",
    "divisions_of",
    "divisions_of_files",
    "everybody",
    "gravest",
    "guardians_of",
    "households_in",
    "households_of",
    "left_empty",
    "live_writes",
    "lives_in",
    "matching",
    "may_rate",
    "name_of",
    "of_county",
    "opened",
    "plan_cards",
    "ratings",
    "shown_children",
    "shown_guardians",
    "shown_households",
]  # fmt: skip


class DelegationCard(NamedTuple):
    """One confirmation; `state` is a code of `delegation_state` on the day that was asked for."""

    id: UUID
    person: UUID
    observed: datetime
    valid_from: date | None
    expires_on: date | None
    revoked_on: date | None
    state: str
    answers: dict[str, Any]


class PlanCard(NamedTuple):
    """What the visit plan needs of a child. `county` is the shard its file lives in."""

    id: UUID
    county: str
    risk_level: str
    categories: list[str]
    status: str


def confirmations(
    ids: Collection[UUID], *, files: Collection[UUID] = ()
) -> list[tuple[UUID, UUID, UUID, str, UUID, datetime]]:
    """(id, op, file, shard, person, observed) of these delegation confirmations and of all of the files."""
    rows = Delegation.objects.filter(Q(id__in=ids) | Q(file__in=files))
    return list(rows.values_list("id", "op", "file", "shard", "person", "observed"))


def gravest(data: Mapping[str, Any]) -> dict[str, str]:
    """The protective fields to which an edit gives their gravest value, by name."""
    writes = data.get("set")
    given = writes if isinstance(writes, Mapping) else {}
    return {
        name: spec.order[0]
        for name, spec in CHILD_SPECS.items()
        if spec.kind == "protective"
        and isinstance(given.get(name), Mapping)
        and given[name].get("v") == spec.order[0]
    }


def everybody() -> QuerySet[Child]:
    """Every child, those who left too; for whoever narrows it to a scope."""
    return Child.objects.all()


def born_until(year: int) -> Q:
    """Children born in a year or before it, for whoever narrows it to a scope; not those of unknown age."""
    return Q(birth_year__lte=year)


def households_in(prefixes: Iterable[str]) -> QuerySet[Household]:
    """The households that live in the divisions."""
    return Household.objects.filter(lives_in(prefixes))


def plan_cards(children: Collection[UUID]) -> list[PlanCard]:
    """Children that are registered; a file that is a stub so far has no card."""
    rows = Child.objects.filter(id__in=children).order_by("id")
    columns = ("id", "shard", "risk_level", "categories", "status")
    return [PlanCard(*row) for row in rows.values_list(*columns)]


def of_county(county: str) -> list[UUID]:
    """Every child whose file lives in a county, sorted."""
    return list(Child.objects.filter(shard=county).order_by("id").values_list("id", flat=True))


def households_of(children: Collection[UUID]) -> dict[UUID, UUID]:
    """The household of each child that has one."""
    pairs = Child.objects.filter(id__in=children).values_list("id", "household")
    return {child: household for child, household in pairs if household is not None}


def left_empty(child: UUID, household: UUID | None) -> list[UUID]:
    """The household, if no other child belongs to it."""
    if household is None or Child.objects.filter(household=household).exclude(id=child).exists():
        return []
    return [household]


def shown_children(children: Collection[UUID]) -> dict[UUID, dict[str, Any]]:
    """Every register's shown value by child, opened; two statements. Erased files are left out."""
    return _shown(Child.objects.filter(id__in=children), CHILD_SPECS)


def opened(rows: Iterable[Child]) -> dict[UUID, dict[str, Any]]:
    """The same for rows that are at hand; one statement."""
    return _shown(rows, CHILD_SPECS)


def name_of(card: Mapping[str, Any]) -> str:
    """The name on an opened card; empty when nobody wrote one."""
    identity = card.get("identity")
    return str(identity.get("name") or "") if isinstance(identity, Mapping) else ""


def born_of(card: Mapping[str, Any]) -> date | None:
    """The birth date on an opened card; None when nobody wrote one that is a date."""
    identity = card.get("identity")
    return born(identity.get("birth_date")) if isinstance(identity, Mapping) else None


def live_writes(children: Collection[UUID], register: str) -> dict[UUID, list[str]]:
    """The operations whose values a register has now, by child: what a decision over all of them names."""
    rows = list(Child.objects.filter(id__in=children))
    ciphers = encrypted.keys({row.file for row in rows})
    found: dict[UUID, list[str]] = {}
    for row in rows:
        if row.file in ciphers:
            state = registers.load(messages.parse(ciphers[row.file].open(row.state)))
            found[row.id] = sorted(state[register].live) if register in state else []
    return found


def shown_guardians(guardians: Collection[UUID]) -> dict[UUID, dict[str, Any]]:
    """The same for adults, whatever household they belong to."""
    return _shown(Guardian.objects.filter(id__in=guardians), {})


def shown_households(households: Collection[UUID]) -> dict[UUID, dict[str, Any]]:
    """The same for households."""
    return _shown(Household.objects.filter(id__in=households), {})


def guardians_of(household: UUID) -> list[dict[str, Any]]:
    """The adults of a household: `{id, conflicts, registers}`, the registers as shown."""
    rows = list(Guardian.objects.filter(household=household).order_by("id"))
    cards = _shown(rows, {})
    return [
        {"id": row.id, "conflicts": row.conflicts, "registers": cards[row.id]}
        for row in rows
        if row.id in cards
    ]


def delegations_of(child: UUID, *, on: date) -> list[DelegationCard]:
    """A child's delegated-guardianship confirmations with their answers, opened, the latest first."""
    rows = list(Delegation.objects.filter(file=child).order_by("-observed", "id"))
    ends = revocations(child)
    words = oplog.contents(row.op for row in rows)
    return [
        DelegationCard(
            id=row.id, person=row.person, observed=row.observed, valid_from=row.valid_from,
            expires_on=row.expires_on, revoked_on=ends.get(row.id),
            state=delegation_state(row.valid_from, row.expires_on, ends.get(row.id), on),
            answers=split(words.get(row.op, {}).get("answers"))[0],
        )
        for row in rows
    ]  # fmt: skip


def revocations(child: UUID) -> dict[UUID, date]:
    """The first day on which each confirmation of the child is revoked."""
    rows = DelegationRevocation.objects.filter(file=child).order_by("-revoked_on")
    pairs = rows.values_list("delegation", "revoked_on")
    return {delegation: day for delegation, day in pairs if delegation}


def _shown(
    rows: Iterable[RegisterRecord], specs: Mapping[str, registers.Spec]
) -> dict[UUID, dict[str, Any]]:
    found = list(rows)
    ciphers = encrypted.keys({row.file for row in found})
    return {
        row.id: registers.values(
            registers.load(messages.parse(ciphers[row.file].open(row.state))), specs
        )
        for row in found
        if row.file in ciphers
    }


def divisions_of(files: Collection[UUID]) -> dict[UUID, str]:
    """Where each child lives; one statement."""
    return dict(everybody().filter(id__in=files).values_list("id", "division"))


def divisions_of_files(files: Collection[UUID]) -> dict[UUID, str]:
    """Where each child or household lives; two statements."""
    homes = Household.objects.filter(id__in=files).values_list("id", "division")
    return {**dict(homes), **divisions_of(files)}
