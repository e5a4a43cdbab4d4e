"""Whose caseload a child goes into: by the name and phone in the row, else whoever alone covers the village."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from backend.accounts import queries as accounts
from backend.caseload.models import Assignment
from backend.regions import codes

from .cells import plain
from .reading import Row
from .slips import Slip

ROLE = "village_supervisor"


@dataclass(frozen=True, slots=True)
class Supervisor:
    id: UUID
    name: str
    phone: str
    prefixes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Cover:
    """Who covers a child now (None: nobody) and how many assignments it has had."""

    person: UUID | None = None
    times: int = 0


def supervisors_of(villages: Collection[str], *, on: date) -> list[Supervisor]:
    """Everybody who is a supervisor of one of the villages on the day; three statements."""
    asked = {part for village in villages for part in ("", *codes.ancestors(village))}
    areas = accounts.working_in(asked, role=ROLE, on=on)
    cards = accounts.cards(areas)
    return [
        Supervisor(person, plain(card["name"]), plain(card["phone"]), tuple(areas[person]))
        for person, card in sorted(cards.items())
    ]


def covers(children: Collection[UUID]) -> dict[UUID, Cover]:
    found: dict[UUID, Cover] = {}
    rows = Assignment.objects.filter(file__in=children)
    for child, person, ended in rows.values_list("file", "person", "ends_on"):
        old = found.get(child, Cover())
        found[child] = Cover(old.person if ended else person, old.times + 1)
    return found


def choose(row: Row, supervisors: Iterable[Supervisor]) -> tuple[Supervisor | None, Slip | None]:
    """The supervisor of the row's village, and what somebody should look at."""
    here = [s for s in supervisors if codes.covers(s.prefixes, row.get("village"))]
    name, phone = plain(row.get("supervisor_name")), plain(row.get("supervisor_phone"))
    meant = _meant(here, name, phone)
    if meant is not None:
        return meant, None
    only = here[0] if len(here) == 1 else None
    if not name and not phone:
        return only, None if only else Slip(row.number, "", "roster.unassigned")
    code = "roster.supervisor_instead" if only else "roster.supervisor_unknown"
    column = "supervisor_name" if name else "supervisor_phone"
    return only, Slip(row.number, column, code, name or phone, only.name if only else "")


def _meant(here: Sequence[Supervisor], name: str, phone: str) -> Supervisor | None:
    """By phone and name; else by the one of them that fits a single person: the other was miswritten."""
    for fits in (
        [s for s in here if name and phone and (s.name, s.phone) == (name, phone)],
        [s for s in here if phone and s.phone == phone],
        [s for s in here if name and s.name == name],
    ):
        if len(fits) == 1:
            return fits[0]
    return None
