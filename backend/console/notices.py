"""A person's own messages, and how they reach her outside the pages."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from backend.common import clock
from backend.common.errors import DomainError, NotFound
from backend.common.language import language
from backend.notifications import queries, services
from backend.notifications.serializers import ContactIn
from fieldforms.choices import choices

from .access import OfficeRequest, office, show
from .paging import paged
from .texts import text


@office()
def notices(request: OfficeRequest) -> HttpResponse:
    rows = queries.inbox(request.visitor.person, unread="unread" in request.GET)
    sheet = paged(request, rows)
    items = queries.inbox_items(sheet.rows, language=language())
    return show(request, "notices", {"sheet": sheet, "items": items})


@require_POST
@office()
def opened(request: OfficeRequest, notice: UUID) -> HttpResponse:
    """Read, and on to what it is about."""
    person = request.visitor.person
    if not services.notices_read(person=person, notice=notice, now=clock.now()):
        raise NotFound(fields=("notice",))
    (item,) = queries.inbox_items(queries.inbox(person).filter(id=notice), language=language())
    return redirect(item.link or "notices")


@require_POST
@office()
def all_read(request: OfficeRequest) -> HttpResponse:
    services.notices_read(person=request.visitor.person, now=clock.now())
    return redirect("notices")


@office()
def contact(request: OfficeRequest) -> HttpResponse:
    """Shows the choices, or takes them; what is refused keeps what was typed."""
    person, now = request.visitor.person, clock.now()
    found = queries.contact(person, now=now)
    context = {"contact": found, "typed": found, "ways": choices("personal_channel")}
    if request.method != "POST":
        return show(request, "contact", context)
    given = ContactIn(data=_typed(request.POST))
    if not given.is_valid():
        return show(
            request, "contact", context | {"faults": given.errors, "typed": given.data}, status=400
        )
    try:
        services.contact_save(person=person, now=now, **given.validated_data)
    except DomainError as error:
        refused = context | {"error": error, "typed": given.validated_data}
        return show(request, "contact", refused, status=error.status)
    messages.success(request, text("done.contact"))
    return redirect("contact")


def _typed(form: QueryDict) -> dict[str, object]:
    hours = {name: form.get(name) or None for name in ("quiet_from", "quiet_until")}
    lists = {name: form.getlist(name) for name in ("normal", "critical")}
    return {"email": form.get("email", ""), "mobile": form.get("mobile", ""), **hours, **lists}
