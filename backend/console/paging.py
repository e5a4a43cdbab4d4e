"""Pages of a list, and the address that keeps what was looked for."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import HttpRequest

SIZE = 50


@dataclass(frozen=True)
class Paged:
    """`address` is the query of the other pages, without their number."""

    page: Page[Any]
    address: str


def paged(request: HttpRequest, rows: QuerySet[Any] | Sequence[Any]) -> Paged:
    """The page the request asks for, or the nearest there is."""
    query = request.GET.copy()
    number = query.pop("page", ["1"])[-1]
    return Paged(Paginator(rows, SIZE).get_page(number), query.urlencode())
