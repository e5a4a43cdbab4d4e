"""503 where the database is away or has no place: for a while nothing can be answered, and nobody is to blame."""

import html
import json
import logging
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import psycopg
from django.db import Error as DatabaseError
from django.db import InterfaceError, OperationalError, ProgrammingError
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.views.defaults import server_error as unexpected
from psycopg_pool import PoolTimeout

from backend.common.errors import DomainError

from . import pool

logger = logging.getLogger(__name__)
RETRY_AFTER = 5  # seconds
# https://www.postgresql.org/docs/current/errcodes-appendix.html: the connection, a lack of places or
# space, an operator's hand (a shutdown, a time-out), the system below; of others those that pass.
_CLASSES = ("08", "53", "57", "58")
_CODES = {
    psycopg.errors.LockNotAvailable.sqlstate,
    psycopg.errors.DeadlockDetected.sqlstate,
    psycopg.errors.SerializationFailure.sqlstate,
    psycopg.errors.IdleInTransactionSessionTimeout.sqlstate,
    "25P04",  # transaction_timeout, of PostgreSQL 17
}


class Unavailable(DomainError):
    code = "server.unavailable"
    status = 503
    zh = "服务器暂时无法处理请求，请稍后再试。刚才的操作可能没有保存：请先核对，再重新提交。"
    en = (
        "The server cannot answer for the moment; try again shortly. What you just did may not be"
        " stored: look before you do it again."
    )


@dataclass(frozen=True, slots=True)
class Said:
    """An error's words: JSON under `/api`, elsewhere a page that needs neither database nor files."""

    headers: dict[str, str]
    body: bytes

    @classmethod
    def of(cls, error: DomainError, *, path: str, english: bool) -> "Said":
        headers = {"Cache-Control": "no-store"}
        if error.status == 503:
            headers["Retry-After"] = str(error.context.get("seconds", RETRY_AFTER))
        with translation.override("en" if english else "zh-hans"):
            if path.startswith("/api/"):
                headers["Content-Type"] = "application/json"
                return cls(headers, json.dumps(error.as_dict(), ensure_ascii=False).encode())
            headers["Content-Type"] = "text/html; charset=utf-8"
            page = _PAGE.format(message=html.escape(error.message))
        return cls(headers, page.encode())


_PAGE = """<!doctype html>
<html><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>护行 Huxing</title></head>
<body><h1>护行 Huxing</h1><p>{message}</p></body></html>
"""


def server_error(request: HttpRequest) -> HttpResponse:
    """`handler500`: 503 for what passes by itself, whichever layer it came through."""
    return answer(request, sys.exc_info()[1]) or unexpected(request)


def answer(request: HttpRequest, error: BaseException | None) -> HttpResponse | None:
    """What to answer to an error that a while cures; None for any other."""
    found = passing(error)
    if found is None:
        return None
    state = _state(found)
    if _is_cut(found):
        pool.renew()
    logger.warning("503: the database is not available: %s %s", type(found).__name__, state or "")
    english = (translation.get_language() or "").startswith("en")
    said = Said.of(Unavailable(), path=request.path, english=english)
    response = HttpResponse(said.body, status=503, headers=said.headers)
    response._has_been_logged = True  # type: ignore[attr-defined] # one line is enough, without a traceback
    return response


def passing(error: BaseException | None) -> DatabaseError | None:
    """The database's error at the bottom of it, if it is one that passes."""
    links = (link for link in _chain(error) if isinstance(link, DatabaseError))
    return next((link for link in links if _passes(link)), None)


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__


def _passes(error: DatabaseError) -> bool:
    state = _state(error)
    if state is not None:
        return state.startswith(_CLASSES) or state in _CODES
    if isinstance(error, ProgrammingError):
        # Django's word for a connection that was lost earlier in the same transaction.
        return "Cannot open a new connection" in str(error)
    # Without a state the server never answered: no connection, none free, or it was cut.
    return isinstance(error, OperationalError | InterfaceError)


def _is_cut(error: DatabaseError) -> bool:
    """Whether the connection is gone, and not only slow, full or waiting in vain."""
    state = _state(error)
    if state is None:
        return not isinstance(error.__cause__, PoolTimeout)
    return state.startswith(("08", "25P", "57P"))


def _state(error: Any) -> str | None:
    cause = error.__cause__
    return cause.sqlstate if isinstance(cause, psycopg.Error) else None
