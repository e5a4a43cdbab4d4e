"""What a case is decided on, entered at the desk: assessments, warnings, protection orders."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse, QueryDict
from django.views.decorators.http import require_POST

from backend.common import clock
from backend.common.errors import DomainError, NotFound
from backend.guardianship import queries, services
from fieldforms import queries as forms
from fieldforms import wording
from fieldforms.vocabulary import codes

from . import case_fields, words
from .access import OfficeRequest, office, show
from .case import done, shown
from .escalation import number


@require_POST
@office("cases")
def warn(request: OfficeRequest, case: UUID) -> HttpResponse:
    given = case_fields.given(queries.WARNING, request.POST)
    try:
        services.warning_give(case=case, given=given, actor=request.visitor.person, now=clock.now())
    except NotFound:
        raise
    except DomainError as error:
        return shown(request, case, error=error, typed="warning")
    return done(request, case, "done.case_recorded")


@require_POST
@office("cases")
def apply(request: OfficeRequest, case: UUID) -> HttpResponse:
    try:
        services.protection_order_apply(
            case=case, given=case_fields.given(queries.APPLY.needs, request.POST),
            actor=request.visitor.person, now=clock.now(),
            observed=queries.moment(request.POST.get("observed")),
        )  # fmt: skip
    except NotFound:
        raise
    except DomainError as error:
        return shown(request, case, error=error, typed="apply")
    return done(request, case, "done.case_recorded")


@require_POST
@office("cases")
def order_step(
    request: OfficeRequest, case: UUID, protection_order: UUID, name: str
) -> HttpResponse:
    if name not in queries.ORDER_STEPS:
        raise NotFound()
    try:
        services.protection_order_step(
            order=protection_order, step=name, actor=request.visitor.person, now=clock.now(),
            given=case_fields.given(queries.ORDER_STEPS[name].needs, request.POST),
            revision=number(request.POST.get("revision", "")),
            observed=queries.moment(request.POST.get("observed")),
        )  # fmt: skip
    except NotFound:
        raise
    except DomainError as error:
        return shown(request, case, error=error, typed=f"order-{name}")
    return done(request, case, "done.case_recorded")


@office("cases")
def assess(request: OfficeRequest, case: UUID, form: str) -> HttpResponse:
    """The form's questions in their order; saved, they are an assessment of the case."""
    if form not in codes("case_evidence"):
        raise NotFound()
    if "save" not in request.POST:
        return _asked(request, case, form)
    version = forms.in_force()[form]["version"]
    try:
        services.assessment_record(
            case=case, form=form, version=version, answers=_answers(form, request.POST),
            actor=request.visitor.person, now=clock.now(),
            observed=queries.moment(request.POST.get("observed")),
        )  # fmt: skip
    except NotFound:
        raise
    except DomainError as error:
        return _asked(request, case, form, error=error)
    return done(request, case, "done.case_recorded")


def _asked(
    request: OfficeRequest, case: UUID, form: str, *, error: DomainError | None = None
) -> HttpResponse:
    because = request.POST.get("because", "")
    item = queries.item(viewer=request.visitor.person, case=case, now=clock.now(), reason=because)
    questions = [
        {
            "name": name, "label": words.spoken(asked.label), "hint": words.spoken(asked.hint),
            "type": asked.type, "relevant": bool(asked.relevant),
            "choices": [(code, words.said(asked.list, code)) for code in codes(asked.list)]
            if asked.list else [],
            "value": request.POST.get(name, ""), "chosen": request.POST.getlist(name),
        }
        for name, asked in wording.questions(form).items()
    ]  # fmt: skip
    context = {
        "item": item, "form": form, "questions": questions, "because": because, "error": error,
    }  # fmt: skip
    return show(request, "case_assess", context, status=error.status if error else 200)


def _answers(form: str, data: QueryDict) -> dict[str, Any]:
    """What was answered; an empty answer is none."""
    found: dict[str, Any] = {}
    for name, asked in wording.questions(form).items():
        if asked.type == "select_multiple":
            found[name] = data.getlist(name)
        else:
            text = str(data.get(name, "")).strip()
            is_number = asked.type == "integer" and text.isdecimal()
            found[name] = int(text) if is_number else text
    return {name: value for name, value in found.items() if value not in ("", [])}
