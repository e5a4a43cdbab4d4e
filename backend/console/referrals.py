"""Referrals: the list by due date, and one referral with its preview and its steps."""

from datetime import date
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from backend.common import clock
from backend.common.errors import DomainError, NotFound
from backend.referrals import queries, services
from backend.referrals.errors import PreviewChanged, ReasonRequired
from backend.referrals.serializers import FieldsIn, GivenIn, SendIn
from fieldforms.choices import choices
from fieldforms.vocabulary import codes

from . import clocks, step_fields, words
from .access import OfficeRequest, office, show
from .escalation import number
from .filters import ReferralsForm
from .paging import paged
from .texts import text


@office("referrals")
def referrals(request: OfficeRequest) -> HttpResponse:
    viewer, now, today = request.visitor.person, clock.now(), clock.today()
    form = ReferralsForm(request.GET, prefixes=queries.reach(viewer, on=today).works)
    sheet = paged(request, queries.listed(viewer=viewer, filters=form.filters(), now=now))
    items = queries.items(sheet.rows, viewer=viewer, now=now)
    context = {
        "form": form, "sheet": sheet, "rows": [(item, _age(item, today)) for item in items],
        "today": today, "counts": queries.counts(viewer=viewer, now=now),
    }  # fmt: skip
    return show(request, "referrals", context)


@require_POST
@office("referrals")
def new(request: OfficeRequest) -> HttpResponse:
    """A draft for a child, or from an escalation for one of those who should hear of it."""
    data, escalation = request.POST, request.POST.get("escalation", "")
    agency, need = data.get("agency", ""), data.get("need", "")
    row = services.referral_draft(
        child=_uuid(data.get("child", "")), actor=request.visitor.person, now=clock.now(),
        escalation=_uuid(escalation) if escalation else None,
        agency=agency if agency in codes("agency") else "",
        need=need if need in queries.NEEDS else "",
    )  # fmt: skip
    messages.success(request, text("done.referral_new"))
    return redirect("referral", row.id)


@office("referrals")
def detail(request: OfficeRequest, referral: UUID) -> HttpResponse:
    """A sealed one asks for a reason first; the reason comes by POST, so no address holds it."""
    return _shown(request, referral)


@require_POST
@office("referrals")
def send(request: OfficeRequest, referral: UUID) -> HttpResponse:
    """Shows exactly what would be sent; sends what was looked at. What was typed is kept."""
    data, actor, now = request.POST, request.visitor.person, clock.now()
    if data.get("do") != "send":
        return _shown(request, referral, typed="send", look=True)
    try:
        given = step_fields.given(SendIn, data)
        services.referral_send(referral=referral, actor=actor, now=now, **given)
    except NotFound:
        raise
    except DomainError as error:
        looked = isinstance(error, PreviewChanged)
        return _shown(request, referral, error=error, typed="send", look=looked)
    return _done(request, referral, "done.referral_sent")


@require_POST
@office("referrals")
def step(request: OfficeRequest, referral: UUID, name: str) -> HttpResponse:
    try:
        services.referral_step(
            referral=referral, step=name, given=step_fields.given(GivenIn, request.POST),
            actor=request.visitor.person, revision=number(request.POST.get("revision", "")),
            now=clock.now(),
        )  # fmt: skip
    except NotFound:
        raise
    except DomainError as error:
        return _shown(request, referral, error=error, typed=name)
    return _done(request, referral, "done.referral_step")


def _done(request: OfficeRequest, referral: UUID, key: str) -> HttpResponse:
    """Back to it; a sealed page that was open stays open for the reason already given."""
    messages.success(request, text(key))
    return _shown(request, referral) if request.POST.get("because") else redirect(
        "referral", referral
    )  # fmt: skip


def _shown(
    request: OfficeRequest, referral: UUID, *, error: DomainError | None = None, typed: str = "",
    look: bool = False,
) -> HttpResponse:  # fmt: skip
    viewer, now, today = request.visitor.person, clock.now(), clock.today()
    because = request.POST.get("because", "")
    try:
        item, found = queries.detail(viewer=viewer, referral=referral, now=now, reason=because)
    except ReasonRequired as needed:
        return show(request, "referral_sealed", {"referral": referral, "error": needed})
    data = request.POST if typed == "send" else None
    ticked = data.getlist("fields") if data is not None else list(queries.minimum.LEAST)
    context = {
        "item": item, "found": found, "age": _age(item, today), "because": because,
        "shown": shown_words(found.shown), "error": error, "typed": typed, "today": today,
        "steps": [(one, step_words(one.said)) for one in reversed(found.steps)],
        "next": [next_step(n, request, typed) for n in found.possible if n != "send"],
        "organisations": _suited(item),
        "fields": [(code, label, code in ticked) for code, label in choices("referral_field")],
        "kinds": choices("referral_kind"), "ticked": ticked,
        "preview": _preview(viewer, referral, ticked) if look else None,
    }  # fmt: skip
    return show(request, "referral", context, status=error.status if error else 200)


def _suited(item: queries.Item) -> list[Any]:
    """What serves the place, the agency that was asked for first."""
    rows = queries.directory.serving(item.division).values()
    return sorted(rows, key=lambda row: row.kind != item.agency)


def _preview(viewer: UUID, referral: UUID, ticked: list[str]) -> dict[str, Any]:
    given = FieldsIn(data={"fields": ticked})
    if not given.is_valid():
        raise step_fields.unreadable(given.errors)
    shown, digest = queries.preview(
        viewer=viewer, referral=referral, now=clock.now(), **given.validated_data
    )
    return {"shown": shown_words(shown), "digest": digest}


def next_step(name: str, request: OfficeRequest, typed: str) -> tuple[str, list[step_fields.Box]]:
    wanted = queries.STEPS[name]
    outcomes = {"outcome": choices("referral_outcome")}
    data = request.POST if typed == name else None
    return name, step_fields.boxes("referral_word", wanted.needs, wanted.may, data, outcomes)


def shown_words(shown: dict[str, Any]) -> list[tuple[str, str]]:
    """Labels and values of the chosen fields as a reader says them."""
    return [
        (words.said("referral_field", name), _word(name, shown[name]))
        for name in queries.minimum.FIELDS
        if name in shown
    ]


def _word(name: str, value: Any) -> str:
    values = value if isinstance(value, list) else [value]
    listed = queries.minimum.LISTS.get(name)
    if name == "age" and value != "":
        return text("clock.age_years", n=value)
    return text("app.comma").join(words.said(listed, v) if listed else str(v) for v in values)


def step_words(said: dict[str, Any]) -> list[tuple[str, str]]:
    """The words of a step; what was shown and to whom stands beside it already."""
    found = []
    for name in ("purpose", "contract", "amount", "due_on", "note", "reason", "outcome", "report",
                 "words"):  # fmt: skip
        if said.get(name):
            value = said[name]
            word = words.said("referral_outcome", value) if name == "outcome" else str(value)
            found.append((words.said("referral_word", name), word))
    return found


def _age(item: Any, today: date) -> str:
    return clocks.age(item.birth_date, today) if item.birth_date else ""


def _uuid(given: str) -> UUID:
    try:
        return UUID(given)
    except ValueError:
        raise NotFound() from None
