"""Many people with their roles in one call: the supervisors of a whole county."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.utils import timezone

from backend.common.errors import DomainError
from sync.protocol import ids

from .. import queries
from ..errors import PersonKnown, ReasonMissing, RowsFaulty, UsernameTaken
from ..models import Confirmation, Person, RoleGrant
from . import area
from .passwords import check_password
from .people import NewPerson, known, people_store
from .roles import check_dates, grant_row, record_granted, role_ask

Problems = dict[int, list[dict[str, Any]]]
# How many rows are ready, and of how many.
Step = Callable[[int, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """The new id of each row, and the requests that wait for a second person."""

    people: list[UUID]
    waiting: list[UUID]


def people_check(
    *, rows: Sequence[NewPerson], actor: UUID, now: datetime, reason: str = ""
) -> list[NewPerson]:
    """The rows with a division each, as they can be written; writes nothing.

    Somebody belongs where her role is, or else to the actor's first division. Raises `RowsFaulty` with
    every problem of every row, and `ReasonMissing`.
    """
    own = area.areas(actor, now) or []
    rows = [replace(row, division=row.division or [*row.prefixes, *own][0]) for row in rows]
    problems = _problems(rows, own=own, now=now)
    if problems:
        raise RowsFaulty(
            faulty=len(problems),
            details=[{"row": place, "errors": found} for place, found in sorted(problems.items())],
        )
    if not reason.strip() and any(row.role in queries.GUARDED for row in rows):
        raise ReasonMissing()
    return rows


def people_create(
    *, rows: Sequence[NewPerson], actor: UUID, now: datetime, made: UUID, step: Step,
    reason: str = "",
) -> Imported:  # fmt: skip
    """All rows or none, in a fixed number of statements, and some for each guarded role.

    Guarded roles are only asked for, with one reason for all. Under the same `made` a second attempt
    finds what the first has written. `step` is told how many rows of how many are ready, the last time
    before it is decided: what it raises undoes everything. Must not run within a transaction: hashes of
    passwords take minutes. Raises what `people_check` raises.
    """
    names = [ids.derived(made, "person", str(place)) for place in range(len(rows))]
    if Person.objects.filter(id=names[0]).exists():
        return Imported(people=names, waiting=_asked_for(names, actor=actor))
    hashed = list[NewPerson]()
    for place, row in enumerate(people_check(rows=rows, actor=actor, now=now, reason=reason)):
        if row.password is not None:
            step(place, len(rows))
            row = replace(row, hashed=make_password(row.password))
        hashed.append(row)
    with transaction.atomic():
        # Minutes later somebody else may have written the same people.
        people_check(rows=hashed, actor=actor, now=now, reason=reason)
        written = _write(hashed, names=names, actor=actor, now=now, reason=reason)
        step(len(rows), len(rows))
    return written


def _write(
    rows: Sequence[NewPerson], *, names: Sequence[UUID], actor: UUID, now: datetime, reason: str
) -> Imported:
    today = timezone.localdate(now)
    people = people_store(rows, actor=actor, now=now, names=names)
    wanted = [
        grant_row(person.id, row.role, row.prefixes, row.starts_on or today, row.ends_on)
        for person, row in zip(people, rows, strict=True)
        if row.role
    ]
    grants = RoleGrant.objects.bulk_create(one for one in wanted if one.role not in queries.GUARDED)
    record_granted(grants, actor=actor, now=now)
    waiting = [
        role_ask(one, reason=reason, actor=actor, now=now).id
        for one in wanted
        if one.role in queries.GUARDED
    ]
    return Imported(people=[person.id for person in people], waiting=waiting)


def _asked_for(names: Sequence[UUID], *, actor: UUID) -> list[UUID]:
    """In the rows' order."""
    rows = Confirmation.objects.filter(kind="role.grant", asked_by=actor, subject__in=names)
    place = {name: number for number, name in enumerate(names)}
    return [row.id for row in sorted(rows, key=lambda row: place[row.subject])]


def _problems(rows: Sequence[NewPerson], *, own: Sequence[str], now: datetime) -> Problems:
    """By place in the sheet, from 0."""
    today = timezone.localdate(now)
    found: Problems = {}
    wanted = [row.username for row in rows if row.username]
    taken = set(Person.objects.filter(username__in=wanted).values_list("username", flat=True)) | {
        name for name, count in Counter(wanted).items() if count > 1
    }
    registered = known(rows, areas=own, now=now)
    seen: set[tuple[str, str]] = set()
    for place, row in enumerate(rows):
        errors: list[DomainError] = []
        try:
            area.check_prefixes(row.prefixes, areas=own)
            area.check_prefixes([row.division], areas=own, field="division")
            check_dates(row.starts_on or today, row.ends_on)
            if row.password is not None:
                check_password(row.password)
        except DomainError as error:
            errors.append(error)
        if row.username in taken:
            errors.append(UsernameTaken(username=row.username))
        if place in registered or (row.name, row.phone) in seen:
            errors.append(PersonKnown())
        seen.add((row.name, row.phone))
        if errors:
            found[place] = [error.as_dict() for error in errors]
    return found
