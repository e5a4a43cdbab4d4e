"""How bodies come in and answers go out: what is slow, cut or too much is nobody's but its sender's."""

import asyncio
import json
import threading
from collections.abc import Callable, Iterable
from typing import Any

import psycopg
import pytest
from django.db import InterfaceError, OperationalError, ProgrammingError
from django.test import RequestFactory
from psycopg_pool import PoolTimeout
from rest_framework.permissions import AllowAny

from backend.accounts.permissions import Phone, SignedIn
from backend.config import unavailable
from backend.config.front import bodies, lanes
from backend.config.front.application import Front
from backend.config.front.exchange import Wsgi
from backend.config.front.lanes import Lane, lane_of
from tests.api.routes import callbacks, methods

CHUNKED = [(b"transfer-encoding", b"chunked")]


class Line:
    """A client as the ASGI server shows it: messages, each after a pause; then silence or an end."""

    def __init__(self, *parts: bytes, headers: Any = (), pause: float = 0.0, **scope: Any) -> None:
        self.parts, self.pause = list(parts), pause
        self.end: dict[str, Any] | None = {"type": "http.request", "body": b"", "more_body": False}
        self.scope = {
            "type": "http", "method": "POST", "path": "/", "raw_path": b"/", "query_string": b"",
            "http_version": "1.1", "headers": list(headers), **scope,
        }  # fmt: skip
        self.sent: list[dict[str, Any]] = []

    async def receive(self) -> dict[str, Any]:
        await asyncio.sleep(self.pause)
        if self.parts:
            return {"type": "http.request", "body": self.parts.pop(0), "more_body": True}
        if self.end is None:
            await asyncio.sleep(3600)
        return self.end or {}

    async def send(self, message: dict[str, Any]) -> None:
        self.sent.append(message)

    def asks(self, django: Wsgi, *, lane: Lane | None = None) -> tuple[int, dict[str, str], bytes]:
        sizes = {"threads": 2, "waiting": 2, "body": 100, "held": 1000}
        every = {name: lane or Lane(name, **sizes) for name, _, _ in lanes.RULES}
        asyncio.run(Front(django, every)(self.scope, self.receive, self.send))
        start, *pieces = self.sent
        headers = {name.decode(): value.decode() for name, value in start["headers"]}
        return start["status"], headers, b"".join(piece["body"] for piece in pieces)


def echo(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """What Django would have got."""
    size = int(environ["CONTENT_LENGTH"])
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [environ["wsgi.input"].read(size), environ["QUERY_STRING"].encode("latin-1")]


def never(*_: Any) -> Any:
    raise AssertionError("Django was asked")


@pytest.fixture(autouse=True)
def brief(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody lingers. How long a body may take is cut short only where it is to take too long."""
    monkeypatch.setattr(bodies, "LINGER_SECONDS", 0.05)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "GRACE", 0.2)


def test_a_body_is_whole_before_django_is_asked_also_a_chunked_one() -> None:
    for headers in (CHUNKED, [(b"content-length", b"10")]):
        status, said, body = Line(b"hello", b"world", headers=headers).asks(echo)
        assert (status, said["content-length"], body) == (200, "10", b"helloworld")


@pytest.mark.parametrize(
    ("code", "status", "end", "parts", "headers"),
    [
        ("body.cut", 400, {"type": "http.disconnect"}, [b"hel"], [(b"content-length", b"10")]),
        ("body.cut", 400, {"type": "http.disconnect"}, [b"hel"], CHUNKED),
        ("body.cut", 400, "whole", [b"hel"], [(b"content-length", b"10")]),
        ("body.too_large", 413, "whole", [], [(b"content-length", b"101")]),
        ("body.too_large", 413, "whole", [b"x" * 60] * 2, CHUNKED),
    ],
)
def test_a_body_that_is_cut_or_too_large_is_told_so_and_never_reaches_django(
    code: str, status: int, end: Any, parts: list[bytes], headers: Any
) -> None:
    refused(code, status, end, parts, headers)


@pytest.mark.parametrize("headers", [[(b"content-length", b"10")], CHUNKED])
def test_a_body_that_is_slow_is_told_so_and_never_reaches_django(
    impatient: None, headers: Any
) -> None:
    """BODY: also where the line sends a byte now and then, as a slow client does to stay."""
    refused("body.slow", 408, None, [b"hel"], headers)
    dripping = Line(*[b"x"] * 50, headers=CHUNKED, pause=0.02)
    assert dripping.asks(never)[0] == 408


def refused(code: str, status: int, end: Any, parts: list[bytes], headers: Any) -> None:
    for language, where in (("en", "/api/v1/sync"), ("zh-CN", "/login/")):
        spoken = (b"accept-language", language.encode())
        line = Line(*parts, headers=[*headers, spoken], path=where, raw_path=where.encode())
        line.end = line.end if end == "whole" else end
        found, said, body = line.asks(never)
        assert (found, said["connection"]) == (status, "close")
        text = body.decode()
        assert ("nothing of it was used" in text) is (language == "en")
        if where.startswith("/api/"):
            assert json.loads(text)["code"] == code


def test_an_upload_is_handed_on_as_it_comes_and_what_came_before_the_end_is_kept(
    impatient: None,
) -> None:
    for end in (None, {"type": "http.disconnect"}):
        kept: list[bytes] = []

        def django(
            environ: dict[str, Any], start: Callable[..., Any], kept: list[bytes] = kept
        ) -> Any:
            while piece := environ["wsgi.input"].read(4):
                kept.append(piece)
            start("204 No Content", [])
            return []

        where = "/api/v1/uploads/1"
        line = Line(
            b"hello", b"w", method="PATCH", path=where, raw_path=where.encode(),
            headers=[(b"content-length", b"100")],
        )  # fmt: skip
        line.end = end
        status, said, _ = line.asks(django)
        assert (status, said["connection"], kept) == (204, "close", [b"hell", b"ow"])


def test_who_comes_when_a_lane_is_full_is_sent_away_at_once_and_no_other_lane_is() -> None:
    lane = Lane("office", threads=1, waiting=1, body=100, held=30)

    async def ask(*found: Line, sent_away: int) -> None:
        """Django answers nobody before so many were sent away."""
        go_on = threading.Event()

        def busy(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
            assert go_on.wait(60)
            return echo(environ, start)

        other = Lane("phones", threads=1, waiting=1, body=100, held=30)
        every = {name: other if name == "phones" else lane for name, _, _ in lanes.RULES}
        front = Front(busy, every)
        waiting = {
            asyncio.ensure_future(front(line.scope, line.receive, line.send)) for line in found
        }
        while len(waiting) > len(found) - sent_away:
            _, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        go_on.set()
        await asyncio.gather(*waiting)

    office = [Line(b"a", headers=CHUNKED) for _ in range(4)]
    phone = Line(b"a", headers=CHUNKED, path="/api/v1/sync", raw_path=b"/api/v1/sync")
    asyncio.run(ask(*office, phone, sent_away=2))
    assert [line.sent[0]["status"] for line in office] == [200, 200, 503, 503]
    assert phone.sent[0]["status"] == 200
    assert dict(office[-1].sent[0]["headers"])[b"retry-after"].isdigit()
    # The same for bytes: more than the lane holds, of several at once.
    large = [Line(b"x" * 20, headers=CHUNKED) for _ in range(2)]
    asyncio.run(ask(*large, sent_away=1))
    assert sorted(line.sent[0]["status"] for line in large) == [200, 503]
    assert Line(b"x" * 20, headers=CHUNKED).asks(echo, lane=lane)[0] == 200


def test_odd_heads_reach_django_as_they_are_and_a_failure_is_an_answer() -> None:
    line = Line(
        raw_path=b"/%ff/%E4%BD%A0", query_string=b"q=\xff%00",
        headers=[(b"x_forwarded_proto", b"https"), (b"cookie", b"a=1"), (b"cookie", b"b=2")],
    )  # fmt: skip
    seen: dict[str, Any] = {}

    def django(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        seen.update(environ)
        return echo(environ, start)

    assert line.asks(django)[2] == b"q=\xff%00"
    assert seen["PATH_INFO"].encode("latin-1") == b"/\xff/\xe4\xbd\xa0"
    assert seen["HTTP_COOKIE"] == "a=1; b=2"
    assert "HTTP_X_FORWARDED_PROTO" not in seen
    status, said, _ = Line().asks(never)
    assert (status, said["retry-after"]) == (503, str(unavailable.RETRY_AFTER))


def test_whatever_a_phone_or_a_stranger_may_call_has_threads_that_are_not_the_offices() -> None:
    others: set[str] = set()
    for path, view in callbacks():
        made = getattr(view, "view_initkwargs", {}).get("permission_classes")
        allowed = made or getattr(getattr(view, "cls", None), "permission_classes", [])
        if {Phone, SignedIn, AllowAny} & set(allowed):
            others |= {lane_of(method, path) for method in methods(view)}
    assert others == {"phones", "uploads", "logins", "schema"}
    assert lane_of("POST", "/login/") == lane_of("POST", "/api/v1/me/password") == "logins"
    assert lane_of("GET", "/login/") == lane_of("POST", "/office/duty/x/") == "office"


# ---- the database


def caused(error: Exception, cause: Exception | None = None) -> Exception:
    error.__cause__ = cause
    return error


def sql(name: str) -> Exception:
    return caused(OperationalError("x"), getattr(psycopg.errors, name)("x"))


@pytest.mark.parametrize(
    ("error", "passes"),
    [
        *((sql(name), True) for name in (
            "AdminShutdown", "CrashShutdown", "CannotConnectNow", "TooManyConnections", "DiskFull",
            "QueryCanceled", "LockNotAvailable", "DeadlockDetected", "SerializationFailure",
            "IdleInTransactionSessionTimeout", "ConnectionFailure", "IoError",
        )),
        (caused(OperationalError("x"), psycopg.OperationalError("server closed it")), True),
        (caused(OperationalError("x"), PoolTimeout("x")), True),
        (InterfaceError("connection already closed"), True),
        (caused(ValueError("x"), sql("AdminShutdown")), True),
        (ProgrammingError("Cannot open a new connection in an atomic block."), True),
        *((sql(name), False) for name in ("UniqueViolation", "UndefinedTable", "StringDataRightTruncation")),
        (ValueError("x"), False),
    ],
)  # fmt: skip
def test_what_passes_by_itself_is_503_of_its_kind_and_nothing_else_is(
    error: Exception, passes: bool
) -> None:
    answer = unavailable.answer(RequestFactory().get("/api/v1/me"), error)
    assert (answer is not None) is passes
    if answer is not None:
        assert (answer.status_code, json.loads(answer.content)["code"]) == (
            503, "server.unavailable",
        )  # fmt: skip
        assert int(answer.headers["Retry-After"]) > 0
        page = unavailable.answer(RequestFactory().get("/office/"), error)
        assert page is not None
        assert b"<html" in page.content
