"""Why a guardian gets no copy: codes of `copy_hindrance`. Only a lead is ever told which."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.utils import timezone

from backend.children import queries as children
from backend.guardianship import queries as cases
from backend.regions import codes
from fieldforms import ages, suspects
from sync import oplog
from sync.entries import Entry

from . import suspicion
from .models import CopyRequest

ADULT = 18
_PARENTS = ("father", "mother")


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Everything that stands in the way, and of that what a lead's own area lets her know."""

    every: tuple[str, ...]
    told: tuple[str, ...]


def of(row: CopyRequest, *, prefixes: Collection[str], now: datetime) -> Found:
    """What stands in the way now. `prefixes` are where the reading lead leads: of what goes round her
    she is told nothing but that something stands in the way."""
    adult = adult_of(row.child, row.guardian)
    plain = [
        *([] if row.identity_check != "not_checked" else ["identity"]),
        *([] if adult and _is_guardian(adult, row.child) else ["relation"]),
        *(["of_age"] if _of_age(row.child, timezone.localdate(now)) else []),
    ]
    circle = _circle(row.child, adult)
    accused = [
        entry for entry in _entries(circle) if suspicion.of_the_family(entry.kind, entry.data)
    ]
    told = [entry for entry in accused if codes.wider(prefixes, _skips(entry))]
    away = cases.parted(circle)
    shown = [case for case in away if codes.wider(prefixes, case.skips)]
    return Found(
        every=_named(plain, accused, away), told=_named(plain, told, shown)
    )  # fmt: skip


def adult_of(child: UUID, guardian: UUID) -> Mapping[str, Any] | None:
    """The registers of an adult of the child's household; None for anybody else."""
    home = children.households_of([child]).get(child)
    adults = children.guardians_of(home) if home else []
    return next((adult["registers"] for adult in adults if adult["id"] == guardian), None)


def relation_of(adult: Mapping[str, Any], child: UUID) -> Mapping[str, Any]:
    """What the adult is to the child: `{relationship, guardian}`, as far as anybody wrote it."""
    relations = adult.get("children")
    found = relations.get(str(child)) if isinstance(relations, Mapping) else None
    return found if isinstance(found, Mapping) else {}


def _is_guardian(adult: Mapping[str, Any], child: UUID) -> bool:
    """A parent, or who is written down as guardian; a delegate is none (Civil Code 27, Minors Protection Law 22)."""
    relation = relation_of(adult, child)
    return relation.get("guardian") in (True, "yes") or relation.get("relationship") in _PARENTS


def _of_age(child: UUID, on: date) -> bool:
    """From then on the right is the grown child's own. Of an unknown birth date nothing follows."""
    born = children.born_of(children.shown_children([child]).get(child, {}))
    return born is not None and ages.common(born, on) >= ADULT


def _circle(child: UUID, adult: Mapping[str, Any] | None) -> set[UUID]:
    """The child, who lives in the same household, and whoever else the adult is written down with."""
    home = children.households_of([child]).get(child)
    found = {child}
    if home is not None:
        found |= set(children.everybody().filter(household=home).values_list("id", flat=True))
    relations = (adult or {}).get("children")
    for written in relations if isinstance(relations, Mapping) else ():
        try:
            found.add(UUID(str(written)))
        except ValueError:
            continue
    return found


def _entries(circle: Collection[UUID]) -> list[Entry]:
    """Everything anybody wrote about them, applied or not: what waits for a person suspects too."""
    homes = set(children.households_of(circle).values())
    return oplog.load("file = ANY(%s)", [[*circle, *homes]])


def _skips(entry: Entry) -> str:
    return suspects.skipped(entry.data, sealed=entry.kind == "visit.sealed")


def _named(plain: list[str], accused: Collection[Any], parted: Collection[Any]) -> tuple[str, ...]:
    return (
        *plain,
        *(["suspect"] if accused else []),
        *(["guardianship"] if parted else []),
    )
