"""Recent visits that bear a sign, for the township and the county. Signs, never accusations.

No child is named and no word is shown: whoever looks further opens the file, and that is on the audit log.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.utils import timezone

from backend.accounts import queries as accounts
from backend.audit import services as audit
from backend.caseload import scope as caseload
from backend.children import queries as children
from backend.regions import queries as regions
from backend.visits import history
from backend.visits.models import VisitPart

from . import undecided

# [P] So far it looks back, and so many visits at most.
DAYS, MOST = 30, 300
UNASKED = "unasked"


# One of the list before it is shown: the visit and its signs.
Marked = tuple[VisitPart, list[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """One visit to one child. `signs`: codes of `visit_sign`; `person` made the visit."""

    part: UUID
    child: UUID
    observed: datetime
    division: str
    place: str
    person: UUID
    name: str
    signs: list[str]


def listed(*, viewer: UUID, now: datetime) -> list[Marked]:
    """The visits of the viewer's area with a sign, the last one first, in a fixed number of statements."""
    reach = caseload.reach(viewer, on=timezone.localdate(now))
    own = children.everybody().filter(children.lives_in({*reach.township, *reach.county}))
    signed = history.signs_of(
        own.values("id"), since=now - timedelta(days=DAYS), most=MOST, viewer=viewer, now=now
    )
    gaps = undecided.by_part({part.op: part.id for part, _ in signed}, sealed=None)
    found = [
        (part, [*signs, UNASKED] if undecided.is_much(gaps.get(part.id, [])) else signs)
        for part, signs in signed
    ]
    return [(part, signs) for part, signs in found if signs]


def key(marked: Marked) -> list[Any]:
    """What the list ascends by."""
    part, _ = marked
    return [-part.observed.timestamp(), str(part.id)]


def items(found: Sequence[Marked], *, viewer: UUID, now: datetime) -> list[Look]:
    """What is shown of some of `listed`, in a fixed number of statements; audited for each child."""
    rows = children.everybody().filter(id__in={part.file for part, _ in found})
    lives = dict(rows.values_list("id", "division"))
    names = accounts.names({part.person for part, _ in found})
    places = regions.places(set(lives.values()))
    audit.record_each(
        [audit.Line(actor=viewer, subject=child, county=lives[child][:6]) for child in sorted(lives)],
        action="child.signs", subject_type="child", now=now,
    )  # fmt: skip
    return [
        Look(
            part=part.id, child=part.file, observed=part.observed, division=lives[part.file],
            place=places.get(lives[part.file], ""), person=part.person,
            name=names.get(part.person, ""), signs=signs,
        )
        for part, signs in found
        if part.file in lives
    ]  # fmt: skip
