"""The other ends of deliveries: an HTTP receiver and a mail server that fail in every way on request."""

import contextlib
import json
import socket
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import Message
from email.policy import default
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from aiosmtpd.controller import Controller


@dataclass
class Arrival:
    """What came by HTTP; `key` is its `Idempotency-Key`."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def key(self) -> str:
        return self.headers.get("Idempotency-Key", "")

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class HttpReceiver:
    """Keeps each key once, as a good receiver does, and counts how often it came.

    `moods` are taken one a request: a status, `cut` (took it, then the line breaks), `hang` (never
    answers), `dribble` (a byte a second). Then everything is answered by `usual`.
    """

    def __init__(self) -> None:
        self.moods: list[Any] = []
        self.usual: Any = 200
        self.answer_text = "ok"
        self.retry_after = ""
        self.asked: list[Arrival] = []
        self.taken: dict[str, Arrival] = {}
        self.times: Counter[str] = Counter()
        self._ended = threading.Event()
        self._lock = threading.Lock()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                receiver._handle(self)

            do_GET = do_PUT = do_POST

            def log_message(self, *_: object) -> None:
                pass

        class Server(ThreadingHTTPServer):
            request_queue_size = 128  # several workers call at once

        self._server = Server(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.address = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def close(self) -> None:
        self._ended.set()
        self._server.shutdown()
        self._server.server_close()

    def _handle(self, at: BaseHTTPRequestHandler) -> None:
        body = at.rfile.read(int(at.headers.get("Content-Length") or 0))
        came = Arrival(at.command, at.path, dict(at.headers.items()), body)
        with self._lock:
            self.asked.append(came)
            mood = self.moods.pop(0) if self.moods else self.usual
        if mood == "hang":
            self._ended.wait(60)
            return
        if mood == "cut" or (isinstance(mood, int) and 200 <= mood < 300):
            with self._lock:
                self.times[came.key] += 1
                self.taken.setdefault(came.key, came)
        if mood == "cut":
            at.connection.shutdown(socket.SHUT_RDWR)
            return
        if mood == "dribble":
            _dribble(at, self._ended)
            return
        at.send_response(mood)
        if self.retry_after:
            at.send_header("Retry-After", self.retry_after)
        if 300 <= mood < 400:
            at.send_header("Location", self.address + "/elsewhere")
        at.send_header("Content-Length", str(len(self.answer_text)))
        at.end_headers()
        at.wfile.write(self.answer_text.encode())


def _dribble(at: BaseHTTPRequestHandler, ended: threading.Event) -> None:
    with contextlib.suppress(OSError):
        at.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
        while not ended.wait(0.05):
            at.wfile.write(b"x")
            at.wfile.flush()


@dataclass
class Mails:
    """What a mail server has taken, by Message-ID, and what it answers instead, one a mail."""

    taken: dict[str, Message] = field(default_factory=dict)
    times: Counter[str] = field(default_factory=Counter)
    recipients: dict[str, list[str]] = field(default_factory=dict)
    moods: list[str] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)

    async def handle_RCPT(
        self, server: Any, session: Any, envelope: Any, address: str, options: Any
    ) -> str:
        if address in self.refused:
            return self.refused[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        mood = self.moods.pop(0) if self.moods else "250 taken"
        if mood.startswith(("4", "5")):
            return mood
        mail = message_from_bytes(envelope.content, policy=default)
        key = str(mail["Message-ID"])
        self.taken.setdefault(key, mail)
        self.times[key] += 1
        self.recipients[key] = list(envelope.rcpt_tos)
        if mood == "cut":
            server.transport.abort()
        return "250 taken"


class MailServer:
    """A real SMTP server on a port of its own."""

    def __init__(self) -> None:
        self.mails = Mails()
        self._controller = Controller(self.mails, hostname="127.0.0.1", port=_free_port())
        self._controller.start()
        self.port = self._controller.port

    def close(self) -> None:
        self._controller.stop()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextlib.contextmanager
def receiving() -> Iterator[HttpReceiver]:
    receiver = HttpReceiver()
    try:
        yield receiver
    finally:
        receiver.close()


@contextlib.contextmanager
def mailing() -> Iterator[MailServer]:
    server = MailServer()
    try:
        yield server
    finally:
        server.close()


def until(what: Any, say: str, *, patience: float = 60.0, pause: float = 0.05) -> None:
    deadline = time.monotonic() + patience
    while not what():
        assert time.monotonic() < deadline, say
        time.sleep(pause)
