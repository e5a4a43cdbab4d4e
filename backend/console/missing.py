"""Missing children: the list, one record with its steps and clues, and the notice to print."""

import base64
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from backend.attachments import queries as attachments
from backend.common import clock
from backend.common.errors import DomainError, NotFound
from backend.referrals import services
from backend.referrals.missing_serializers import MissingGivenIn
from backend.referrals.queries import MISSING_STEPS, NAMES
from backend.referrals.queries import missing_queries as queries

from . import clocks, step_fields, words
from .access import OfficeRequest, office, show
from .escalation import number
from .paging import paged
from .referrals import shown_words
from .texts import text


@office("missing")
def missing(request: OfficeRequest) -> HttpResponse:
    viewer, now, today = request.visitor.person, clock.now(), clock.today()
    ended = "ended" in request.GET
    sheet = paged(request, queries.listed(viewer=viewer, now=now, ended=ended))
    items = queries.items(sheet.rows, viewer=viewer, now=now)
    ages = [clocks.age(item.birth_date, today) if item.birth_date else "" for item in items]
    context = {"sheet": sheet, "rows": list(zip(items, ages, strict=True)), "ended": ended}
    return show(request, "missing", context)


@require_POST
@office("missing")
def note(request: OfficeRequest) -> HttpResponse:
    try:
        child = UUID(request.POST.get("child", ""))
    except ValueError:
        raise NotFound(fields=("child",)) from None
    row = services.missing_note(child=child, actor=request.visitor.person, now=clock.now())
    return redirect("missing-child", row.id)


@office("missing")
def detail(request: OfficeRequest, missing: UUID) -> HttpResponse:
    return _shown(request, missing)


@require_POST
@office("missing")
def step(request: OfficeRequest, missing: UUID, name: str) -> HttpResponse:
    """Takes a step or adds a clue; a refused one keeps the words that were typed."""
    said: dict[str, Any] = {
        "missing": missing, "actor": request.visitor.person, "now": clock.now(),
    }  # fmt: skip
    try:
        if name == "clue":
            services.missing_clue(**said, text=request.POST.get("text", ""))
        else:
            services.missing_step(
                **said, step=name, given=step_fields.given(MissingGivenIn, request.POST),
                revision=number(request.POST.get("revision", "")),
            )  # fmt: skip
    except NotFound:
        raise
    except DomainError as error:
        return _shown(request, missing, error=error, typed=name)
    messages.success(request, text("done.missing_step"))
    return redirect("missing-child", missing)


@office("missing")
def notice(request: OfficeRequest, missing: UUID) -> HttpResponse:
    """A page of paper with what a lead confirmed."""
    viewer, now = request.visitor.person, clock.now()
    found = queries.notice(viewer=viewer, missing=missing, now=now)
    context = {
        "missing": missing, "notice": found, "identity": shown_words(found.identity),
        "photo": _picture(found.photo, viewer, attachments.VIEW) if found.photo else "",
    }  # fmt: skip
    return show(request, "missing_notice", context)


def _picture(attachment: UUID, viewer: UUID, what: str) -> str:
    """The image itself, so that no address of it is left behind."""
    seen = attachments.content(viewer=viewer, attachment=attachment, what=what, now=clock.now())
    return f"data:{seen.type};base64,{base64.b64encode(seen.content).decode()}"


def _shown(
    request: OfficeRequest, missing: UUID, *, error: DomainError | None = None, typed: str = ""
) -> HttpResponse:
    viewer, now, today = request.visitor.person, clock.now(), clock.today()
    item, found = queries.detail(viewer=viewer, missing=missing, now=now)
    prepares = "prepare" in found.possible
    photos = _photos(viewer, item.child) if prepares or found.prepared else {}
    context = {
        "item": item, "found": found, "error": error, "typed": typed, "photos": photos,
        "age": clocks.age(item.birth_date, today) if item.birth_date else "",
        "steps": [(one, _said(one.said)) for one in reversed(found.steps)],
        "next": [_next(name, request, typed, photos) for name in found.possible],
        "prepared": _said(found.prepared or {}),
        "prepared_photo": photos.get((found.prepared or {}).get("photo", ""), ""),
        "printable": item.confirmed and prepares,
    }  # fmt: skip
    return show(request, "missing_child", context, status=error.status if error else 200)


def _photos(viewer: UUID, child: UUID) -> dict[str, str]:
    """The child's open photographs as thumbnails, by id; the latest eight."""
    rows = attachments.listed(viewer=viewer, status="complete", now=clock.now(), file=child)
    chosen = rows.filter(sealed=False, has_view=True).order_by("-declared_at")[:8]
    return {str(row.id): _picture(row.id, viewer, attachments.THUMBNAIL) for row in chosen}


def _next(
    name: str, request: OfficeRequest, typed: str, photos: dict[str, str]
) -> tuple[str, list[step_fields.Box]]:
    wanted = MISSING_STEPS[name]
    choices = {
        "names": [(code, words.said("referral_field", code)) for code in NAMES],
        "photo": [(id_, "") for id_ in photos],
    }
    data = request.POST if typed == name else None
    return name, step_fields.boxes("missing_field", wanted.needs, wanted.may, data, choices)


def _said(said: dict[str, Any]) -> list[tuple[str, str]]:
    """The words of a step, with those of the identity that a notice shows."""
    named = [(words.said("missing_field", n), str(v)) for n, v in said.items() if n in _WORDS]
    return [*named, *shown_words(said.get("identity", {}))]


_WORDS = ("called_at", "receipt", "description", "last_seen_at", "last_seen_place", "contact",
          "number", "published_on", "found_on", "visited_on", "words", "reason")  # fmt: skip
