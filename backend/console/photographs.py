"""Photographs beside the words they were taken with, and those that have not come."""

import base64
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from backend.attachments import queries, services
from backend.attachments.api import served
from backend.common import clock
from sync.uploads import queries as uploads

from .access import OfficeRequest, office, show
from .paging import paged
from .texts import text

# Of one visit or concern; what is over is named and not shown.
SHOWN = 24


@dataclass(frozen=True)
class Picture:
    """`image` is the thumbnail itself: a sealed one has no address that a browser could ask for."""

    id: UUID
    image: str


@dataclass(frozen=True)
class Photographs:
    count: uploads.Count
    pictures: list[Picture]
    others: list[uploads.Card]


def beside(
    sources: Mapping[UUID, Iterable[UUID]], *, viewer: UUID, reason: str
) -> dict[UUID, Photographs]:
    """By source, whose operations are given; sources without any are left out. Each look is audited."""
    ops = [op for own in sources.values() for op in own]
    cards = queries.shown(viewer=viewer, ops=ops, now=clock.now(), reason=reason)
    found = {
        source: [card for op in own for card in cards.get(op, [])]
        for source, own in sources.items()
    }
    return {source: _shown(own, viewer, reason) for source, own in found.items() if own}


def _shown(cards: list[uploads.Card], viewer: UUID, reason: str) -> Photographs:
    best = list(uploads.best(cards).values())
    here = [card for card in best if card.status == "complete"]
    pictures = [card for card in here if card.has_view][:SHOWN]
    others = [card for card in here if card not in pictures]
    return Photographs(
        uploads.count(cards), [_picture(card, viewer, reason) for card in pictures], others
    )


def _picture(card: uploads.Card, viewer: UUID, reason: str) -> Picture:
    found = queries.content(
        viewer=viewer, attachment=card.id, what=queries.THUMBNAIL, now=clock.now(), reason=reason
    )
    image = f"data:{found.type};base64,{base64.b64encode(found.content).decode()}"
    return Picture(card.id, image)


@office("queue")
def photograph(request: OfficeRequest, attachment: UUID) -> HttpResponse:
    """One as large as it is shown. The reason for a sealed one comes by POST, so no address holds it."""
    found = queries.content(
        viewer=request.visitor.person, attachment=attachment, what=queries.VIEW, now=clock.now(),
        reason=request.POST.get("because", ""),
    )  # fmt: skip
    return served(found, attachment)


@office("photographs")
def waiting(request: OfficeRequest) -> HttpResponse:
    """What was declared and has not come, the oldest first."""
    viewer, now = request.visitor.person, clock.now()
    sheet = paged(request, queries.listed(viewer=viewer, status="pending", now=now))
    items = queries.items(sheet.rows, viewer=viewer, now=now)
    return show(request, "photographs", {"sheet": sheet, "items": items})


@require_POST
@office("photographs")
def close(request: OfficeRequest, attachment: UUID) -> HttpResponse:
    services.attachment_close(
        attachment=attachment, actor=request.visitor.person, now=clock.now(),
        reason=request.POST.get("reason", ""),
    )  # fmt: skip
    messages.success(request, text("done.lost"))
    return redirect("photographs")
