"""What phones sent and only a person can decide about: the list, one of them, and the decisions."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from backend.common import clock
from backend.common.errors import DomainError, NotFound
from backend.common.language import language
from backend.quarantine import errors, queries, services
from sync import phrases
from sync import waiting as things

from .access import OfficeRequest, office, show
from .filters import WaitingForm
from .paging import paged
from .texts import text

DECISIONS: dict[str, Callable[..., None]] = {
    "approve": services.item_approve,
    "replay": services.item_replay,
    "repair": services.item_repair,
    "set_aside": services.item_set_aside,
}


@dataclass(frozen=True)
class Line:
    """A row of the list with the sentence that says why it is there."""

    row: queries.Row
    why: str


@office("waiting")
def waiting(request: OfficeRequest) -> HttpResponse:
    """The whole page, or only its list when htmx asks for a filter's result."""
    form, now = WaitingForm(request.GET), clock.now()
    found = queries.queue(viewer=request.visitor.person, filters=form.filters(), now=now)
    sheet = paged(request, found)
    lines = [Line(row, why(row.item)) for row in queries.rows(sheet.rows)]
    context = {"form": form, "sheet": sheet, "lines": lines, "now": now}
    if request.headers.get("HX-Request"):
        return render(request, "console/_waiting_list.html", context)
    return show(request, "waiting", context)


def why(item: things.Item) -> str:
    """The sentence its sender was told, or what is the matter with what has no sender's receipt."""
    if item.what == things.CLONE:
        return text("waiting.clone")
    if item.what == things.BODY:
        return text("waiting.body")
    phrase = phrases.BY_CODE.get(item.code)
    if phrase:
        return phrase[1 if language() == "en" else 0]
    return text("waiting.applied") if item.outcome == "applied" else item.code


@office("waiting")
def detail(request: OfficeRequest, item: UUID) -> HttpResponse:
    """The contents open for a reason that comes by POST, so that no address holds it."""
    return _shown(request, item, because=request.POST.get("because", ""))


@require_POST
@office("waiting")
def decide(request: OfficeRequest, item: UUID, name: str) -> HttpResponse:
    """Decides and shows it again; what was refused keeps the words that were typed."""
    if name not in DECISIONS:
        raise NotFound()
    try:
        DECISIONS[name](
            item=item, actor=request.visitor.person, now=clock.now(),
            reason=request.POST.get("reason", ""), **_given(request.POST, name),
        )  # fmt: skip
    except NotFound:
        raise
    except DomainError as error:
        return _shown(request, item, error=error, typed=name)
    messages.success(request, text(f"done.{name}"))
    return redirect("waiting-item", item)


def _given(data: QueryDict, name: str) -> dict[str, Any]:
    revision = data.get("revision", "")
    given: dict[str, Any] = {"revision": int(revision) if revision.isdecimal() else -1}
    if name == "repair":
        given["members"] = {"data": _json(data.get("data", ""))}
    return given


def _json(text_: str) -> dict[str, Any]:
    """Raises `NoJson`."""
    try:
        said = json.loads(text_)
    except (ValueError, RecursionError):
        raise errors.NoJson() from None
    if not isinstance(said, dict):
        raise errors.NoJson()
    return said


def _shown(
    request: OfficeRequest, item: UUID, *, because: str = "", error: DomainError | None = None,
    typed: str = "",
) -> HttpResponse:  # fmt: skip
    viewer, now = request.visitor.person, clock.now()
    row = queries.one(viewer=viewer, item=item, now=now)
    opened = None
    if because:
        try:
            opened = queries.contents(viewer=viewer, item=item, reason=because, now=now)
        except DomainError as sealed:
            error = sealed
    context = {
        "row": row,
        "item": row.item,
        "why": why(row.item),
        "is_operation": row.item.what == things.OPERATION,
        "is_applied": row.item.outcome == "applied",
        "opened": opened,
        "line": _pretty(opened.line) if opened and opened.line else "",
        "data": request.POST.get("data") or (_pretty(_data(opened)) if opened else ""),
        "error": error,
        "typed": typed,
        "reason": request.POST.get("reason", ""),
    }
    return show(request, "waiting_item", context, status=error.status if error else 200)


def _data(opened: queries.Opened) -> Any:
    return (opened.line or {}).get("data", {})


def _pretty(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2)
