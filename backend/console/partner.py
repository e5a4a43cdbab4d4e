"""The workspace of an organisation: what was referred to it, and nothing else."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from backend.common import clock
from backend.common.errors import DomainError, NotFound
from backend.referrals import services
from backend.referrals.queries import partner as queries
from backend.referrals.serializers import GivenIn

from . import step_fields
from .access import OfficeRequest, office, show
from .escalation import number
from .paging import paged
from .referrals import next_step, shown_words, step_words
from .texts import text


@office("partner")
def partner(request: OfficeRequest) -> HttpResponse:
    viewer, now = request.visitor.person, clock.now()
    ended = "ended" in request.GET
    sheet = paged(request, queries.listed(viewer=viewer, now=now, ended=ended))
    rows = queries.items(sheet.rows, viewer=viewer, now=now)
    return show(request, "partner", {"sheet": sheet, "rows": rows, "ended": ended})


@office("partner")
def detail(request: OfficeRequest, referral: UUID) -> HttpResponse:
    return _shown(request, referral)


@require_POST
@office("partner")
def step(request: OfficeRequest, referral: UUID, name: str) -> HttpResponse:
    try:
        services.referral_answer(
            referral=referral, step=name, given=step_fields.given(GivenIn, request.POST),
            actor=request.visitor.person, revision=number(request.POST.get("revision", "")),
            now=clock.now(),
        )  # fmt: skip
    except NotFound:
        raise
    except DomainError as error:
        return _shown(request, referral, error=error, typed=name)
    messages.success(request, text("done.referral_step"))
    return redirect("partner-referral", referral)


def _shown(
    request: OfficeRequest, referral: UUID, *, error: DomainError | None = None, typed: str = ""
) -> HttpResponse:
    item, found = queries.detail(viewer=request.visitor.person, referral=referral, now=clock.now())
    context = {
        "item": item, "found": found, "shown": shown_words(found.shown), "error": error,
        "typed": typed, "next": [next_step(name, request, typed) for name in found.possible],
        "steps": [(one, step_words(one.said)) for one in reversed(found.own)],
    }  # fmt: skip
    return show(request, "partner_referral", context, status=error.status if error else 200)
