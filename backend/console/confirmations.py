"""What needs a second person: the list with its decisions, and what is asked for on a child's page."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import F
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST, require_safe

from backend.accounts import confirmation_cards, services
from backend.accounts.models import OPEN_STATES
from backend.caseload import queries as caseload
from backend.caseload import services as openings
from backend.common import clock
from backend.common.errors import DomainError, NotFound
from backend.erasure import services as erasure
from backend.regions import queries as regions

from .access import OfficeRequest, office, show
from .paging import paged
from .texts import text

DECISIONS: dict[str, Callable[..., Any]] = {
    "confirm": services.confirmation_confirm,
    "refuse": services.confirmation_refuse,
    "withdraw": services.confirmation_withdraw,
}


@require_safe
@office()
def confirmations(request: OfficeRequest) -> HttpResponse:
    """What waits stands first."""
    return _shown(request)


@require_POST
@office()
def decide(request: OfficeRequest, confirmation: UUID, name: str) -> HttpResponse:
    """One decision; a refused one shows the page again with the reason why."""
    if name not in DECISIONS:
        raise NotFound(fields=("step",))
    given = {"reason": request.POST.get("reason", "")} if name == "refuse" else {}
    try:
        DECISIONS[name](
            confirmation=confirmation, actor=request.visitor.person, now=clock.now(), **given
        )
    except NotFound:
        raise
    except DomainError as error:
        return _shown(request, error=error)
    messages.success(request, text(f"done.confirmation_{name}"))
    return redirect("confirmations")


@require_POST
@office("children")
def break_glass(request: OfficeRequest, child: UUID) -> HttpResponse:
    try:
        person = UUID(request.POST.get("person", ""))
    except ValueError:
        raise NotFound(fields=("person",)) from None
    openings.opening_ask(
        child=child, person=person, reason=request.POST.get("reason", ""),
        actor=request.visitor.person, now=clock.now(),
    )  # fmt: skip
    messages.success(request, text("confirmations.asked"))
    return redirect("child", child)


@require_POST
@office("children")
def erase(request: OfficeRequest, child: UUID) -> HttpResponse:
    erasure.erasure_ask(
        child=child, reason=request.POST.get("reason", ""), actor=request.visitor.person,
        now=clock.now(),
    )  # fmt: skip
    messages.success(request, text("confirmations.asked"))
    return redirect("child", child)


def of_child(request: OfficeRequest, child: UUID) -> list[dict[str, Any]]:
    """What waits about one child, as far as the visitor may see it."""
    viewer, now = request.visitor.person, clock.now()
    rows = confirmation_cards.visible(viewer, now=now).filter(subject=child, state__in=OPEN_STATES)
    return confirmation_cards.cards(list(rows), viewer=viewer, now=now)


def _shown(request: OfficeRequest, *, error: DomainError | None = None) -> HttpResponse:
    viewer, now = request.visitor.person, clock.now()
    rows = confirmation_cards.visible(viewer, now=now)
    sheet = paged(request, rows.order_by(F("ended_at").desc(nulls_first=True), "-id"))
    cards = confirmation_cards.cards(sheet.rows, viewer=viewer, now=now)
    files = {card["subject"] for card in cards if card["subject_type"] == "child"}
    named = caseload.named_to(viewer, now=now).children.filter(id__in=files)
    items = caseload.items(named.select_related("visit_due"), viewer=viewer, now=now)
    context: dict[str, Any] = {
        "cards": cards,
        "sheet": sheet,
        "children": {item.id: item.name for item in items},
        "places": regions.places({one for card in cards for one in card["divisions"]}),
        "error": error,
    }
    return show(request, "confirmations", context, status=error.status if error else 200)
