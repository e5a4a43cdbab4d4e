"""One child: the risk level that is shown, why, and what people set; the office sets another here."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from backend.caseload import openings, queries
from backend.children import queries as children
from backend.children import services
from backend.common import clock
from backend.common.errors import DomainError, NotFound
from backend.concerns import variants
from backend.erasure import services as erasure
from backend.rights import queries as rights
from fieldforms import risk

from . import clocks, confirmations
from .access import OfficeRequest, office, show
from .texts import text


@office("children")
def child(request: OfficeRequest, child: UUID) -> HttpResponse:
    return _shown(request, child)


@require_POST
@office("children")
def rate(request: OfficeRequest, child: UUID) -> HttpResponse:
    """Sets the level; a refused one keeps the words that were typed."""
    viewer, now, level = request.visitor.person, clock.now(), request.POST.get("level", "")
    try:
        services.risk_level_set(
            child=child, level=level, reason=request.POST.get("reason", ""), actor=viewer, now=now,
            saw=_ids(request.POST.getlist("saw")),
        )  # fmt: skip
    except NotFound:
        raise
    except DomainError as error:
        return _shown(request, child, error=error)
    item = queries.file(viewer=viewer, child=child, now=now).item
    below = item.risk_level != level
    messages.success(request, text("child.rated_below" if below else "child.rated"))
    return redirect("child", child)


def _shown(
    request: OfficeRequest, child: UUID, *, error: DomainError | None = None
) -> HttpResponse:
    viewer, now, today = request.visitor.person, clock.now(), clock.today()
    file = queries.file(viewer=viewer, child=child, now=now)
    item = file.item
    asks = not request.visitor.roles.isdisjoint(queries.DESKS)
    context: dict[str, Any] = {
        "item": item,
        "age": clocks.age(item.birth_date, today) if item.birth_date else "",
        "local": variants.risk_levels({item.division})[item.division],
        "ratings": file.ratings,
        "disputed": "risk_level" in file.conflicts,
        "case": file.case,
        "levels": risk.ORDER,
        "rates": children.may_rate(viewer=viewer, child=child, now=now),
        "waiting": confirmations.of_child(request, child),
        "readers": openings.readers(item.division, now=now) if asks else {},
        "erases": asks and not request.visitor.roles.isdisjoint(erasure.ERASERS),
        "files_rights": not request.visitor.roles.isdisjoint(rights.FILERS),
        "error": error,
    }
    return show(request, "child", context, status=error.status if error else 200)


def _ids(given: list[str]) -> list[UUID]:
    """What is no id was not on the page: nothing that stands is named by it."""
    try:
        return [UUID(one) for one in given]
    except ValueError:
        return []
