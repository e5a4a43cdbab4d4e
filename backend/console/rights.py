"""What guardians ask for by law: filed beside the child, decided by another lead, fetched by whoever filed it."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST, require_safe

from backend.common import clock
from backend.common.errors import DomainError, NotFound
from backend.rights import queries, services
from backend.rights.api import served
from fieldforms.vocabulary import codes

from .access import OfficeRequest, office, show
from .paging import paged
from .texts import text

DECISIONS: dict[str, Callable[..., Any]] = {
    "approve": services.copy_approve,
    "refuse": services.copy_refuse,
    "withdraw": services.copy_withdraw,
}


@require_safe
@office("rights")
def rights(request: OfficeRequest) -> HttpResponse:
    """The visitor's own requests, and all where the visitor leads."""
    viewer, now = request.visitor.person, clock.now()
    sheet = paged(request, queries.listed(viewer=viewer, now=now))
    context = {"sheet": sheet, "cards": queries.cards(sheet.rows, viewer=viewer, now=now)}
    return show(request, "rights", context)


@office("rights")
def ask(request: OfficeRequest, child: UUID) -> HttpResponse:
    """The form; what was typed stays when it is refused."""
    viewer, now = request.visitor.person, clock.now()
    error: DomainError | None = None
    if request.method == "POST":
        try:
            row = services.copy_ask(
                child=child, guardian=_id(request.POST.get("guardian", "")),
                identity_check=_code(request.POST.get("identity_check", "")),
                note=request.POST.get("note", ""), actor=viewer, now=now,
            )  # fmt: skip
            messages.success(request, text("rights.filed"))
            return redirect("copy", row.id)
        except NotFound:
            raise
        except DomainError as refused:
            error = refused
    name, adults = queries.adults(viewer=viewer, child=child, now=now)
    context = {
        "child": child,
        "name": name,
        "adults": adults,
        "checks": codes("identity_check"),
        "error": error,
    }
    return show(request, "rights_ask", context, status=error.status if error else 200)


@require_safe
@office("rights")
def detail(request: OfficeRequest, copy: UUID) -> HttpResponse:
    return _shown(request, copy)


@require_POST
@office("rights")
def decide(request: OfficeRequest, copy: UUID, name: str) -> HttpResponse:
    """One decision; a refused one shows the page again with the reason why."""
    if name not in DECISIONS:
        raise NotFound(fields=("step",))
    given = {"reason": request.POST.get("reason", "")} if name == "refuse" else {}
    try:
        DECISIONS[name](request=copy, actor=request.visitor.person, now=clock.now(), **given)
    except NotFound:
        raise
    except DomainError as error:
        return _shown(request, copy, error=error)
    messages.success(request, text(f"done.copy_{name}"))
    return redirect("copy", copy)


@require_POST
@office("rights")
def download(request: OfficeRequest, copy: UUID, kind: str) -> HttpResponse:
    content = queries.opened(
        viewer=request.visitor.person, request=copy, kind=kind, now=clock.now()
    )
    return served(content, copy, kind)


def _shown(request: OfficeRequest, copy: UUID, *, error: DomainError | None = None) -> HttpResponse:
    card = queries.one(viewer=request.visitor.person, request=copy, now=clock.now())
    context = {"card": card, "error": error}
    return show(request, "rights_copy", context, status=error.status if error else 200)


def _id(given: str) -> UUID:
    try:
        return UUID(given)
    except ValueError:
        raise NotFound(fields=("guardian",)) from None


def _code(given: str) -> str:
    """One of the list; a page offers no other."""
    if given not in codes("identity_check"):
        raise NotFound(fields=("identity_check",))
    return given
