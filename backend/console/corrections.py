"""What guardians want corrected: filed beside the child with what the record says, decided by somebody else there."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST, require_safe

from backend.common import clock
from backend.common.errors import DomainError, NotFound
from backend.rights import correctable, correction_cards, corrections
from fieldforms import vocabulary

from .access import OfficeRequest, office, show
from .paging import paged
from .texts import text
from .words import said

DECISIONS: dict[str, Callable[..., Any]] = {
    "accept": corrections.correction_accept,
    "refuse": corrections.correction_refuse,
    "withdraw": corrections.correction_withdraw,
}
FIELDS = ("guardian", "fact", "wished", "ground")


@dataclass(frozen=True)
class Field:
    """How the wished value is typed: one of `codes`, else a day, else words."""

    codes: tuple[str, ...]
    list_name: str
    day: bool


@require_safe
@office("rights")
def listed(request: OfficeRequest) -> HttpResponse:
    """Those that wait, the next due first; with `?done` those that do not, the last first."""
    viewer, now, done = request.visitor.person, clock.now(), "done" in request.GET
    found = correction_cards.decided if done else correction_cards.waiting
    sheet = paged(request, found(viewer=viewer, now=now))
    cards = correction_cards.cards(sheet.rows, viewer=viewer, now=now)
    return show(request, "corrections", {"sheet": sheet, "cards": cards, "done": done})


@office("rights")
def ask(request: OfficeRequest, child: UUID) -> HttpResponse:
    """The form. What was typed stays: when it is refused, and when another fact is looked at (`show`).

    What was wished for one fact is never filed for another, which somebody chose before its field came.
    """
    typed = {name: request.POST.get(name, "") for name in FIELDS}
    another = request.POST.get("wished_for", typed["fact"]) != typed["fact"]
    if another:
        typed["wished"] = ""
    if another or request.method != "POST" or "show" in request.POST:
        return _form(request, child, typed)
    try:
        row = corrections.correction_ask(
            child=child, guardian=_id(typed["guardian"]), fact=_fact(typed["fact"]),
            wished=typed["wished"], ground=typed["ground"], actor=request.visitor.person,
            now=clock.now(),
        )  # fmt: skip
    except NotFound:
        raise
    except DomainError as error:
        return _form(request, child, typed, error=error)
    messages.success(request, text("correction.filed"))
    return redirect("correction", row.id)


def _form(
    request: OfficeRequest, child: UUID, typed: dict[str, str], *, error: DomainError | None = None
) -> HttpResponse:
    fact = _fact(typed["fact"]) if typed["fact"] else ""
    guardian = _id(typed["guardian"]) if typed["guardian"] else None
    form = correction_cards.form(
        viewer=request.visitor.person, child=child, guardian=guardian, fact=fact, now=clock.now()
    )
    context = {
        "child": child, "form": form, "typed": typed, "facts": vocabulary.codes("correctable"),
        "field": _field(fact) if form.now is not None else None, "today": clock.today(),
        "says": _worded(fact, form.now or "") if fact else "", "error": error,
    }  # fmt: skip
    return show(request, "correction_ask", context, status=error.status if error else 200)


@require_safe
@office("rights")
def detail(request: OfficeRequest, correction: UUID) -> HttpResponse:
    return _shown(request, correction)


@require_POST
@office("rights")
def decide(request: OfficeRequest, correction: UUID, name: str) -> HttpResponse:
    """One decision; a refused one shows the page again with the reason why and what was typed."""
    if name not in DECISIONS:
        raise NotFound(fields=("step",))
    given = {"reason": request.POST.get("reason", "")} if name == "refuse" else {}
    try:
        DECISIONS[name](
            correction=correction, actor=request.visitor.person, now=clock.now(), **given
        )
    except NotFound:
        raise
    except DomainError as error:
        return _shown(request, correction, error=error)
    messages.success(request, text(f"done.correction_{name}"))
    return redirect("correction", correction)


def _shown(
    request: OfficeRequest, correction: UUID, *, error: DomainError | None = None
) -> HttpResponse:
    card = correction_cards.one(
        viewer=request.visitor.person, correction=correction, now=clock.now()
    )
    worded = {
        name: _worded(card.fact, getattr(card, name)) for name in ("now", "wished", "current")
    }
    context = {"card": card, "worded": worded, "error": error}
    return show(request, "correction", context, status=error.status if error else 200)


def _field(fact: str) -> Field:
    list_name = correctable.list_of(fact)
    codes = tuple(vocabulary.codes(list_name)) if list_name else ()
    return Field(codes=codes, list_name=list_name, day=correctable.is_day(fact))


def _worded(fact: str, value: str) -> str:
    """A code as its label; of nothing that it is nothing."""
    if not value:
        return text("correction.nothing")
    list_name = correctable.list_of(fact)
    return said(list_name, value) if list_name else value


def _id(given: str) -> UUID:
    try:
        return UUID(given)
    except ValueError:
        raise NotFound(fields=("guardian",)) from None


def _fact(given: str) -> str:
    """One of the list; a page offers no other."""
    if given not in vocabulary.codes("correctable"):
        raise NotFound(fields=("fact",))
    return given
