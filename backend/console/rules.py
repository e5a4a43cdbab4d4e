"""Rules on their way into force: the editions, what differs, what a rehearsal showed, and the steps."""

import datetime as dt
from collections.abc import Callable
from typing import Any
from uuid import UUID

import yaml
from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect
from django.views.decorators.http import require_POST, require_safe

from backend.common import clock
from backend.common.errors import DomainError, NotFound
from backend.concerns import years_ahead
from backend.concerns.editions import checking, errors, queries, rehearsals, services

from . import lacks, words
from .access import OfficeRequest, office, show
from .paging import paged
from .texts import text

# As much of a rehearsal as a request may take; a worker does the rest.
CHUNKS_AT_ONCE = 5
STEPS: dict[str, Callable[..., Any]] = {
    "approve": services.edition_approve,
    "publish": services.edition_publish,
    "retire": services.edition_retire,
    "revise": services.edition_revise,
    "rehearse": rehearsals.rehearsal_start,
}
# `done.approve` speaks of data that waited for review.
DONE = {"approve": "done.approve_rules"}


@require_safe
@office("rules")
def rules(request: OfficeRequest) -> HttpResponse:
    viewer, now = request.visitor.person, clock.now()
    sheet = paged(request, queries.editions(viewer=viewer, now=now))
    cards = queries.cards(sheet.rows, viewer=viewer, now=now)
    context = {"sheet": sheet, "cards": cards, "wanted": years_ahead.wanted(clock.today())}
    return show(request, "rules", context)


@office("rules")
def new(request: OfficeRequest) -> HttpResponse:
    """A form with what is in force, to change; what was refused keeps the words that were typed."""
    division = request.POST.get("division", "").strip()
    error = None
    if request.method == "POST":
        try:
            made = services.edition_draft(
                content=checking.content_of(request.POST.get("content", "")), division=division,
                actor=request.visitor.person, now=clock.now(),
            )  # fmt: skip
        except DomainError as refused:
            error = refused
        else:
            messages.success(request, text("done.draft"))
            return redirect("rules-edition", made.id)
    standing = queries.in_force("")
    typed = request.POST.get("content") or (_written(standing.content) if standing else "")
    context = {"division": division, "content": typed, "error": error}
    return show(request, "rules_new", context, status=error.status if error else 200)


@require_safe
@office("rules")
def detail(request: OfficeRequest, edition: UUID) -> HttpResponse:
    return _shown(request, edition)


@require_POST
@office("rules")
def step(request: OfficeRequest, edition: UUID, name: str) -> HttpResponse:
    """Takes the step and shows the edition again."""
    if name not in STEPS:
        raise NotFound()
    try:
        made = STEPS[name](
            edition=edition, actor=request.visitor.person, now=clock.now(),
            **_given(request.POST, name),
        )  # fmt: skip
        if name == "rehearse":
            rehearsals.rehearsal_run(rehearsal=made.id, now=clock.now(), chunks=CHUNKS_AT_ONCE)
    except NotFound:
        raise
    except DomainError as error:
        return _shown(request, edition, error=error)
    messages.success(request, text(DONE.get(name, f"done.{name}")))
    return redirect("rules-edition", edition)


def _given(data: QueryDict, name: str) -> dict[str, Any]:
    """Raises `RulesFaulty` and `RehearsalNeedless`."""
    if name == "revise":
        return {"content": checking.content_of(data.get("content", ""))}
    if name == "rehearse":
        try:
            return {"since": dt.date.fromisoformat(data.get("since", ""))}
        except ValueError:
            raise errors.RehearsalNeedless() from None
    return {}


def _shown(
    request: OfficeRequest, edition: UUID, *, error: DomainError | None = None
) -> HttpResponse:
    viewer, now = request.visitor.person, clock.now()
    row = queries.edition(edition=edition, viewer=viewer, now=now)
    (card,) = queries.cards([row], viewer=viewer, now=now)
    standing = queries.in_force(row.division)
    empty: Any = {} if row.division else []
    last = queries.rehearsals(edition=row.id).first()
    result = queries.result(rehearsal=last.id, viewer=viewer, now=now) if last else None
    context = {
        "card": card,
        "differences": queries.compared(standing.content if standing else empty, row.content),
        "unfitting": queries.unfitting(row, viewer=viewer, now=now),
        "lacking": lacks.shown(queries.unreachable(row, viewer=viewer, now=now)),
        "result": result,
        "examples": [(one, _facts(one.facts)) for one in result.examples] if result else [],
        "content": request.POST.get("content") or _written(row.content),
        "since": clock.today() - dt.timedelta(days=90),
        "error": error,
    }
    return show(request, "rules_edition", context, status=error.status if error else 200)


def _facts(found: dict[str, Any]) -> list[str]:
    return [words.fact(name, value) for name, value in found.items()]


def _written(content: Any) -> str:
    return yaml.safe_dump(content, allow_unicode=True, sort_keys=False, width=110)
