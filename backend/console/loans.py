"""Files that a township supervisor asks for on her own phone, and those that are there."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from backend.caseload import queries, services
from backend.common import clock
from backend.common.errors import DomainError, NotFound

from .access import OfficeRequest, office, show
from .texts import text


@office("loans")
def loans(request: OfficeRequest) -> HttpResponse:
    """The list, with a form for the child that was chosen; what was typed stays when it is refused."""
    viewer, now = request.visitor.person, clock.now()
    chosen = request.POST.get("child") or request.GET.get("child", "")
    child = _child(chosen) if chosen else None
    error: DomainError | None = None
    if request.method == "POST":
        try:
            services.file_borrow(
                child=child or UUID(int=0), reason=request.POST.get("reason", ""), actor=viewer,
                now=now,
            )  # fmt: skip
            messages.success(request, text("done.loan"))
            return redirect("loans")
        except NotFound:
            raise
        except DomainError as refused:
            error = refused
    context: dict[str, Any] = {
        "item": queries.one_named(viewer=viewer, child=child, now=now) if child else None,
        "cards": queries.borrowed(viewer=viewer, now=now),
        "reason": request.POST.get("reason", ""),
        "error": error,
    }
    return show(request, "loans", context, status=error.status if error else 200)


@require_POST
@office("loans")
def give_back(request: OfficeRequest, loan: UUID) -> HttpResponse:
    services.file_return(loan=loan, actor=request.visitor.person, now=clock.now())
    messages.success(request, text("done.loan_return"))
    return redirect("loans")


def _child(given: str) -> UUID:
    try:
        return UUID(given)
    except ValueError:
        raise NotFound(fields=("child",)) from None
