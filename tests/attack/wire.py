"""Calls over HTTP in the name of somebody of the cast, with the credentials she logged in with."""

import http.client
import json
import secrets
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

from django.conf import settings

from tests.cast import Member

SECONDS = 60.0
# Django compares the header with the cookie, and nothing else where there is no TLS.
CSRF = secrets.token_hex(16)


@dataclass(frozen=True)
class Answer:
    """As much of Django's response as those who judge it read."""

    status_code: int
    headers: Mapping[str, str]
    content: bytes

    def get(self, name: str, default: str = "") -> str:
        return self.headers.get(name.lower(), default)

    def __getitem__(self, name: str) -> str:
        return self.headers[name.lower()]

    def json(self) -> Any:
        return json.loads(self.content)


class Wire:
    """Lines to one server, one for each thread, kept open."""

    def __init__(self, address: str) -> None:
        self.where = urlsplit(address).netloc
        self._own = threading.local()

    def call(
        self, member: Member, method: str, path: str, body: Any = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:  # fmt: skip
        """`body` is JSON at the API, a form on a page, and bytes as they are."""
        api = path.startswith("/api/")
        sent = {"Accept-Language": "en", **(headers or {})}
        if member.token and api:
            sent["Authorization"] = f"Token {member.token}"
        if not api:
            cookies = {settings.CSRF_COOKIE_NAME: CSRF}
            cookies |= {settings.SESSION_COOKIE_NAME: member.session} if member.session else {}
            sent["Cookie"] = "; ".join(f"{name}={value}" for name, value in cookies.items())
            sent["X-CSRFToken"] = CSRF
        data = None
        if method != "GET":
            kind, data = _encoded(body, api)
            if not any(name.lower() == "content-type" for name in sent):
                sent["Content-Type"] = kind
        return self.ask(method, path, data, sent)

    def post(self, path: str, data: Any, content_type: str, headers: Any = None) -> Answer:
        """As Django's test client, for the phones of the tests."""
        body = data if isinstance(data, bytes) else json.dumps(data).encode()
        return self.ask("POST", path, body, {"Content-Type": content_type, **(headers or {})})

    def ask(self, method: str, path: str, data: bytes | None, headers: Mapping[str, str]) -> Answer:
        """As it is. A line that the server has closed meanwhile is opened anew, once."""
        for attempt in range(2):
            line = getattr(self._own, "line", None)
            if line is None:
                line = self._own.line = http.client.HTTPConnection(self.where, timeout=SECONDS)
            try:
                line.request(method, path, data, dict(headers))
                came = line.getresponse()
                content = came.read()
            except (OSError, http.client.HTTPException):
                line.close()
                self._own.line = None
                if attempt:
                    raise
                continue
            return Answer(
                came.status, {name.lower(): value for name, value in came.getheaders()}, content
            )
        raise AssertionError("not reached")


def _encoded(body: Any, api: bool) -> tuple[str, bytes]:
    if isinstance(body, bytes):
        return "application/json", body
    if api:
        return "application/json", json.dumps({} if body is None else body, default=str).encode()
    return "application/x-www-form-urlencoded", urlencode(body or {}, doseq=True).encode()


def logged_in(address: str, name: str, username: str, password: str) -> Member:
    """By the doors that a person uses: the API's log-in and the page's."""
    wire, member = Wire(address), Member(name)
    asked = {"username": username, "password": password}
    member.token = wire.call(member, "POST", "/api/v1/auth/login", asked).json()["token"]
    answer = wire.call(member, "POST", "/login/", asked)
    cookie = answer["set-cookie"].partition(f"{settings.SESSION_COOKIE_NAME}=")[2]
    member.session = cookie.partition(";")[0]
    assert member.session, f"{username} could not log in at the page: {answer.status_code}"
    return member
