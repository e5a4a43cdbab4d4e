"""Guardianship cases: the next clock first."""

from django.http import HttpResponse
from django.shortcuts import render

from backend.common import clock
from backend.guardianship import queries

from . import clocks
from .access import OfficeRequest, office, show
from .filters import CasesForm
from .paging import paged


@office("cases")
def cases(request: OfficeRequest) -> HttpResponse:
    """The whole page, or only its list when htmx asks for a filter's result."""
    viewer, now, today = request.visitor.person, clock.now(), clock.today()
    form = CasesForm(request.GET, prefixes=queries.reach(viewer, on=today).works)
    sheet = paged(request, queries.listed(viewer=viewer, filters=form.filters(viewer), now=now))
    items = queries.items(sheet.rows, viewer=viewer, now=now)
    ages = [clocks.age(item.birth_date, today) if item.birth_date else "" for item in items]
    context = {
        "form": form, "sheet": sheet, "rows": list(zip(items, ages, strict=True)), "now": now,
    }  # fmt: skip
    if request.headers.get("HX-Request"):
        return render(request, "console/_cases_list.html", context)
    return show(request, "cases", context | {"counts": queries.counts(viewer=viewer, now=now)})
