"""The evidence dossiers of a child: making one, and those that were made."""

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from backend.common import clock
from backend.common.errors import DomainError, NotFound
from backend.dossier import queries
from backend.dossier.api import served
from backend.dossier.as_tasks import dossier_ask
from backend.guardianship import queries as cases

from .access import OfficeRequest, office, show


@office("cases")
def dossiers(request: OfficeRequest, child: UUID) -> HttpResponse:
    """The list with a form; what was typed stays when it is refused."""
    viewer, now = request.visitor.person, clock.now()
    error: DomainError | None = None
    if request.method == "POST":
        try:
            task = dossier_ask(
                child=child, purpose=request.POST.get("purpose", ""), actor=viewer, now=now,
                case=_case(request.POST.get("case", "")),
            )  # fmt: skip
            return redirect("office-task", task.id)
        except NotFound:
            raise
        except DomainError as refused:
            error = refused
    context = {
        "child": child,
        "name": cases.child_name(viewer=viewer, child=child, now=now),
        "dossiers": queries.of_child(viewer=viewer, child=child, now=now),
        "cases": cases.of_child(viewer=viewer, child=child, now=now),
        "chosen": request.POST.get("case") or request.GET.get("case", ""),
        "purpose": request.POST.get("purpose", ""),
        "error": error,
    }
    return show(request, "dossiers", context, status=error.status if error else 200)


@require_POST
@office("cases")
def download(request: OfficeRequest, dossier: UUID) -> HttpResponse:
    content = queries.opened(
        viewer=request.visitor.person, dossier=dossier, now=clock.now(),
        reason=request.POST.get("reason", ""),
    )  # fmt: skip
    return served(content, dossier)


def _case(given: str) -> UUID | None:
    try:
        return UUID(given) if given else None
    except ValueError:
        raise NotFound(fields=("case",)) from None
