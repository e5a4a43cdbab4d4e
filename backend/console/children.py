"""Children: looked for by name, pinyin, number or phone; who is not covered, who is not visited."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render

from backend.accounts import queries as accounts
from backend.caseload import queries
from backend.common import clock
from backend.concerns import variants

from . import clocks, navigation
from .access import OfficeRequest, office, show
from .filters import ChildrenForm
from .paging import paged


@office("children")
def children(request: OfficeRequest) -> HttpResponse:
    """The whole page, or only its list when htmx asks for a filter's result."""
    viewer, now, today = request.visitor.person, clock.now(), clock.today()
    form = ChildrenForm(request.GET, prefixes=accounts.prefixes(viewer, on=today))
    given = form.given()
    found = queries.listed(
        viewer=viewer,
        filters=form.filters(),
        now=now,
        overdue="overdue" in given,
        unassigned="unassigned" in given,
    )
    sheet = paged(request, found)
    items = queries.items(sheet.rows, viewer=viewer, now=now)
    ages = [clocks.age(item.birth_date, today) if item.birth_date else "" for item in items]
    context = {
        "form": form,
        "sheet": sheet,
        "rows": list(zip(items, ages, _levels(items), strict=True)),
        "now": now,
        "today": today,
        "refers": bool(navigation.roles_for("referrals") & request.visitor.roles),
        "borrows": bool(navigation.roles_for("loans") & request.visitor.roles),
        "opens_cases": bool(navigation.roles_for("cases") & request.visitor.roles),
    }
    if request.headers.get("HX-Request"):
        return render(request, "console/_children_list.html", context)
    return show(request, "children", context)


def _levels(items: Sequence[queries.Item]) -> list[Mapping[str, Any]]:
    """What each child's county calls the risk levels, and their colours there, as far as it set any."""
    local = variants.risk_levels({item.division for item in items})
    return [local[item.division] for item in items]
