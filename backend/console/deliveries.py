"""What could not be delivered, how the channels do, and the button that sends it again."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from backend.common import clock
from backend.common.errors import DomainError, NotFound
from backend.common.language import language
from backend.notifications import queries, services

from .access import OfficeRequest, office, show
from .filters import DeliveriesForm
from .paging import paged
from .texts import text


@office("deliveries")
def deliveries(request: OfficeRequest) -> HttpResponse:
    viewer, now = request.visitor.person, clock.now()
    form = DeliveriesForm(request.GET)
    sheet = paged(request, queries.deliveries(viewer, form.filters(), now=now))
    context = {
        "form": form,
        "sheet": sheet,
        "items": queries.dead_letters(sheet.rows, language=language()),
        "channels": queries.delivery_status(viewer, now=now),
    }
    return show(request, "deliveries", context)


@require_POST
@office("deliveries")
def resend(request: OfficeRequest) -> HttpResponse:
    """The one whose button was pressed, or all of the list."""
    try:
        chosen = [UUID(given) for given in request.POST.getlist("delivery")]
    except ValueError:
        raise NotFound(fields=("delivery",)) from None
    try:
        services.deliveries_resend(
            deliveries=chosen, actor=request.visitor.person, now=clock.now()
        )  # fmt: skip
    except NotFound:
        raise
    except DomainError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, text("done.resend"))
    return redirect("deliveries")
