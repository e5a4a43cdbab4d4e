"""Answers that are not answers, from a real socket: the phone keeps everything and says so."""

import gzip
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from sync.client.cli import patiently
from sync.client.errors import Refused, TryLater
from sync.client.session import Report
from sync.client.transport import Http

OK = b'{"receipts": [], "have": [], "server_time": "2026-05-04T08:00:00Z"}'


class Saying(BaseHTTPRequestHandler):
    """Says what the test put into `answer`: status, headers, bytes."""

    protocol_version = "HTTP/1.1"
    answer: tuple[int, dict[str, str], bytes] = (200, {}, OK)
    seen: list[tuple[dict[str, str], bytes]] = []

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.seen.append((dict(self.headers), body))
        status, headers, content = self.answer
        self.send_response(status)
        for name, value in ({"Content-Length": str(len(content))} | headers).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)
        if "Cut" in headers:
            self.close_connection = True

    def log_message(self, *_: Any) -> None:
        """Quiet."""


@pytest.fixture
def server() -> Iterator[HTTPServer]:
    Saying.seen.clear()
    listening = HTTPServer(("127.0.0.1", 0), Saying)
    thread = threading.Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield listening
    listening.shutdown()
    thread.join()
    listening.server_close()


def post(server: HTTPServer, body: bytes = b"x") -> Any:
    http = Http(f"http://127.0.0.1:{server.server_address[1]}")
    try:
        return http.post("/api/v1/sync", body, media="application/x-ndjson", headers={})
    finally:
        http._connection.close()


@pytest.mark.parametrize(
    ("answer", "retry_after"),
    [
        ((429, {"Retry-After": "17"}, b'{"code": "throttled", "message": "wait"}'), 17.0),
        ((429, {"Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT"}, b"{}"), None),
        ((503, {}, b"<html>maintenance</html>"), None),
        ((500, {}, b""), None),
        ((200, {"Content-Length": "5000", "Cut": "1"}, OK), None),
        ((200, {"Content-Encoding": "gzip"}, gzip.compress(OK)[:40]), None),
        ((200, {"Content-Encoding": "gzip"}, b"not gzip"), None),
        ((200, {}, b"<html>log in to this hotel's network</html>"), None),
        ((200, {}, b"[]"), None),
    ],
)
def test_later_is_said_and_when(
    server: HTTPServer, answer: tuple[int, dict[str, str], bytes], retry_after: float | None
) -> None:
    Saying.answer = answer
    with pytest.raises(TryLater) as raised:
        post(server)
    assert raised.value.retry_after == retry_after


@pytest.mark.parametrize("status", [301, 400, 401, 403, 404, 413, 426])
def test_a_refusal_says_which(server: HTTPServer, status: int) -> None:
    Saying.answer = (status, {}, b'{"code": "why", "message": "because"}')
    with pytest.raises(Refused) as raised:
        post(server)
    assert (raised.value.status, raised.value.code) == (status, "why")
    assert str(raised.value) == "because"


def test_bodies_are_zipped_both_ways(server: HTTPServer) -> None:
    Saying.answer = (200, {"Content-Encoding": "gzip"}, gzip.compress(OK))
    answer = post(server, b"line\n" * 1000)
    assert answer.body["have"] == []
    headers, body = Saying.seen[-1]
    assert headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(body) == b"line\n" * 1000
    assert answer.wire == (len(body), len(gzip.compress(OK)))


def test_waits_grow_keep_to_what_the_server_asks_and_end() -> None:
    waits: list[float] = []
    asked = iter([None, 30.0, None, None])

    def never() -> Report:
        raise TryLater("busy", retry_after=next(asked))

    with pytest.raises(TryLater):
        patiently(never, tries=4, sleep=waits.append)
    assert [2 <= waits[0] <= 3, 30 <= waits[1] <= 45, 8 <= waits[2] <= 12] == [True] * 3
    assert len(waits) == 3
