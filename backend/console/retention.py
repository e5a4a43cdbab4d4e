"""What is kept how long and on what ground, and whose file has passed its time."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST, require_safe

from backend.common import clock
from backend.common.errors import DomainError, NotFound
from backend.regions import queries as regions
from backend.retention import queries, services
from backend.retention.api import spoken

from .access import OfficeRequest, office, show
from .paging import paged
from .texts import text


@require_safe
@office("retention")
def retention(request: OfficeRequest) -> HttpResponse:
    return _shown(request)


@require_POST
@office("retention")
def propose(request: OfficeRequest, child: UUID) -> HttpResponse:
    """The lead asks; where that is not possible the page says why."""
    if request.visitor.roles.isdisjoint(queries.ASKERS):
        raise NotFound(fields=("child",))
    try:
        services.erasure_propose(child=child, actor=request.visitor.person, now=clock.now())
    except NotFound:
        raise
    except DomainError as error:
        return _shown(request, error=error)
    messages.success(request, text("confirmations.asked"))
    return redirect("retention")


def _shown(request: OfficeRequest, *, error: DomainError | None = None) -> HttpResponse:
    viewer, now = request.visitor.person, clock.now()
    sheet = paged(request, queries.due(viewer=viewer, now=now))
    items = queries.items(sheet.rows, viewer=viewer, now=now)
    context = {
        "sheet": sheet,
        "items": items,
        "places": regions.places({item.division for item in items}),
        "lines": spoken(),
        "asks": not request.visitor.roles.isdisjoint(queries.ASKERS),
        "error": error,
    }
    return show(request, "retention", context, status=error.status if error else 200)
