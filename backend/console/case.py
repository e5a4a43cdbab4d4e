"""One case: its timeline, what is possible next with what it needs, clocks, documents."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from backend.common import clock
from backend.common.errors import DomainError, NotFound
from backend.guardianship import queries, services
from backend.guardianship.errors import ReasonRequired
from fieldforms.vocabulary import codes

from . import case_fields, clocks, words
from .access import OfficeRequest, office, show
from .escalation import number
from .texts import text


@office("cases")
def detail(request: OfficeRequest, case: UUID) -> HttpResponse:
    """A sealed one asks for a reason first; the reason comes by POST, so no address holds it."""
    return shown(request, case)


@require_POST
@office("cases")
def step(request: OfficeRequest, case: UUID, name: str) -> HttpResponse:
    """Takes a step, approves or sends back. A refused one keeps the words that were typed."""
    data, actor, now = request.POST, request.visitor.person, clock.now()
    said: dict[str, Any] = {
        "case": case, "actor": actor, "now": now, "revision": number(data.get("revision", "")),
    }  # fmt: skip
    try:
        if name == "approve":
            services.case_approve(**said, note=data.get("note", ""))
        elif name == "decline":
            services.case_decline(**said, reason=data.get("reason", ""))
        elif name in queries.STEPS:
            needs = queries.STEPS[name].needs
            services.case_step(
                **said, step=name, given=case_fields.given(needs, data),
                observed=queries.moment(data.get("observed")),
            )  # fmt: skip
        else:
            raise NotFound()
    except NotFound:
        raise
    except DomainError as error:
        return shown(request, case, error=error, typed=name)
    return done(request, case, f"done.case_{'proposed' if _proposed(name) else 'step'}")


def _proposed(name: str) -> bool:
    return name in queries.STEPS and queries.STEPS[name].approved


def done(request: OfficeRequest, case: UUID, key: str) -> HttpResponse:
    """Back to the case; a sealed page that was open stays open for the reason already given."""
    messages.success(request, text(key))
    return shown(request, case) if request.POST.get("because") else redirect("case", case)


def shown(
    request: OfficeRequest, case: UUID, *, error: DomainError | None = None, typed: str = ""
) -> HttpResponse:
    viewer, now, today = request.visitor.person, clock.now(), clock.today()
    because = request.POST.get("because", "")
    try:
        item, found = queries.detail(viewer=viewer, case=case, now=now, reason=because)
    except ReasonRequired as needed:
        return show(request, "case_sealed", {"case": case, "error": needed})
    people = queries.workers_of(item, on=today)
    context = {
        "item": item,
        "found": found,
        "age": clocks.age(item.birth_date, today) if item.birth_date else "",
        "steps": [(step, *case_fields.said(step.said)) for step in reversed(found.steps)],
        "proposal": found.proposal and case_fields.said(found.proposal.said),
        "approves": viewer in queries.leads_of(item, on=today),
        "orders": [_order(order, request, typed) for order in found.orders],
        "assessments": [
            (one, words.form_answers(one.form, one.answers)) for one in found.assessments
        ],
        "next": [_next(name, request, typed, people) for name in found.possible],
        "apply": case_fields.fields(queries.APPLY.needs, _typed(request, typed, "apply")),
        "can_apply": not any(order.possible for order in found.orders),
        "warning": case_fields.fields(queries.WARNING, _typed(request, typed, "warning")),
        "grounds": case_fields.labels("revocation_ground", found.columns["revocation_grounds"]),
        "forms": codes("case_evidence"),
        "sheets": codes("case_sheet"),
        "because": because,
        "error": error,
        "typed": typed,
    }
    return show(request, "case", context, status=error.status if error else 200)


def _typed(request: OfficeRequest, typed: str, name: str) -> Any:
    return request.POST if typed == name else None


def _next(name: str, request: OfficeRequest, typed: str, people: Any) -> dict[str, Any]:
    step = queries.STEPS[name]
    return {
        "name": name,
        "step": step,
        "fields": case_fields.fields(step.needs, _typed(request, typed, name), people),
        "basis": case_fields.labels("legal_basis", step.basis),
        "evidence": case_fields.labels("case_evidence", step.evidence),
        "must": name == "file_revocation",
    }


def _order(order: Any, request: OfficeRequest, typed: str) -> dict[str, Any]:
    return {
        "order": order,
        "steps": [(step, *case_fields.said(step.said)) for step in reversed(order.steps)],
        "next": [
            (name, case_fields.fields(queries.ORDER_STEPS[name].needs,
                                      _typed(request, typed, f"order-{name}")))
            for name in order.possible
        ],
    }  # fmt: skip
