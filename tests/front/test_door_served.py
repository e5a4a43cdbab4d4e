"""The office as it is deployed, among clients that are slow, many or broken, and on a database that is scarce."""

import contextlib
import http.client
import json
import secrets
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from psycopg import OperationalError, connect

from sync.models import Operation, UnreadableLine
from tests.api.conftest import COUNTY, NOW, HttpPhone, administrator, http_phone, person, supervisor
from tests.web import PATIENCE, Granian, database_url, granian

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
__all__ = ["administrator", "http_phone", "supervisor"]
PLACES, CLIENTS = 5, 30
ROLE = "huxing_test_scarce"
QUEUE = "/api/v1/escalations/"  # what an officer's desk is about


@pytest.fixture(scope="module")
def scarce(django_db_setup: None, django_db_blocker: Any) -> Iterator[str]:
    """The address of the test's database for somebody with PLACES connections."""
    password = secrets.token_hex(16)
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        _drop_role(cursor)
        cursor.execute(
            f"CREATE ROLE {ROLE} LOGIN CONNECTION LIMIT {PLACES} PASSWORD '{password}'"
            " IN ROLE pg_read_all_data, pg_write_all_data"
        )
        yield database_url(ROLE, password)
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        _cut(cursor)
        _drop_role(cursor)


def _drop_role(cursor: Any) -> None:
    cursor.execute(f"DROP ROLE IF EXISTS {ROLE}")


def _cut(cursor: Any, *spared: int) -> None:
    """Ends every connection of the role but those of the processes that are spared."""
    cursor.execute(
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
        " WHERE usename = %s AND pid <> ALL(%s)",
        [ROLE, list(spared)],
    )


@pytest.fixture(scope="module")
def web(scarce: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Granian]:
    with granian(tmp_path_factory.mktemp("web"), DATABASE_URL=scarce) as server:
        yield server


@pytest.fixture
def cookie(transactional_db: None) -> str:
    """Of an officer who has logged in."""
    client = Client()
    client.force_login(
        person("officer", "county_officer", COUNTY, None), settings.AUTHENTICATION_BACKENDS[-1]
    )
    return f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}"


def page(web: Granian, cookie: str, path: str = QUEUE) -> http.client.HTTPResponse:
    line = http.client.HTTPConnection("127.0.0.1", web.port, timeout=PATIENCE)
    line.request("GET", path, headers={"Cookie": cookie, "Accept-Language": "en"})
    answer = line.getresponse()
    answer.body = answer.read()  # type: ignore[attr-defined]
    line.close()
    return answer


def raw(web: Granian, head: str, body: bytes = b"", *, ends: bool = False) -> tuple[int, Any]:
    """Sends the bytes as they are; `ends`: and says that no more will come."""
    with web.line() as line:
        line.sendall(head.replace("\n", "\r\n").encode() + b"\r\n\r\n" + body)
        if ends:
            line.shutdown(socket.SHUT_WR)
        answer = http.client.HTTPResponse(line)
        answer.begin()
        content = answer.read()
        return answer.status, json.loads(content) if content else {}


def test_the_office_is_answered_while_slow_clients_and_log_ins_hang(
    web: Granian, cookie: str
) -> None:
    """More of each kind than the office has threads; the one log-in thread has seconds of work."""
    slow = {
        "head": "GET /office/ HTTP/1.1\r\nHost: 127",
        "body": "POST /login/ HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 50\r\n\r\nuser",
        "chunk": "POST /office/x HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhe",
        "sync": "POST /api/v1/sync HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 9\r\n\r\n{",
        "reader": f"GET /api/v1/escalations/ HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: {cookie}\r\n\r\n",
    }
    body = json.dumps({"username": "nobody", "password": "no such password"})
    login = (
        "POST /api/v1/auth/login HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n{body}"
    )
    with contextlib.ExitStack() as open_lines:
        lines = [
            (open_lines.enter_context(web.line()), text)
            for text in slow.values()
            for _ in range(10)
        ]
        trying = [open_lines.enter_context(web.line()) for _ in range(8)]
        for line, text in [*lines, *((line, login) for line in trying)]:
            line.sendall(text.encode())
        for path in (QUEUE, "/healthz"):
            assert page(web, cookie, path).status == 200
        for line, text in lines:
            if text != slow["reader"]:
                line.setblocking(False)
                with pytest.raises(BlockingIOError):
                    line.recv(1)
        for line in trying:
            assert line.recv(12)[-3:] in (b"401", b"429", b"503")


def test_chunked_bodies_are_read_and_what_is_cut_is_nobodys(
    web: Granian, http_phone: HttpPhone
) -> None:
    token = f"Host: 127.0.0.1\nAuthorization: Token {http_phone.token}"
    said = json.dumps({"protocol": 1, "device": str(http_phone.device), "wall": NOW.isoformat()})
    chunks = f"{len(said):x}\r\n{said}\r\n0\r\n\r\n".encode()
    sync = f"POST /api/v1/sync HTTP/1.1\n{token}"
    status, answer = raw(web, f"{sync}\nTransfer-Encoding: chunked", chunks)
    assert (status, "server_time" in answer) == (200, True)
    # The log-in: it says what is wrong with name and password, so it has read them.
    given = json.dumps({"username": "nobody"})
    status, answer = raw(
        web, "POST /api/v1/auth/login HTTP/1.1\nHost: 127.0.0.1\nContent-Type: application/json\n"
        "Transfer-Encoding: chunked", f"{len(given):x}\r\n{given}\r\n0\r\n\r\n".encode(),
    )  # fmt: skip
    assert (status, answer["fields"]) == (400, ["password"])
    for kind in ("Transfer-Encoding: chunked", f"Content-Length: {len(said) + 9}"):
        cut = chunks[:-5] if kind.startswith("T") else said.encode()
        status, answer = raw(web, f"{sync}\n{kind}", cut, ends=True)
        assert (status, answer["code"]) == (400, "body.cut")
    assert not UnreadableLine.objects.exists()
    assert not Operation.objects.exists()


def many(web: Granian, cookie: str, paths: list[str]) -> list[http.client.HTTPResponse]:
    answers: list[http.client.HTTPResponse] = []
    threads = [
        threading.Thread(target=lambda path=path: answers.append(page(web, cookie, path)))  # type: ignore[misc]
        for path in paths
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == len(paths)
    return answers


@contextlib.contextmanager
def holding(places: int, url: str) -> Iterator[None]:
    """Holds so many of the role's places; what the web has, or makes anew meanwhile, is cut."""
    deadline, held = time.monotonic() + PATIENCE, []
    with connection.cursor() as cursor, contextlib.ExitStack() as taken:
        while len(held) < places:
            assert time.monotonic() < deadline
            try:
                held.append(taken.enter_context(connect(url)))
            except OperationalError:
                _cut(cursor, *(one.info.backend_pid for one in held))
        yield


def comes_back(web: Granian, cookie: str) -> None:
    """Without a restart, within a while."""
    deadline = time.monotonic() + PATIENCE
    while (status := page(web, cookie).status) != 200:
        assert status == 503
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_a_database_without_places_or_away_is_503_and_comes_back_by_itself(
    web: Granian, cookie: str
) -> None:
    paths, url = [QUEUE, "/api/v1/me", "/healthz"] * (CLIENTS // 3), web.more["DATABASE_URL"]
    # One place for thirty: some wait a little, some are told when to come again.
    with holding(PLACES - 1, url):
        assert {answer.status for answer in many(web, cookie, paths)} <= {200, 503}
    comes_back(web, cookie)
    # None at all.
    with holding(PLACES, url):
        away = many(web, cookie, paths[:3])
    assert {answer.status for answer in away} == {503}
    for answer in away:
        assert int(answer.headers["Retry-After"]) > 0
        assert b"The server cannot answer" in answer.body  # type: ignore[attr-defined]
    comes_back(web, cookie)
    # Every connection is cut, as by a PostgreSQL that restarts.
    for _ in range(3):
        many(web, cookie, paths[:6])
        with connection.cursor() as cursor:
            _cut(cursor)
        assert {answer.status for answer in many(web, cookie, paths[:6])} <= {200, 503}
        comes_back(web, cookie)
    assert "Traceback" not in web.said()
