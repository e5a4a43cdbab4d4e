"""The roster of those on call: four weeks of it, its gaps, and the forms by which a lead keeps it."""

from collections.abc import Callable
from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from backend.common import clock
from backend.common.errors import DomainError, NotFound
from backend.duty import queries, services
from backend.regions import queries as regions

from .access import OfficeRequest, office, show
from .texts import text

SHOWN = timedelta(days=28)
WRITES: dict[str, Callable[..., Any]] = {
    "shift": services.shift_create, "cancel": services.shift_cancel,
    "leave": services.leave_create, "leave_cancel": services.leave_cancel,
}  # fmt: skip


@office("duty")
def duty(request: OfficeRequest) -> HttpResponse:
    return _shown(request, request.GET.get("division", ""))


@require_POST
@office("duty")
def write(request: OfficeRequest, name: str) -> HttpResponse:
    """Changes the roster and shows it again; what was refused keeps what was typed."""
    if name not in WRITES:
        raise NotFound()
    division = request.POST.get("division", "")
    try:
        given = _given(request.POST, name)
        WRITES[name](actor=request.visitor.person, now=clock.now(), **given)
    except NotFound:
        raise
    except DomainError as error:
        return _shown(request, division, error=error, typed=name)
    messages.success(request, text(f"done.duty_{name}"))
    return redirect(f"{reverse('duty')}?division={division}")


def _given(data: QueryDict, name: str) -> dict[str, Any]:
    """What is no id or no time is nobody, or no time at all: the service says what to do about it."""
    if name in ("cancel", "leave_cancel"):
        return {"shift" if name == "cancel" else "leave": _id(data.get("id", ""))}
    span = {at: _moment(data.get(at, "")) for at in ("starts_at", "ends_at")}
    given = {**span, "person": _id(data.get("person", ""))}
    if name == "shift":
        given["division"] = data.get("division", "")
        given["deputies"] = [_id(one) for one in data.getlist("deputies") if one]
    return given


def _id(given: str) -> UUID:
    try:
        return UUID(given)
    except ValueError:
        return UUID(int=0)


def _moment(given: str) -> datetime:
    """The hour in China that a browser's field gives; what is none comes before all others."""
    try:
        return timezone.make_aware(datetime.fromisoformat(given))
    except ValueError:
        return datetime.min.replace(tzinfo=timezone.get_current_timezone())


def _shown(
    request: OfficeRequest, division: str, *, error: DomainError | None = None, typed: str = ""
) -> HttpResponse:
    viewer, now = request.visitor.person, clock.now()
    offered = queries.rosters(viewer, now=now)
    division = division or (offered[0] if offered else "")
    start = timezone.make_aware(datetime.combine(clock.today(), time.min))
    plan = queries.plan(viewer=viewer, division=division, start=start, end=start + SHOWN, now=now)
    names = regions.places(offered)
    context = {
        "plan": plan,
        "rows": _rows(plan),
        "offered": [(code, names.get(code) or code) for code in offered],
        "team": queries.suited(division, now=now) if plan.keeps else {},
        "deputies": range(1, 4),
        "error": error,
        "typed": typed,
    }
    return show(request, "duty", context, status=error.status if error else 200)


def _rows(plan: queries.Plan) -> list[tuple[datetime, datetime, queries.OnShift | None]]:
    """Shifts and gaps in the order of time; None is a gap."""
    rows = [(one.starts_at, one.ends_at, one) for one in plan.shifts]
    gaps = [(first, last, None) for first, last in plan.gaps]
    return sorted([*rows, *gaps], key=lambda row: (row[0], row[2] is not None))
