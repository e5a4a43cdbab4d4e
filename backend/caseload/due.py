"""Keeps the table of due visits: seven statements at most, however many children."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from backend.audit import services as audit
from backend.children import queries as children
from fieldforms import risk

from . import plan
from .dangers import open_dangers
from .errors import SettingUnknown
from .models import PlanSetting, RestrictedDanger, VisitDue

# The audit's subject of a line that is about a county and not about a person or a file.
NOBODY = UUID(int=0)

LastSeen = Callable[[Collection[UUID]], Mapping[UUID, datetime]]


def replan(
    wanted: Collection[UUID],
    *,
    last_seen: LastSeen,
    now: datetime,
    registered: Mapping[UUID, datetime] | None = None,
    critical: Mapping[UUID, datetime | None] | None = None,
    monitored: Mapping[UUID, plan.Monitoring | None] | None = None,
) -> None:
    """Writes the due visit of each child anew, from what the tables say.

    `registered` are the times of what has just happened, `critical` the last danger of each child whose
    dangers have just changed, `monitored` orders that were just given or taken back. Because everything
    else is read again, the order in which things arrive does not matter. Must run in a transaction: the
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
    danger = {file: level for file, level, _ in open_dangers([card.id for card in cards])}
    facts = {
        card.id: _facts(
            card, before.get(card.id), seen.get(card.id), danger.get(card.id, ""),
            (registered or {}).get(card.id, now), critical or {},
            _ordered(before.get(card.id), monitored or {}, card.id),
        )
        for card in cards
    }  # fmt: skip
    rows = [_row(card, facts[card.id], settings[card.county]) for card in cards]
    VisitDue.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["child"], update_fields=_COLUMNS
    )
    _plan_restricted({card.id: card for card in cards}, facts, settings)


_PLANNED = ["due_on", "basis", "supervisor_on", "township_on", "county_on"]
_COLUMNS = [
    "last_visit", "critical_at", "monitor_days", "monitor_from", "monitor_until", *_PLANNED,
]  # fmt: skip


def _plan_restricted(
    cards: Mapping[UUID, children.PlanCard], facts: Mapping[UUID, plan.Facts],
    settings: Mapping[str, plan.Setting],
) -> None:  # fmt: skip
    """The same for those who know of more: what everybody knows and the one danger together."""
    rows = list(RestrictedDanger.objects.filter(child__in=cards).order_by("escalation"))
    for row in rows:
        card, own = cards[row.child], facts[row.child]
        times = [at for at in (own.critical_at, row.critical_at) if at]
        level = risk.graver(own.risk_level, row.level)
        own = replace(own, risk_level=level, critical_at=max(times, default=None))
        _plan(row, card, own, settings[card.county])
    if rows:
        RestrictedDanger.objects.bulk_update(rows, _PLANNED)


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


def _facts(
    card: children.PlanCard, before: VisitDue | None, last_visit: datetime | None, danger: str,
    registered: datetime, critical: Mapping[UUID, datetime | None],
    monitoring: plan.Monitoring | None,
) -> plan.Facts:  # fmt: skip
    stood = before.critical_at if before else None
    return plan.Facts(
        risk_level=risk.graver(card.risk_level, danger), categories=tuple(card.categories),
        registered_on=before.registered_on if before else timezone.localdate(registered),
        last_visit=last_visit, critical_at=critical.get(card.id, stood), monitoring=monitoring,
    )  # fmt: skip


def _row(card: children.PlanCard, facts: plan.Facts, setting: plan.Setting) -> VisitDue:
    row = VisitDue(
        child_id=card.id, registered_on=facts.registered_on, last_visit=facts.last_visit,
        critical_at=facts.critical_at,
    )  # fmt: skip
    if facts.monitoring:
        row.monitor_days, row.monitor_from = facts.monitoring.days, facts.monitoring.since
        row.monitor_until = facts.monitoring.until
    _plan(row, card, facts, setting)
    return row


def _plan(
    row: VisitDue | RestrictedDanger, card: children.PlanCard, facts: plan.Facts,
    setting: plan.Setting,
) -> None:  # fmt: skip
    """Writes the days into a row; none for a child that has left."""
    if card.status in children.LEFT:
        row.due_on = row.supervisor_on = row.township_on = row.county_on = None
        row.basis = ""
        return
    due = plan.due(facts, setting)
    row.due_on, row.basis, row.supervisor_on = due.on, due.basis, due.supervisor_on
    row.township_on, row.county_on = due.township_on, due.county_on


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
