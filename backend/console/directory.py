"""The service directory: read by the office, kept by its administrators."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from backend.accounts import queries as accounts
from backend.common import clock
from backend.common.errors import DomainError, NotAllowed, NotFound
from backend.referrals import services
from backend.referrals.queries import directory as queries
from backend.referrals.queries import partner_accounts, people_of
from backend.referrals.serializers import OrganisationChangeIn, OrganisationIn
from backend.regions import queries as regions
from fieldforms.choices import choices

from . import lacks, step_fields
from .access import OfficeRequest, office, show
from .texts import text


@office("directory")
def directory(request: OfficeRequest) -> HttpResponse:
    return _shown(request)


@require_POST
@office("directory")
def create(request: OfficeRequest) -> HttpResponse:
    _check_keeper(request)
    try:
        given = step_fields.given(OrganisationIn, request.POST)
        services.organisation_create(actor=request.visitor.person, now=clock.now(), **given)
    except DomainError as error:
        return _shown(request, error=error, typed="new")
    messages.success(request, text("done.organisation"))
    return redirect("directory")


@require_POST
@office("directory")
def change(request: OfficeRequest, organisation: UUID) -> HttpResponse:
    """The entry as it was typed, and whose accounts work for it."""
    _check_keeper(request)
    said: dict[str, Any] = {
        "organisation": organisation, "actor": request.visitor.person, "now": clock.now(),
    }  # fmt: skip
    try:
        empty = dict.fromkeys(("phone", "offers", "hours"), "")
        given = empty | step_fields.given(OrganisationChangeIn, request.POST)
        services.organisation_change(**said, **(given | {"active": "active" in request.POST}))
        people = [UUID(person) for person in request.POST.getlist("people")]
        services.organisation_people(**said, people=people)
    except ValueError:
        raise NotFound(fields=("people",)) from None
    except NotFound:
        raise
    except DomainError as error:
        return _shown(request, error=error, typed=str(organisation))
    messages.success(request, text("done.organisation"))
    return redirect("directory")


def _check_keeper(request: OfficeRequest) -> None:
    if "administrator" not in request.visitor.roles:
        raise NotAllowed()


def _shown(
    request: OfficeRequest, *, error: DomainError | None = None, typed: str = ""
) -> HttpResponse:
    person, today = request.visitor.person, clock.today()
    prefixes = accounts.prefixes(person, on=today)
    rows = list(queries.around({prefix[:6] for prefix in prefixes}))
    keeps = accounts.administered(person, on=today)
    members = people_of([row.id for row in rows]) if keeps else {}
    context = {
        "rows": [(row, members.get(row.id, [])) for row in rows],
        "hotlines": queries.hotlines(), "keeps": bool(keeps), "areas": keeps, "today": today,
        "people": partner_accounts(keeps, on=today) if keeps else [],
        "places": regions.places({row.division for row in rows}),
        "lacking": lacks.shown(queries.lacking(person, now=clock.now())),
        "agencies": choices("agency"), "error": error, "typed": typed,
    }  # fmt: skip
    return show(request, "directory", context, status=error.status if error else 200)
