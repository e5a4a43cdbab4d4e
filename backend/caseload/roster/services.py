"""The way in for the command and the API: plan, hand over, keep the report, write the audit line."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from backend.accounts import queries as accounts
from backend.audit import services as audit
from backend.caseload.models import RosterImport
from backend.common import encrypted
from backend.common.errors import NotFound
from backend.regions import codes
from sync.protocol import ids

from . import importing, queries
from .errors import DivisionNeeded, ImporterUnclear
from .report import report

_COUNTY = 6


def preview(
    *, table: Sequence[Sequence[Any]], division: str, person: UUID, now: datetime
) -> dict[str, Any]:
    """The report of what an import would do; see `report.report`. Writes only the audit line."""
    plan = importing.plan(table=table, prefixes=[division], person=person, now=now)
    told = report(plan)
    _audit("roster.preview", ids.uuid7(now), told, person, division, now)
    return told


def import_roster(
    *, table: Sequence[Sequence[Any]], division: str, person: UUID, now: datetime,
    at: datetime | None = None, progress: importing.Progress = lambda done, total: None,
    made: UUID | None = None,
) -> RosterImport:  # fmt: skip
    """Imports and keeps the report, sealed. Must not run inside a transaction; see `importing.run`.

    `made` is the id that the import gets; one that was begun under it goes on.
    """
    plan = importing.plan(table=table, prefixes=[division], person=person, now=now, at=at)
    row = RosterImport(id=made or ids.uuid7(now), person=person, at=now, division=division)
    row.operations = len(plan.drafts)
    with transaction.atomic():
        told = report(plan)
        _keep(row, told)
        _audit("roster.import", row.id, told, person, division, now)

    def step(done: int, total: int) -> None:
        RosterImport.objects.filter(id=row.id).update(done=done)
        progress(done, total)

    importing.run(plan, now=now, progress=step)
    row.done = row.operations
    _keep(row, report(plan))
    return row


def narrowed(own: Sequence[str], division: str) -> str:
    """Where an administrator imports: the division she names, or her only one.

    Raises `CodeMalformed`, `NotFound` outside her area and `DivisionNeeded` for more than a county.
    """
    asked = division or (own[0] if len(own) == 1 else "")
    if division and codes.level(division) and not codes.covers(own, division):
        raise NotFound(fields=("division",))
    if len(asked) < _COUNTY:
        raise DivisionNeeded
    return asked


def read(made: RosterImport) -> dict[str, Any]:
    """The stored report."""
    told: dict[str, Any] = encrypted.key(made.id).open_json(made.sealed)
    return told


def opened(*, made: UUID, own: Sequence[str], reader: UUID, now: datetime) -> RosterImport:
    """An import of the reader's area with its report, and the line that she read it. Raises `NotFound`."""
    found = queries.imports(own).filter(id=made).defer(None).first()
    if found is None:
        raise NotFound(fields=("id",))
    _audit("roster.read", found.id, read(found), reader, found.division, now)
    return found


def importer(*, username: str | None, division: str, now: datetime) -> UUID:
    """Who answers for an import into the division: the named administrator, or its only one.

    Raises `CodeMalformed`, `DivisionNeeded`, `NotFound` for somebody who is no administrator there, and
    `ImporterUnclear` if there is not just one.
    """
    asked = ["", *codes.ancestors(division)]
    if len(division) < _COUNTY:
        raise DivisionNeeded
    able = accounts.working_in(asked, role="administrator", on=timezone.localdate(now))
    if username is not None:
        person = accounts.person_named(username)
        if person is None or person not in able:
            raise NotFound(fields=("as",))
        return person
    if len(able) != 1:
        raise ImporterUnclear(count=len(able))
    return next(iter(able))


def _keep(made: RosterImport, told: Mapping[str, Any]) -> None:
    made.counts = dict(told["counts"])
    made.sealed = encrypted.key(made.id, create=True).seal_json(told)
    made.save()


def _audit(
    action: str, subject: UUID, told: Mapping[str, Any], person: UUID, division: str, now: datetime
) -> None:
    """Names of filed children that look alike leave the server with the report: they are listed."""
    filed = sorted(
        child
        for pair in told["likely_duplicates"]
        for child, row in zip(pair["children"], pair["rows"], strict=True)
        if not row
    )
    audit.record(
        actor=person, action=action, subject=subject, subject_type="roster", now=now,
        county=division[:6], detail={"division": division, "counts": told["counts"], "shown": filed},
    )  # fmt: skip
