"""What a worker does for the visitor: how far it is, until it leads to what came of it."""

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from backend.common import clock
from backend.tasks import queries, services

from .access import OfficeRequest, office, show
from .texts import text

# Where the result of a kind is shown.
_LEADS: Mapping[str, Callable[[dict[str, Any]], str]] = {
    "dossier": lambda result: reverse("dossiers", args=[result["child"]]),
    "guardian_copy": lambda result: reverse("copy", args=[result["request"]]),
}


@require_safe
@office()
def task(request: OfficeRequest, task: UUID) -> HttpResponse:
    """The whole page, or only how far it is when htmx asks every other second."""
    card = queries.one(viewer=request.visitor.person, task=task, now=clock.now())
    polled = bool(request.headers.get("HX-Request"))
    if card.result is not None and card.kind in _LEADS:
        messages.success(request, text(f"done.{card.kind}"))
        address = _LEADS[card.kind](card.result)
        return HttpResponse(headers={"HX-Redirect": address}) if polled else redirect(address)
    if polled:
        return render(request, "console/_task.html", {"task": card})
    return show(request, "task", {"task": card})


@require_POST
@office()
def cancel(request: OfficeRequest, task: UUID) -> HttpResponse:
    services.task_cancel(task=task, actor=request.visitor.person, now=clock.now())
    return redirect("office-task", task)
