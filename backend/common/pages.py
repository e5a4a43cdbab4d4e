"""Lists read in pages by a cursor that says after which row the next page begins.

A page number would count rows: one that leaves before the next page is asked for makes another be
skipped. A cursor holds what the list is ordered by of the row it stands at, signed, so that every row
that stays is seen, whatever comes, goes or moves.
"""

import datetime as dt
import hashlib
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from operator import attrgetter
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.core import signing
from django.db.models import F, Q, QuerySet
from django.db.models.expressions import OrderBy

from .errors import DomainError

_SALT = "huxing.pages"
_TYPES: Mapping[str, tuple[type, Callable[[str], Any]]] = {
    "t": (dt.datetime, dt.datetime.fromisoformat),
    "d": (dt.date, dt.date.fromisoformat),
    "u": (UUID, UUID),
}
Key = Callable[[Any], Sequence[Any]]


class CursorUnknown(DomainError):
    """Not of this list with these filters, or of another time's key."""

    code = "cursor.unknown"
    fields = ("cursor",)
    zh = "翻页标记不属于这个列表或已失效。请去掉 cursor 参数，从第一页重新开始。"
    en = "The cursor is not of this list with these filters. Begin anew without `cursor`."


class PageByNumber(DomainError):
    code = "page.by_number"
    fields = ("page",)
    zh = "列表不按页码读取。请去掉 page 参数，用返回结果里的 next 地址读取下一页。"
    en = "Lists have no page numbers. Leave `page` out and follow `next` of the answer."


@dataclass(frozen=True, slots=True)
class Page:
    """`next` and `previous` are cursors, None where nothing comes. `before` counts what stands ahead."""

    rows: list[Any]
    total: int
    next: str | None
    previous: str | None
    before: Callable[[], int]


def about(path: str, query: Mapping[str, Sequence[str]]) -> str:
    """What a cursor belongs to: an address with its filters, whatever the size of its pages."""
    kept = {name: query[name] for name in sorted(query) if name not in ("cursor", "size")}
    address = f"{path}?{urlencode(kept, doseq=True)}"
    return hashlib.sha256(address.encode()).hexdigest()[:16]


def page(
    found: QuerySet[Any, Any] | Sequence[Any], *, cursor: str, size: int, of: str,
    key: Key | None = None,
) -> Page:  # fmt: skip
    """The page at a cursor, the first one for "". `of` is what `about` says.

    A query needs an order by names; the primary key is added where the order may not be total. A list
    needs a `key`: its rows ascend by it, and it tells each row from the others. Raises `CursorUnknown`.
    """
    backwards, at = _read(cursor, of) if cursor else (False, None)
    if isinstance(found, QuerySet):
        total, rows, beyond, ahead, key = _of_query(found, at, backwards=backwards, size=size)
    else:
        assert key is not None
        total, rows, beyond, ahead = _of_list(found, at, key, backwards=backwards, size=size)
    goes_on, came_from = (True, beyond) if backwards else (beyond, at is not None and bool(rows))
    # Where nothing is left before it, the list goes on at its beginning.
    first, last = (key(rows[0]), key(rows[-1])) if rows else ((), ())
    return Page(
        rows=rows, total=total,
        next=_cursor(last, of, backwards=False) if goes_on else None,
        previous=_cursor(first, of, backwards=True) if came_from else None,
        before=partial(ahead, first) if came_from else lambda: 0,
    )  # fmt: skip


def _of_query(
    found: QuerySet[Any, Any], at: Sequence[Any] | None, *, backwards: bool, size: int
) -> tuple[int, list[Any], bool, Callable[[Any], int], Key]:
    total = found.count()
    if not found.query.combinator and not _ends_in_key(found):
        found = found.order_by(*found.query.order_by, "pk")
    orders = [_order(one) for one in found.query.order_by]
    names = [order.name for order in orders]

    def ahead(values: Sequence[Any]) -> int:
        return _narrowed(found, _beyond(orders, values, backwards=True)).count()

    chosen = found if at is None else _narrowed(found, _beyond(orders, at, backwards=backwards))
    taken = list((chosen.reverse() if backwards else chosen)[: size + 1])
    rows = taken[:size][::-1] if backwards else taken[:size]
    getters = [attrgetter(name.replace("__", ".")) for name in names]
    return total, rows, len(taken) > size, ahead, lambda row: [get(row) for get in getters]


def _of_list(
    found: Sequence[Any], at: Sequence[Any] | None, key: Key, *, backwards: bool, size: int
) -> tuple[int, list[Any], bool, Callable[[Any], int]]:
    keys = [list(key(row)) for row in found]

    def ahead(values: Sequence[Any]) -> int:
        return bisect_left(keys, list(values))

    if backwards and at is not None:
        end = ahead(at)
        start = max(0, end - size)
        return len(found), list(found[start:end]), start > 0, ahead
    start = 0 if at is None else bisect_right(keys, list(at))
    return len(found), list(found[start : start + size]), start + size < len(found), ahead


@dataclass(frozen=True, slots=True)
class _Order:
    name: str
    descending: bool
    nulls_first: bool


def _order(said: Any) -> _Order:
    """As PostgreSQL reads it: where nothing is said, what is empty counts as the largest."""
    if isinstance(said, str):
        descending = said.startswith("-")
        return _Order(said.removeprefix("-"), descending, descending)
    if isinstance(said, OrderBy) and isinstance(said.expression, F):
        first = bool(said.nulls_first or (said.descending and not said.nulls_last))
        return _Order(attrgetter("name")(said.expression), said.descending, first)
    raise TypeError(f"A list in pages is ordered by names, not by {said!r}: annotate it")


def _ends_in_key(found: QuerySet[Any, Any]) -> bool:
    names = [_order(one).name for one in found.query.order_by]
    return bool(names) and names[-1] in ("pk", found.model._meta.pk.name)


def _beyond(orders: Sequence[_Order], values: Sequence[Any], *, backwards: bool) -> Q:
    """The rows after the one with these values, or before it: equal in the first names, beyond in the next."""
    wanted, same = Q(pk__in=[]), Q()
    for order, value in zip(orders, values, strict=True):
        wanted |= same & _past(order, value, backwards=backwards)
        same &= _same(order, value)
    # Said once more of the first name alone, which an index can begin at.
    return wanted & (_past(orders[0], values[0], backwards=backwards) | _same(orders[0], values[0]))


def _same(order: _Order, value: Any) -> Q:
    return Q(**{f"{order.name}__isnull": True} if value is None else {order.name: value})


def _past(order: _Order, value: Any, *, backwards: bool) -> Q:
    nulls_ahead = order.nulls_first != backwards
    nothing = Q(pk__in=[])
    if value is None:
        return Q(**{f"{order.name}__isnull": False}) if nulls_ahead else nothing
    lookup = "lt" if order.descending != backwards else "gt"
    past = Q(**{f"{order.name}__{lookup}": value})
    return past if nulls_ahead else past | Q(**{f"{order.name}__isnull": True})


def _narrowed(found: QuerySet[Any, Any], wanted: Q) -> QuerySet[Any, Any]:
    """Of a union each part is narrowed, which also lets each use its index."""
    if not found.query.combinator:
        return found.filter(wanted)
    chosen = found.all()
    for part in chosen.query.combined_queries:
        part.add_q(wanted)
    return chosen


def _cursor(values: Sequence[Any], of: str, *, backwards: bool) -> str:
    said = [_said(value) for value in values]
    return signing.dumps({"at": said, "back": backwards, "of": of}, salt=_SALT, compress=True)


def _read(cursor: str, of: str) -> tuple[bool, list[Any] | None]:
    try:
        said = signing.loads(cursor, salt=_SALT)
    except signing.BadSignature:
        raise CursorUnknown() from None
    if said["of"] != of:
        raise CursorUnknown()
    return said["back"], [_meant(value) for value in said["at"]] or None


def _said(value: Any) -> Any:
    for name, (kind, _) in _TYPES.items():
        if isinstance(value, kind):
            return {name: value.isoformat() if isinstance(value, dt.date) else str(value)}
    if value is None or isinstance(value, str | int | float):
        return value
    raise TypeError(f"No cursor of {type(value).__name__}")


def _meant(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    ((name, text),) = value.items()
    return _TYPES[name][1](text)
