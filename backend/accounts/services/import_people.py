"""Many people with their roles in one call: the supervisors of a whole county."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from backend.common.errors import DomainError

from ..errors import PersonKnown, RowsFaulty, UsernameTaken
from ..models import Person, RoleGrant
from . import area
from .passwords import check_password
from .people import NewPerson, known, people_store
from .roles import check_dates, grant_row, record_granted

Problems = dict[int, list[dict[str, Any]]]


@transaction.atomic
def people_create(
    *, rows: Sequence[NewPerson], actor: UUID, now: datetime, dry_run: bool = False
) -> list[UUID | None]:
    """All rows or none, in a fixed number of statements; the new id of each row, None in a dry run.

    Somebody belongs where her role is, or else to the actor's first division. Raises `RowsFaulty`
    with every problem of every row.
    """
    own = area.areas(actor, now) or []
    rows = [replace(row, division=row.division or [*row.prefixes, *own][0]) for row in rows]
    problems = _problems(rows, own=own, now=now)
    if problems:
        raise RowsFaulty(
            faulty=len(problems),
            details=[{"row": place, "errors": found} for place, found in sorted(problems.items())],
        )
    if dry_run:
        return [None] * len(rows)
    today = timezone.localdate(now)
    people = people_store(rows, actor=actor, now=now)
    grants = RoleGrant.objects.bulk_create(
        grant_row(person.id, row.role, row.prefixes, row.starts_on or today, row.ends_on)
        for person, row in zip(people, rows, strict=True)
        if row.role
    )
    record_granted(grants, actor=actor, now=now)
    return [person.id for person in people]


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
