"""The escalation queue: the next deadline first."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone

from backend.common import clock
from backend.concerns import queries

from . import clocks, words
from .access import OfficeRequest, office, show
from .filters import QueueForm
from .paging import paged


@dataclass(frozen=True)
class Row:
    """An item of the queue with its words."""

    item: queries.Item
    titles: list[str]
    age: str


@office("queue")
def queue(request: OfficeRequest) -> HttpResponse:
    """The whole page, or only its list when htmx asks for a filter's result."""
    viewer, now = request.visitor.person, clock.now()
    form = QueueForm(request.GET, prefixes=queries.reach(viewer, on=clock.today()).queue)
    found = queries.queue(viewer=viewer, filters=form.filters(viewer), now=now)
    sheet = paged(request, found)
    items = queries.items(sheet.rows, viewer=viewer, now=now)
    titles = queries.rule_titles()
    rows = [_row(item, titles) for item in items]
    context = {"form": form, "sheet": sheet, "rows": rows, "now": now}
    if request.headers.get("HX-Request"):
        return render(request, "console/_queue_list.html", context)
    return show(request, "queue", context | {"counts": queries.counts(viewer=viewer, now=now)})


def _row(item: queries.Item, titles: Mapping[str, Mapping[str, str]]) -> Row:
    named = [words.spoken(titles[rule]) if rule in titles else rule for rule in item.rules]
    today = timezone.localdate()
    age = clocks.age(item.birth_date, today) if item.birth_date else ""
    return Row(item=item, titles=named, age=age)
