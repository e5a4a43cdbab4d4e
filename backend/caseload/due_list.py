"""Each role's due list: what a visit plan asks of the supervisor, and what has climbed to whom."""

from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone

from backend.children import queries as children
from backend.children.queries import Filters

from . import dangers, scope
from .scope import Reach

# How far a supervisor looks ahead.
AHEAD = timedelta(days=7)
# The column that says from which day a step is reached.
_SINCE = {
    "due": "due_on", "supervisor": "supervisor_on", "township": "township_on", "county": "county_on",
}  # fmt: skip


def due(*, viewer: Any, filters: Filters, now: datetime, step: str = "") -> QuerySet[Any]:
    """The children due in her reach, the longest overdue first.

    Without a `step`, what concerns her role: her own caseload a week ahead, of the township's what
    has climbed to the township, of the county's what has climbed to the county. With one, everything
    in her reach that has come as far as that.
    """
    today = timezone.localdate(now)
    reach = scope.reach(viewer, on=today)
    until = today + AHEAD if step == "planned" else today
    if step:
        column = _SINCE.get(step, "due_on")
        due_by = dangers.due_by(column, until, reach)
        wanted = (children.lives_in((*reach.township, *reach.county)) | scope.mine(reach)) & due_by
    else:
        wanted = (
            scope.mine(reach) & dangers.due_by("due_on", today + AHEAD, reach)
            | _area(reach, reach.township, "township_on", today)
            | _area(reach, reach.county, "county_on", today)
        )
    return dangers.in_order(dangers.matching(filters, reach).filter(wanted), reach)


def _area(reach: Reach, prefixes: tuple[str, ...], column: str, until: Any) -> Q:
    return children.lives_in(prefixes) & dangers.due_by(column, until, reach)
