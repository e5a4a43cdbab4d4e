"""HTTP with the standard library: one connection, kept open, gzip both ways."""

import gzip
import http.client
import zlib
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import urlsplit

from sync.protocol import messages

from .errors import Refused, TryLater

SECONDS = 60.0
# Below this a gzip header costs more than it saves.
_WORTH_ZIPPING = 400


@dataclass(frozen=True, slots=True)
class Answer:
    """`wire` is what the exchange cost: bytes of the two bodies as they were sent."""

    status: int
    body: Any
    wire: tuple[int, int] = (0, 0)


@dataclass(frozen=True, slots=True)
class Raw:
    """An answer as it came; header names in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes


class Transport(Protocol):
    """What a phone sends with. Tests put one in between that loses answers."""

    def post(
        self, path: str, body: bytes, *, media: str, headers: dict[str, str]
    ) -> Answer: ...  # pragma: no cover

    def send(
        self, method: str, path: str, body: bytes, headers: dict[str, str]
    ) -> Raw: ...  # pragma: no cover


class Http:
    """`server` is a base address; raises `TryLater` and `Refused`, never a network error."""

    def __init__(self, server: str) -> None:
        parts = urlsplit(server.rstrip("/"))
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise Refused(0, "client.address", f"{server} is not an http or https address")
        make = (
            http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        )
        self._connection = make(parts.hostname, parts.port, timeout=SECONDS)
        self._base = parts.path

    def post(self, path: str, body: bytes, *, media: str, headers: dict[str, str]) -> Answer:
        sent = {"Content-Type": media, "Accept": "application/json", "Accept-Encoding": "gzip"}
        if len(body) > _WORTH_ZIPPING:
            body, sent["Content-Encoding"] = gzip.compress(body, 6, mtime=0), "gzip"
        try:
            answer, content = self._exchange("POST", path, body, sent | headers)
            plain = _plain(answer, content)
        except (OSError, http.client.HTTPException, EOFError, zlib.error) as error:
            raise self._no_answer(error) from error
        return _judge(answer, plain, (len(body), len(content)))

    def send(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> Raw:
        """Any request, with its answer as it came. Raises `TryLater`, also for 408, 429 and 5xx."""
        try:
            answer, content = self._exchange(method, path, body, headers)
        except (OSError, http.client.HTTPException) as error:
            raise self._no_answer(error) from error
        if _is_later(answer.status):
            raise TryLater(
                f"the server answers {answer.status}",
                retry_after=_seconds(answer.headers["Retry-After"]),
            )
        named = {name.lower(): value for name, value in answer.headers.items()}
        return Raw(answer.status, named, content)

    def _no_answer(self, error: Exception) -> TryLater:
        self._connection.close()
        return TryLater(f"no answer from the server: {error!r}")

    def _exchange(
        self, method: str, path: str, body: bytes, headers: dict[str, str]
    ) -> tuple[http.client.HTTPResponse, bytes]:
        reused = self._connection.sock is not None
        try:
            self._connection.request(method, self._base + path, body, headers)
            answer = self._connection.getresponse()
        except (BrokenPipeError, ConnectionResetError, http.client.RemoteDisconnected):
            if not reused:
                raise
            # The server had closed the idle connection. Sending twice does no harm.
            self._connection.close()
            self._connection.request(method, self._base + path, body, headers)
            answer = self._connection.getresponse()
        return answer, answer.read()


def _is_later(status: int) -> bool:
    """408: the line was too slow; 429 and 5xx: the server is busy or ill. Another time it may be taken."""
    return status in {408, 429} or status >= 500


def _plain(answer: http.client.HTTPResponse, content: bytes) -> bytes:
    return gzip.decompress(content) if answer.headers["Content-Encoding"] == "gzip" else content


def _judge(answer: http.client.HTTPResponse, plain: bytes, wire: tuple[int, int]) -> Answer:
    try:
        body = messages.parse(plain)
    except ValueError:
        body = {}
    if answer.status in {200, 201}:
        if not isinstance(body, dict) or not body:
            raise TryLater("the answer is cut or is not ours")
        return Answer(answer.status, body, wire)
    said = body if isinstance(body, dict) else {}
    message = str(said.get("message") or f"the server answers {answer.status}")
    if _is_later(answer.status) or said.get("code") == "body.cut":
        raise TryLater(message, retry_after=_seconds(answer.headers["Retry-After"]))
    raise Refused(answer.status, str(said.get("code") or f"http.{answer.status}"), message)


def _seconds(header: str | None) -> float | None:
    """`Retry-After` in seconds; its date form is rare and left to our own backoff."""
    return float(header) if header and header.isdigit() else None
