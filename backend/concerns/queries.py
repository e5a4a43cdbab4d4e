"""The office's queue and what other apps may ask about concerns. Every read is scoped by its viewer."""

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from backend.accounts import queries as accounts
from backend.audit import services as audit
from backend.caseload import queries as caseload
from backend.children import queries as children
from backend.common.errors import NotFound
from backend.regions import queries as regions

from . import danger, errors, evidence, scope
from .calendar import due
from .danger import open_concerns
from .models import ENDED, Concern, Escalation, Finding
from .possible import assignees, concerned, rule_titles, steps
from .scope import WORKERS, Reach, reach

__all__ = [
    "WORKERS", "Filters", "Item", "Reach", "apart", "assignees", "concerned", "counts", "detail",
    "endable", "has_open", "hidden", "items", "open_concerns", "queue", "reach", "rule_titles", "seen", "steps",
    "workable", "working_days_after",
]  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """Empty means any, except that without a status only what has not ended is shown."""

    status: tuple[str, ...] = ()
    severity: tuple[str, ...] = ()
    overdue: bool | None = None
    division: str = ""
    assigned_to: UUID | None = None
    unassigned: bool = False
    rule: str = ""
    level: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One row of the queue. A sealed one names neither the child nor the rules: see `detail`."""

    id: UUID
    revision: int
    status: str
    severity: str
    sealed: bool
    episode: int
    deadline: datetime
    overdue: bool
    child: UUID | None
    name: str
    birth_date: date | None
    division: str
    place: str
    rules: list[str]
    to: list[str]
    observed_at: datetime
    received_at: datetime
    late: timedelta
    opened_at: datetime
    acknowledged_at: datetime | None
    acknowledged_by: UUID | None
    assigned_to: UUID | None
    assignee: str
    resolved_at: datetime | None
    outcome: str
    level: str
    level_since: datetime
    skips: str
    kept_out: list[UUID]
    deadline_fallback: bool
    # Whether the police have to be told, and when and by whom a call is on record.
    for_police: bool
    reported_at: datetime | None
    reporter: str
    # Of how many events the police must hear and no call is on record.
    uncalled: int
    resume: str


def has_open(child: UUID) -> bool:
    """Whether anything about the child is not ended, sealed or not."""
    open_now = Escalation.objects.filter(file=child).exclude(status__in=ENDED)
    return open_now.exists() or bool(open_concerns([child]))


def seen(*, viewer: UUID, now: datetime) -> QuerySet[Any]:
    """The ids of the escalations that the viewer sees, for whoever narrows something by them."""
    visible = scope.visible(reach(viewer, on=timezone.localdate(now)))
    return Escalation.objects.filter(visible).values("id")


def read(*, viewer: UUID, now: datetime) -> QuerySet[Any]:
    """The ids of those that the viewer reads: of the children opened to her, sealed ones too."""
    return Escalation.objects.filter(_readable(viewer, now)[0]).values("id")


def opened_whole(*, viewer: UUID, now: datetime) -> dict[UUID, UUID]:
    """The children opened to her of whom no escalation stays closed all the same, with what opened each.

    What names no escalation of its own is opened by this: whom somebody accuses, or who is kept out, is
    not to find it there.
    """
    seen, opened = _readable(viewer, now)
    if not opened:
        return {}
    closed = Escalation.objects.filter(file__in=list(opened)).exclude(seen)
    kept = set(closed.values_list("file", flat=True))
    return {child: by for child, by in opened.items() if child not in kept}


def workable(*, viewer: UUID, escalation: UUID, now: datetime) -> Escalation:
    """An escalation that the viewer sees, for whoever goes on from it. Raises `NotFound`."""
    seen = scope.visible(reach(viewer, on=timezone.localdate(now)))
    row = Escalation.objects.filter(seen, id=escalation).first()
    if row is None:
        raise NotFound(fields=("escalation",))
    return row


def hidden(
    *, child: UUID, viewer: UUID, now: datetime, sealed: bool = True, reading: bool = False
) -> set[UUID]:
    """The child's escalations that the viewer does not see, and their findings; `sealed`: those too.

    `reading`: what two people have opened to her is not among them.
    """
    seen = scope.visible(reach(viewer, on=timezone.localdate(now)))
    if reading:
        seen, _ = _readable(viewer, now)
    rows = Escalation.objects.filter(file=child).exclude(seen)
    return _with_findings(rows if sealed else rows.filter(sealed=False))


def apart(child: UUID) -> set[UUID]:
    """The child's escalations that some of those who work there do not see, and their findings."""
    return _with_findings(
        Escalation.objects.filter(~Q(skips="") | ~Q(kept_out=[]) | Q(sealed=True), file=child)
    )


def _with_findings(rows: QuerySet[Escalation]) -> set[UUID]:
    found = dict(rows.values_list("id", "findings"))
    return {*found, *(finding for own in found.values() for finding in own)}


def working_days_after(moment: datetime, count: int) -> datetime:
    """The end of the nth working day after a moment, by the same calendar as all deadlines."""
    return due({"working_days": count}, received=moment).at


def endable(*, viewer: UUID, escalation: UUID, now: datetime) -> list[Concern]:
    """The open concerns that the viewer may end from an escalation, each by name; none for most."""
    at = reach(viewer, on=timezone.localdate(now))
    row = Escalation.objects.filter(scope.visible(at), id=escalation).first()
    if row is None or not at.allows("escalation.resolve", row):
        return []
    return danger.endable(row)


def queue(*, viewer: UUID, filters: Filters, now: datetime) -> QuerySet[Escalation]:
    """The viewer's queue, the next deadline first."""
    seen, _ = _readable(viewer, now)
    rows = Escalation.objects.filter(seen & _narrowed(filters, now))
    if filters.rule:
        rows = rows.filter(findings__overlap=_having(filters.rule))
    return rows.order_by("deadline", "id")


def _readable(viewer: UUID, now: datetime) -> tuple[Q, dict[UUID, UUID]]:
    """What she may read, and the children whose sealed matters are opened to her, with by what."""
    opened = caseload.opened_to(viewer, now=now)
    return scope.readable(reach(viewer, on=timezone.localdate(now)), opened), opened


def _narrowed(filters: Filters, now: datetime) -> Q:
    wanted = Q(status__in=filters.status) if filters.status else ~Q(status__in=ENDED)
    if filters.severity:
        wanted &= Q(severity__in=filters.severity)
    if filters.overdue is not None:
        late = Q(deadline__lt=now) & ~Q(status__in=ENDED)
        wanted &= late if filters.overdue else ~late
    if filters.division:
        wanted &= Q(division__startswith=filters.division)
    if filters.assigned_to:
        wanted &= Q(assigned_to=filters.assigned_to)
    if filters.level:
        wanted &= Q(level=filters.level)
    if filters.unassigned:
        wanted &= Q(assigned_to=None)
    return wanted


def _having(rule: str) -> ArraySubquery:
    """Sealed findings are left out: whoever may not open them must not probe their rules either."""
    found = Finding.objects.filter(file=OuterRef("file"), sealed=False, rule=rule)
    return ArraySubquery(found.values("id"))


def counts(*, viewer: UUID, now: datetime) -> dict[str, Any]:
    """How many have not ended: `{total, overdue, due_today, unassigned, status, severity}`."""
    seen, _ = _readable(viewer, now)
    waiting = Escalation.objects.filter(seen & ~Q(status__in=ENDED))
    late, soon = Q(deadline__lt=now), Q(deadline__gte=now, deadline__lt=_tomorrow(now))
    kinds = {
        "total": Count("id"),
        "overdue": Count("id", filter=late),
        "due_today": Count("id", filter=soon),
        "unassigned": Count("id", filter=Q(assigned_to=None)),
    }
    rows: list[Any] = list(waiting.values("status", "severity").annotate(**kinds))
    by = {"status": Counter[str](), "severity": Counter[str]()}
    for row in rows:
        for name, counter in by.items():
            counter[row[name]] += row["total"]
    return {kind: sum(row[kind] for row in rows) for kind in kinds} | by


def items(rows: Iterable[Escalation], *, viewer: UUID, now: datetime) -> list[Item]:
    """A page for showing, in a fixed number of statements. Each child named goes on the audit log."""
    page = list(rows)
    open_rows = [row for row in page if not row.sealed]
    cards = _cards(open_rows)
    rules = _rules({finding for row in open_rows for finding in row.findings})
    people = accounts.names(_named(page))
    places = regions.places({row.division for row in page})
    audit.record_each(
        [audit.Line(actor=viewer, subject=row.file, county=row.division[:6]) for row in open_rows],
        action="escalation.list",
        now=now,
        subject_type="child",
    )
    return [
        _item(
            row,
            None if row.sealed else cards[row.file],
            rules,
            people,
            places.get(row.division, ""),
            now,
        )
        for row in page
    ]


def detail(
    *, viewer: UUID, escalation: UUID, now: datetime, reason: str = ""
) -> tuple[Item, evidence.Evidence]:
    """One escalation with its evidence, opened and put on the audit log.

    Raises `NotFound`, and `ReasonRequired` for a sealed one without a reason.
    """
    seen, opened = _readable(viewer, now)
    row = Escalation.objects.filter(seen, id=escalation).first()
    if row is None:
        raise NotFound(fields=("escalation",))
    if row.sealed and not reason.strip():
        raise errors.ReasonRequired()
    broken = {"break_glass": str(opened[row.file])} if row.sealed and row.file in opened else {}
    # Of a sealed one the log says that it was opened and why, not whose it is.
    audit.record(
        actor=viewer, action="escalation.open" if row.sealed else "escalation.read",
        subject=row.id, subject_type="escalation", now=now, county=row.division[:6],
        detail={"reason": reason.strip(), **broken} if row.sealed else {"child": str(row.file)},
    )  # fmt: skip
    card = _cards([row])[row.file]
    people = accounts.names(_named([row]))
    place = regions.places([row.division]).get(row.division, "")
    return _item(row, card, _rules(row.findings), people, place, now), evidence.of(row)


def _named(rows: Iterable[Escalation]) -> set[UUID]:
    """Who works on it and who told the police; of a sealed one, only once it is opened."""
    return {who for row in rows for who in (row.assigned_to, row.reported_by) if who}


def _cards(rows: Collection[Escalation]) -> dict[UUID, dict[str, Any]]:
    """The children's registers; a child whose file is still a stub has an empty card."""
    files = {row.file for row in rows}
    return {file: {} for file in files} | children.shown_children(files)


def _rules(findings: Collection[UUID]) -> dict[UUID, str]:
    return dict(Finding.objects.filter(id__in=findings).values_list("id", "rule"))


def _tomorrow(now: datetime) -> datetime:
    midnight = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight + timedelta(days=1)


def _item(
    row: Escalation, card: dict[str, Any] | None, rules: dict[UUID, str], people: dict[UUID, str],
    place: str, now: datetime,
) -> Item:  # fmt: skip
    """Without a card the row is sealed and not opened."""
    return Item(
        id=row.id, revision=row.revision, status=row.status, severity=row.severity,
        sealed=row.sealed, episode=row.episode, deadline=row.deadline,
        overdue=row.status not in ENDED and row.deadline < now,
        child=None if card is None else row.file, name=children.name_of(card or {}),
        birth_date=children.born_of(card or {}),
        division=row.division, place=place,
        rules=sorted({rules[finding] for finding in row.findings if finding in rules}),
        to=row.to, observed_at=row.observed_at, received_at=row.received_at,
        late=row.received_at - row.observed_at, opened_at=row.opened_at,
        acknowledged_at=row.acknowledged_at, acknowledged_by=row.acknowledged_by,
        assigned_to=row.assigned_to,
        assignee=people.get(row.assigned_to, "") if row.assigned_to else "",
        resolved_at=row.resolved_at, outcome=row.outcome,
        level=row.level, level_since=row.level_since, skips=row.skips, kept_out=row.kept_out,
        deadline_fallback=row.deadline_fallback, for_police="police" in row.to,
        reported_at=row.reported_at,
        reporter=people.get(row.reported_by, "") if row.reported_by and card is not None else "",
        uncalled=len(row.uncalled_since), resume=row.resume,
    )  # fmt: skip


def accusing(level: str) -> Q:
    """Whether a row's operation (`op` in `file`) is a report that accuses somebody at a level."""
    own = Concern.objects.filter(file=OuterRef("file"), op=OuterRef("op"), skips=level)
    return Q(Exists(own))
