"""Visits worth a second look: where somebody may ask and help, without a child's name or a word of it."""

from django.http import HttpResponse

from backend.common import clock
from backend.concerns import looking

from .access import OfficeRequest, office, show
from .paging import paged


@office("visits")
def visits(request: OfficeRequest) -> HttpResponse:
    """Each reading stands on the audit log of the children on the page."""
    viewer, now = request.visitor.person, clock.now()
    sheet = paged(request, looking.listed(viewer=viewer, now=now), key=looking.key)
    context = {
        "sheet": sheet,
        "items": looking.items(sheet.rows, viewer=viewer, now=now),
        "days": looking.DAYS,
    }
    return show(request, "visits", context)
