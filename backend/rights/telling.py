"""Who is told of guardians' requests. A message names no child, no person, no fact and no place below the
township: it says that somebody asked, in the same words whatever stands in the way."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from backend.accounts import news

from .models import CopyRequest, Correction

_PAGE = "/office/rights/"


def tell(
    row: CopyRequest | Correction, kind: str, people: Collection[UUID], division: str, now: datetime
) -> None:
    news.tell([said(row, kind, people, division)], now=now)


def said(
    row: CopyRequest | Correction, kind: str, people: Collection[UUID], division: str,
    *, page: bool = True,
) -> news.News:  # fmt: skip
    """`division` is where the child lives. Without a `page` for those people there is no link."""
    # A village in a table in clear would say of a child whose file keys it.
    values = {"division": division[:9], **({"link": _link(row)} if page else {})}
    return news.News(
        key=f"{kind} {row.id}", people=people, kind=kind, county=division[:6], subject=row.id,
        values=values, critical=False,
    )  # fmt: skip


def _link(row: CopyRequest | Correction) -> str:
    """Of a copy the list: two messages about two requests must not differ."""
    return f"{_PAGE}corrections/{row.id}/" if isinstance(row, Correction) else _PAGE
