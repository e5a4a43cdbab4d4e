"""Whom a phone can call when there is no signal: the offices, and the persons behind them.

Offices and national lines are for everybody who holds the phone; a person's own number is for those who
opened it, and only of the phone's own township and county. See decisions/0003.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.utils import timezone

from backend.accounts import queries as accounts
from backend.concerns.rules.contacts import Contact, contacts
from backend.duty import queries as duty
from backend.regions import codes

from . import directory
from .models import Organisation

Line = dict[str, Any]
Placed = tuple[Mapping[str, Any], str]  # with the division that it serves
# A phone may be without a signal for weeks: whoever is on duty by then has to be on it.
AHEAD = timedelta(days=14)
_TOWNSHIP, _ON_DUTY = "township", "county_duty"
_SUPERVISOR, _LEAD, _OFFICER = "township_supervisor", "county_lead", "county_officer"
_SAID = ("name", "kind", "phone", "hours", "as_of")


def offices(areas: Collection[str], rows: Iterable[Organisation]) -> dict[str, list[Line]]:
    """For each recipient of a rule: a national line, then who serves the place, the narrowest area
    first, then who sits elsewhere in the township. Areas have six digits or more.
    """
    near = local(areas, rows)
    return {
        code: [*national(contact), *_answering(contact, near)]
        for code, contact in contacts().items()
    }


def national(contact: Contact) -> list[Line]:
    return _answering(contact, [(line, codes.COUNTRY) for line in directory.hotlines()])


def local(areas: Collection[str], rows: Iterable[Organisation]) -> list[Placed]:
    ranked = [(place, row) for row in rows if (place := _nearness(row.division, areas))]
    near = sorted(ranked, key=lambda found: found[0])
    return [(directory.line_of(row), row.division) for _, row in near]


def _answering(contact: Contact, lines: Iterable[Placed]) -> list[Line]:
    return [
        {name: line[name] for name in _SAID if name in line}
        for line, division in lines
        if contact.answers(line["kind"], division)
    ]


def _nearness(division: str, areas: Collection[str]) -> tuple[int, int] | None:
    """The less, the nearer; None for what serves another township or county."""
    if any(area.startswith(division) for area in areas):
        return 0, -len(division)
    if any(division.startswith(area[:9]) for area in areas):
        return 1, -len(division)
    return None


class Persons:
    """Those who can be called in some places; six statements for all of them.

    A county's leads stand in where its roster has a gap, as they do for the server.
    """

    def __init__(self, areas: Collection[str], *, now: datetime) -> None:
        today = timezone.localdate(now)
        self._start = timezone.make_aware(datetime.combine(today, time.min))
        places = {area[:length] for area in areas for length in (6, 9) if len(area) >= length}
        self._turns = duty.turns(places, start=self._start, end=self._start + AHEAD)
        roles = [_SUPERVISOR, _LEAD, _OFFICER]
        self._holders = accounts.holding(areas, roles=roles, on=today)
        team = {p for own in self._turns.values() for turn in own for p in turn.people}
        self._cards = accounts.cards({*team, *(holder.person for holder in self._holders)})

    def of(self, areas: Collection[str]) -> dict[str, list[Line]]:
        """By recipient. Nobody is in it who has no number."""
        townships = sorted({area[:9] for area in areas if len(area) >= 9})
        counties = sorted({area[:6] for area in areas})
        supervisors = [p for area in areas for p in self._with(_SUPERVISOR, area, (9, 12))]
        stand_in = [p for county in counties for p in self._standing_in(county)]
        return {
            _TOWNSHIP: [*self._on_duty(townships), *self._always(supervisors)],
            _ON_DUTY: [*self._on_duty(counties), *self._always(stand_in)],
        }

    def _standing_in(self, county: str) -> list[UUID]:
        if self._is_covered(county):
            return []
        return self._with(_LEAD, county, (6,)) or self._with(_OFFICER, county, (6,))

    def _is_covered(self, division: str) -> bool:
        """Whether somebody with a number is on duty all the time that is looked ahead."""
        reached = self._start
        for turn in self._turns[division]:
            if turn.starts_at <= reached and any(self._number(p) for p in turn.people):
                reached = max(reached, turn.ends_at)
        return reached >= self._start + AHEAD

    def _with(self, role: str, division: str, digits: Sequence[int]) -> list[UUID]:
        return [
            holder.person
            for holder in self._holders
            if holder.role == role
            and codes.covers([p for p in holder.prefixes if len(p) in digits], division)
        ]

    def _on_duty(self, divisions: Iterable[str]) -> list[Line]:
        return [
            {
                **self._card(person), **({"deputy": True} if place else {}),
                "from": turn.starts_at.isoformat(), "until": turn.ends_at.isoformat(),
            }
            for division in divisions
            for turn in self._turns[division]
            for place, person in enumerate(p for p in turn.people if self._number(p))
        ]  # fmt: skip

    def _always(self, people: Iterable[UUID]) -> list[Line]:
        """In an order of their own: the database's would change a part that says the same."""
        lines = [self._card(person) for person in set(people) if self._number(person)]
        return sorted(lines, key=lambda line: (line["name"], line["phone"]))

    def _card(self, person: UUID) -> Line:
        return {"name": self._cards[person]["name"], "phone": self._number(person)}

    def _number(self, person: UUID) -> str:
        return self._cards.get(person, {}).get("phone", "")


def reachable(townships: Collection[str], *, now: datetime) -> dict[str, frozenset[str]]:
    """The recipients of rules that have a number, an office's or a person's, on a phone of each
    township; seven statements for all.
    """
    counties = {township[:6] for township in townships}
    rows = directory.callable_in(counties)
    here = {c: [r for r in rows if c.startswith(r.division[:6])] for c in counties}
    persons = Persons(townships, now=now)
    nation = {
        code for code, contact in contacts().items() if contact.national and national(contact)
    }
    found: dict[str, frozenset[str]] = {}
    for township in townships:
        own = local([township], here[township[:6]])
        book = ({code: _answering(contact, own) for code, contact in contacts().items()},
                persons.of([township]))  # fmt: skip
        called = {code for part in book for code, lines in part.items() if lines}
        found[township] = frozenset(called | nation)
    return found
