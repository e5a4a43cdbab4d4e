"""Which children's files have passed their time, for those who administer or lead there."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import Q, QuerySet
from django.utils import timezone

from backend.accounts import queries as accounts
from backend.accounts.models import OPEN_STATES, Confirmation
from backend.audit import services as audit
from backend.children import queries as children

from . import schedule

# They are whom every erasure needs: a lead asks, either confirms.
READERS = ("administrator", "county_lead")
ASKERS = ("county_lead",)
CHILD_FILE = "child_file"
ADULT = 18


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A file that is due since `due_on`; `waiting`: its erasure has been asked for. Nothing tells whether
    something is open about the child: whoever may not know of it would learn of it here."""

    id: UUID
    name: str
    division: str
    birth_date: date | None
    due_on: date | None
    waiting: bool


def today(now: datetime) -> date:
    return timezone.localdate(now)


def years(county: str) -> int:
    """After the year of the 18th birthday: the county's own number, or the schedule's."""
    own: int | None = settings.HUXING_KEEP_YEARS_BY_COUNTY.get(county)
    default = schedule.lines()[CHILD_FILE].years
    assert default is not None
    return default if own is None else own


def due(*, viewer: UUID, now: datetime) -> QuerySet[Any]:
    """The children whose files have passed their time where she administers or leads."""
    areas = accounts.prefixes(viewer, on=today(now), roles=READERS)
    return _due(now).filter(children.lives_in(areas)).order_by("id")


def counties_due(*, now: datetime) -> list[str]:
    """The counties in which there are any."""
    return sorted(set(_due(now).order_by().values_list("shard", flat=True).distinct()))


def _due(now: datetime) -> QuerySet[Any]:
    own = settings.HUXING_KEEP_YEARS_BY_COUNTY
    passed = ~Q(shard__in=list(own)) & children.born_until(_last_year(now, years("")))
    for county in own:
        passed |= Q(shard=county) & children.born_until(_last_year(now, years(county)))
    return children.everybody().filter(passed)


def _last_year(now: datetime, kept: int) -> int:
    """Of birth: what `due_on` says, backwards."""
    return today(now).year - ADULT - kept - 1


def due_on(born: date, county: str) -> date:
    """Counted from the end of the year, as archives are: of a birth date the tables hold no more than the year."""
    return date(born.year + ADULT + years(county) + 1, 1, 1)


def items(rows: Sequence[Any], *, viewer: UUID, now: datetime) -> list[Item]:
    """A page of `due`, in a fixed number of statements; each child named is audited."""
    audit.record_each(
        [audit.Line(actor=viewer, subject=row.id, county=row.shard) for row in rows],
        action="retention.read", subject_type="child", now=now,
    )  # fmt: skip
    cards = children.opened(rows)
    asked = Confirmation.objects.filter(
        kind="file.erase", subject__in=[row.id for row in rows], state__in=OPEN_STATES
    )
    waiting = set(asked.values_list("subject", flat=True))
    return [_item(row, cards.get(row.id, {}), row.id in waiting) for row in rows]


def _item(row: Any, card: dict[str, Any], waiting: bool) -> Item:
    born = children.born_of(card)
    return Item(
        id=row.id, name=children.name_of(card), division=row.division, birth_date=born,
        due_on=due_on(born, row.shard) if born else None, waiting=waiting,
    )  # fmt: skip
