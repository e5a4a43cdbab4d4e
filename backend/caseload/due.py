"""Keeps the table of due visits: five statements, however many children."""

from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from backend.audit import services as audit
from backend.children import queries as children

from . import plan
from .errors import SettingUnknown
from .models import PlanSetting, VisitDue

# The audit's subject of a line that is about a county and not about a person or a file.
NOBODY = UUID(int=0)

LastSeen = Callable[[Collection[UUID]], Mapping[UUID, datetime]]


def replan(
    wanted: Collection[UUID],
    *,
    last_seen: LastSeen,
    now: datetime,
    registered: Mapping[UUID, datetime] | None = None,
    critical: Mapping[UUID, datetime] | None = None,
    monitored: Mapping[UUID, plan.Monitoring | None] | None = None,
) -> None:
    """Writes the due visit of each child anew, from what the tables say.

    `registered` and `critical` are the times of what has just happened, `monitored` are orders that
    were just given or taken back. Because everything else is
    read again, the order in which things arrive does not matter. Must run in a transaction: the
    rows are locked first, so that of two that write for one child the later one sees both.
    """
    if not wanted:
        return
    before = {
        row.child_id: row
        for row in VisitDue.objects.select_for_update()
        .filter(child__in=wanted)
        .order_by("child_id")
    }
    cards = children.plan_cards(wanted)
    settings = settings_of({card.county for card in cards})
    seen = last_seen([card.id for card in cards])
    rows = [
        _row(
            card, before.get(card.id), settings[card.county], seen.get(card.id),
            (registered or {}).get(card.id, now), (critical or {}).get(card.id),
            _ordered(before.get(card.id), monitored or {}, card.id),
        )
        for card in cards
    ]  # fmt: skip
    VisitDue.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["child"], update_fields=_COLUMNS
    )


_COLUMNS = [
    "last_visit", "critical_at", "monitor_days", "monitor_from", "monitor_until", "due_on", "basis",
    "supervisor_on", "township_on", "county_on",
]  # fmt: skip


def _ordered(
    before: VisitDue | None, monitored: Mapping[UUID, plan.Monitoring | None], child: UUID
) -> plan.Monitoring | None:
    """What was just ordered, else what stands."""
    if child in monitored:
        return monitored[child]
    if before is None or not (before.monitor_days and before.monitor_from and before.monitor_until):
        return None
    return plan.Monitoring(
        days=before.monitor_days, since=before.monitor_from, until=before.monitor_until
    )


def settings_of(counties: Collection[str]) -> dict[str, plan.Setting]:
    """Each county's plan: the defaults with what it has set differently."""
    rows = PlanSetting.objects.filter(county__in=counties).values_list("county", "overrides")
    own = dict(rows)
    return {county: plan.DEFAULT.with_(own.get(county, {})) for county in counties}


def _row(
    card: children.PlanCard, before: VisitDue | None, setting: plan.Setting,
    last_visit: datetime | None, registered: datetime, critical: datetime | None,
    monitoring: plan.Monitoring | None,
) -> VisitDue:  # fmt: skip
    known = [at for at in (before and before.critical_at, critical) if at]
    row = VisitDue(
        child_id=card.id,
        registered_on=before.registered_on if before else timezone.localdate(registered),
        last_visit=last_visit,
        critical_at=max(known, default=None),
    )
    if monitoring:
        row.monitor_days, row.monitor_from = monitoring.days, monitoring.since
        row.monitor_until = monitoring.until
    if card.status in children.LEFT:
        return row
    facts = plan.Facts(
        risk_level=card.risk_level, categories=tuple(card.categories),
        registered_on=row.registered_on, last_visit=last_visit, critical_at=row.critical_at,
        monitoring=monitoring,
    )  # fmt: skip
    due = plan.due(facts, setting)
    row.due_on, row.basis = due.on, due.basis
    row.supervisor_on, row.township_on, row.county_on = (
        due.supervisor_on,
        due.township_on,
        due.county_on,
    )
    return row


def replan_county(county: str, *, last_seen: LastSeen, now: datetime, chunk: int = 500) -> int:
    """Writes every due visit of a county anew, each chunk in a transaction; returns how many.

    For after the plan was set anew; `children.plan_cards` keeps out what has no file yet.
    """
    wanted = children.of_county(county)
    for start in range(0, len(wanted), chunk):
        with transaction.atomic():
            replan(wanted[start : start + chunk], last_seen=last_seen, now=now)
    return len(wanted)


@transaction.atomic
def configure(
    *, county: str, overrides: Mapping[str, int], actor: UUID | None, now: datetime
) -> None:
    """Sets what a county's plan has different from the defaults; `manage.py visit_plan` applies it.

    Raises `SettingUnknown` for a name that is not one of `plan.Setting` or a number below one.
    """
    wrong = [n for n, value in overrides.items() if n not in plan.NAMES or value < 1]
    if wrong:
        raise SettingUnknown(fields=tuple(wrong), names=", ".join(plan.NAMES))
    PlanSetting.objects.update_or_create(county=county, defaults={"overrides": dict(overrides)})
    audit.record(
        actor=actor, action="plan.configure", subject=NOBODY, county=county, now=now,
        detail={"overrides": dict(overrides)},
    )  # fmt: skip
