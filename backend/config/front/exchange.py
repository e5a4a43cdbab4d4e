"""One request and its answer, between what ASGI says and what WSGI wants."""

import io
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_to_bytes

from .bodies import State

Wsgi = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
Headers = list[tuple[bytes, bytes]]
_PLAIN = {"CONTENT_LENGTH", "CONTENT_TYPE"}


@dataclass(frozen=True, slots=True)
class Asked:
    """What a request says before its body."""

    scope: dict[str, Any]
    headers: dict[str, str]

    @classmethod
    def read(cls, scope: dict[str, Any]) -> "Asked":
        """A header that came twice is one with a comma, a cookie with a semicolon.

        A name with an underscore is left out: to Django it would be the same as one with a hyphen,
        and a proxy that sets the latter does not take the former away.
        """
        headers: dict[str, str] = {}
        for name, value in scope["headers"]:
            key, text = name.decode("latin-1").lower(), value.decode("latin-1")
            if "_" in key:
                continue
            between = "; " if key == "cookie" else ","
            headers[key] = f"{headers[key]}{between}{text}" if key in headers else text
        return cls(scope, headers)

    @property
    def path(self) -> str:
        """As WSGI has it: the bytes of the path, decoded from percents, each one character."""
        raw: bytes = self.scope.get("raw_path") or self.scope["path"].encode()
        return unquote_to_bytes(raw.partition(b"?")[0]).decode("latin-1")

    @property
    def meant(self) -> str:
        """The method that is meant: old proxies let POST through and nothing else."""
        return self.headers.get("x-http-method-override", self.scope["method"]).upper()

    @property
    def length(self) -> int | None:
        """None for a chunked body; 0 where there is none."""
        if "transfer-encoding" in self.headers:
            return None
        text = self.headers.get("content-length", "0")
        return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0

    @property
    def english(self) -> bool:
        return self.headers.get("accept-language", "").strip().lower().startswith("en")

    def environ(self, body: Any, length: int) -> dict[str, Any]:
        server, client = self.scope.get("server") or ("", 0), self.scope.get("client") or ("", 0)
        environ = {
            "REQUEST_METHOD": self.scope["method"],
            "SCRIPT_NAME": "",
            "PATH_INFO": self.path,
            "QUERY_STRING": self.scope["query_string"].decode("latin-1"),
            "SERVER_PROTOCOL": f"HTTP/{self.scope['http_version']}",
            "SERVER_NAME": server[0],
            "SERVER_PORT": str(server[1]),
            "REMOTE_ADDR": client[0],
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": self.scope.get("scheme", "http"),
            "wsgi.input": body,
            "wsgi.errors": sys.stderr,
            "wsgi.multithread": True,
            "wsgi.multiprocess": True,
            "wsgi.run_once": False,
        }
        for name, value in self.headers.items():
            key = name.upper().replace("-", "_")
            environ[key if key in _PLAIN else f"HTTP_{key}"] = value
        # A chunked body has a length as well by now.
        environ["CONTENT_LENGTH"] = str(length)
        return environ


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer; `headers` as ASGI wants them. `lingers` where the body is still on its way."""

    status: int
    headers: Headers
    body: bytes
    lingers: bool = False

    def after(self, state: State) -> "Answer":
        """The line ends with it unless the body was whole: its rest is not to be taken for a request."""
        if state == "whole":
            return self
        kept = [(name, value) for name, value in self.headers if name != b"connection"]
        ended = [*kept, (b"connection", b"close")]
        return Answer(self.status, ended, self.body, lingers=state == "coming")


def ask(application: Wsgi, environ: dict[str, Any]) -> Answer:
    """Calls the application and takes its whole answer, in the thread that calls."""
    begun: list[Any] = []

    def start_response(status: str, headers: list[tuple[str, str]], *_: Any) -> None:
        begun[:] = [int(status[:3]), headers]

    body = io.BytesIO()
    given = application(environ, start_response)
    try:
        for part in given:
            body.write(part)
    finally:
        if close := getattr(given, "close", None):
            close()
    status, headers = begun
    answer = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers]
    content = body.getvalue()
    has_length = any(name == b"content-length" for name, _ in answer)
    if not has_length and status not in (204, 304) and environ["REQUEST_METHOD"] != "HEAD":
        answer.append((b"content-length", str(len(content)).encode()))
    return Answer(status, answer, content)
