"""Reads of editions and rehearsals, each scoped by its viewer."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone

from backend.accounts import queries as accounts
from backend.audit import services as audit
from backend.common import encrypted
from backend.common.errors import NotFound
from backend.regions import codes
from backend.regions import queries as regions

from .. import judge
from ..models import Rehearsal, RulesEdition
from ..rules import diff
from ..rules.model import ruleset
from . import checking, numbers, scope
from .results import Example, Line, lines, totals

STEPS = {
    "draft": ("rehearse", "revise", "retire"),
    "rehearsed": ("rehearse", "revise", "approve", "retire"),
    "approved": ("publish", "retire"),
    "published": ("retire",),
    "retired": (),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """One edition with what its viewer may do next."""

    id: UUID
    division: str
    place: str
    version: int | None
    status: str
    sha256: str
    drafted_at: datetime
    author: str
    approved_at: datetime | None
    approved_by: str
    published_at: datetime | None
    published_by: str
    retired_at: datetime | None
    retired_by: str
    steps: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """`valid`: whether it would do for an approval of the edition as it stands. `percent` of the files,
    whose number is not for everybody.
    """

    id: UUID
    edition: UUID
    sha256: str
    against: str
    since: Any
    status: str
    valid: bool
    percent: int
    started_at: datetime
    finished_at: datetime | None
    totals: list[Line]
    lines: list[Line]
    examples: list[Example]


def editions(*, viewer: UUID, now: datetime) -> QuerySet[RulesEdition]:
    """National ones first, then by division; the newest first within."""
    own = scope.area(viewer, on=timezone.localdate(now))
    return RulesEdition.objects.filter(scope.visible(own)).order_by(
        "division", "-drafted_at", "-id"
    )


def cards(rows: Iterable[RulesEdition], *, viewer: UUID, now: datetime) -> list[Card]:
    """A page of them, in a fixed number of statements."""
    page = list(rows)
    own = scope.area(viewer, on=timezone.localdate(now))
    people = {who for row in page for who in (row.author, row.approved_by, row.published_by,
                                              row.retired_by) if who}  # fmt: skip
    names = accounts.names(people)
    places = regions.places({row.division for row in page})
    return [_card(row, own, viewer, names, places) for row in page]


def _card(
    row: RulesEdition, own: scope.Area, viewer: UUID, names: dict[UUID, str], places: dict[str, str]
) -> Card:
    def name(who: UUID | None) -> str:
        return names.get(who, "") if who else ""

    return Card(
        id=row.id, division=row.division, place=places.get(row.division) or row.division,
        version=row.version, status=row.status, sha256=row.sha256,
        drafted_at=row.drafted_at, author=name(row.author),
        approved_at=row.approved_at, approved_by=name(row.approved_by),
        published_at=row.published_at, published_by=name(row.published_by),
        retired_at=row.retired_at, retired_by=name(row.retired_by),
        steps=_steps(row, viewer) if own.may(row.division) else [],
    )  # fmt: skip


def _steps(row: RulesEdition, viewer: UUID) -> list[str]:
    in_force = row.status == "published" and not row.division
    return [
        step
        for step in STEPS[row.status]
        if not (step == "approve" and row.author == viewer) and not (step == "retire" and in_force)
    ]


def edition(*, edition: UUID, viewer: UUID, now: datetime) -> RulesEdition:
    """Raises `NotFound`."""
    row = editions(viewer=viewer, now=now).filter(id=edition).first()
    if row is None:
        raise NotFound(fields=("edition",))
    return row


def in_force(division: str) -> RulesEdition | None:
    """What an edition of this division would take the place of."""
    return RulesEdition.objects.filter(division=division, status="published").first()


def differences(
    *, before: UUID, after: UUID, viewer: UUID, now: datetime
) -> list[diff.RuleDifference]:
    """Rule by rule. Raises `NotFound`."""
    one, other = (edition(edition=id_, viewer=viewer, now=now) for id_ in (before, after))
    return compared(one.content, other.content)


def compared(before: Any, after: Any) -> list[diff.RuleDifference]:
    """Of two contents of one kind; a variant's lines are taken for rules."""
    return diff.between(_documents(before), _documents(after))


def unfitting(row: RulesEdition, *, viewer: UUID, now: datetime) -> dict[str, list[str]]:
    """What variants in the viewer's area would lose when these national rules are published."""
    if row.division or row.status in ("published", "retired"):
        return {}
    own = scope.area(viewer, on=timezone.localdate(now))
    found = checking.unfitting(ruleset(row.content))
    return {division: faults for division, faults in found.items() if own.sees(division)}


def unreachable(row: RulesEdition, *, viewer: UUID, now: datetime) -> list[numbers.Lack]:
    """Whom these rules name without a number that a phone in the viewer's area could call."""
    if row.status == "retired":
        return []
    own = scope.area(viewer, on=timezone.localdate(now))
    areas = {*own.administers, *own.sealed}
    return numbers.of_content(row.content, row.division, areas=areas, now=now)


def _documents(content: Any) -> list[dict[str, Any]]:
    if isinstance(content, list):
        return content
    lines = [{"id": f"{one['rule']}.{one['branch']}", **one} for one in content.get("branches", [])]
    levels = content.get("risk_levels", {})
    return [*lines, *({"id": code, **shown} for code, shown in levels.items())]


def rehearsals(*, edition: UUID) -> QuerySet[Rehearsal]:
    """The latest first. Whoever asks has seen the edition."""
    return Rehearsal.objects.filter(edition=edition).order_by("-started_at", "-id")


def result(*, rehearsal: UUID, viewer: UUID, now: datetime) -> Result:
    """What the viewer may see of it. Each child of an example goes on the audit log.

    Raises `NotFound`.
    """
    own = scope.area(viewer, on=timezone.localdate(now))
    row = Rehearsal.objects.select_related("edition").filter(id=rehearsal).first()
    if row is None or not own.sees(row.edition.division):
        raise NotFound(fields=("rehearsal",))
    shown = lines(
        row.counts, row.sealed_rules, lambda county, sealed: own.counts(county, sealed=sealed)
    )
    standing = (row.edition.sha256, judge.in_force().sha256)
    return Result(
        id=row.id, edition=row.edition_id, sha256=row.sha256, against=row.against, since=row.since,
        status=row.status, percent=_percent(row),
        valid=row.status == "finished" and (row.sha256, row.against) == standing,
        started_at=row.started_at, finished_at=row.finished_at, totals=totals(shown), lines=shown,
        examples=_examples(row, own, viewer, now),
    )  # fmt: skip


def _percent(row: Rehearsal) -> int:
    return 100 if row.status == "finished" else min(99, 100 * row.files_done // max(row.files, 1))


def _examples(row: Rehearsal, own: scope.Area, viewer: UUID, now: datetime) -> list[Example]:
    """Only where she administers: a county lead comes for numbers, and has her queue for children."""
    samples = [
        sample
        for sample in row.samples.order_by("county", "rule", "id")
        if codes.covers(own.administers, sample.county)
    ]
    ciphers = encrypted.keys({sample.file for sample in samples})
    known = [sample for sample in samples if sample.file in ciphers]
    audit.record_each(
        [audit.Line(actor=viewer, subject=s.file, county=s.county) for s in known],
        action="rules.sample", now=now, subject_type="child",
    )  # fmt: skip
    return [
        Example(
            county=sample.county, rule=sample.rule, change=sample.change, op=sample.op,
            file=sample.file, branch=sample.branch, severity=sample.severity,
            facts=ciphers[sample.file].open_json(sample.sealed),
        )
        for sample in known
    ]  # fmt: skip


def by_hash(sha256: str, *, reader: UUID, now: datetime) -> RulesEdition:
    """What a phone is told to judge by, in force or retired; a variant where the reader has a role.

    Raises `NotFound`.
    """
    reach = tuple(accounts.prefixes(reader, on=timezone.localdate(now)))
    own = scope.Area(administers=reach, sealed=())
    row = (
        RulesEdition.objects.filter(scope.visible(own), sha256=sha256, published_at__isnull=False)
        .order_by("published_at")
        .first()
    )
    if row is None:
        raise NotFound(fields=("sha256",))
    return row
