"""A case is begun: from an escalation, or for a child of the list."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from backend.common import clock
from backend.common.errors import DomainError, NotFound
from backend.concerns import queries as concerns
from backend.guardianship import queries, services

from .access import OfficeRequest, office, show
from .texts import text


@office("cases")
def begin(request: OfficeRequest, child: UUID) -> HttpResponse:
    viewer, now = request.visitor.person, clock.now()
    name = queries.child_name(viewer=viewer, child=child, now=now)
    if request.method != "POST":
        return show(request, "case_new", {"child": child, "name": name})
    return _open(request, {"child": child}, {"child": child, "name": name})


@require_POST
@office("cases")
def from_escalation(request: OfficeRequest, escalation: UUID) -> HttpResponse:
    row = concerns.workable(viewer=request.visitor.person, escalation=escalation, now=clock.now())
    given = {"child": row.file, "escalation": row.id}
    return _open(request, given, {"child": row.file, "name": "", "escalation": row.id})


def _open(request: OfficeRequest, given: dict[str, Any], context: dict[str, Any]) -> HttpResponse:
    try:
        row = services.case_open(
            **given, reason=request.POST.get("reason", ""), sealed="sealed" in request.POST,
            actor=request.visitor.person, now=clock.now(),
        )  # fmt: skip
    except NotFound:
        raise
    except DomainError as error:
        return show(request, "case_new", context | {"error": error}, status=error.status)
    messages.success(request, text("done.case_opened"))
    return redirect("case", row.id)
