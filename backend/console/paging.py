"""Pages of a list, and the addresses of the next and the previous one."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest

from backend.common import pages

SIZE = 50


@dataclass(frozen=True)
class Paged:
    """`first` and `last` count from 1; `next` and `previous` are addresses, "" where there is none."""

    rows: list[Any]
    first: int
    last: int
    total: int
    next: str
    previous: str


def paged(
    request: HttpRequest, found: QuerySet[Any, Any] | Sequence[Any], *, key: pages.Key | None = None
) -> Paged:
    """The page that the address asks for; the first one where its cursor is not of this list.

    For `key` see `backend.common.pages.page`.
    """
    query = request.GET.copy()
    query.pop("page", None)
    cursor = query.pop("cursor", [""])[-1]
    of = pages.about(request.path, dict(query.lists()))
    try:
        page = pages.page(found, cursor=cursor, size=SIZE, of=of, key=key)
    except pages.CursorUnknown:
        page = None
    if page is None or (cursor and not page.rows):
        page = pages.page(found, cursor="", size=SIZE, of=of, key=key)
    before = page.before()

    def address(other: str | None) -> str:
        if other is None:
            return ""
        asked = query.copy()
        asked["cursor"] = other
        return f"?{asked.urlencode()}"

    return Paged(
        rows=page.rows, first=before + 1 if page.rows else 0, last=before + len(page.rows),
        total=page.total, next=address(page.next), previous=address(page.previous),
    )  # fmt: skip
