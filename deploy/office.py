"""The API as somebody at a desk uses it: JSON over HTTP, with the standard library."""

import json
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

SECONDS = 120.0


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: Any


class Refusal(Exception):
    """An answer that is not what was asked for; `answer` says why."""

    def __init__(self, method: str, path: str, answer: Answer) -> None:
        super().__init__(f"{method} {path} answers {answer.status}: {answer.body}")
        self.answer = answer


@dataclass
class Office:
    """One person's session, or nobody's."""

    address: str
    token: str | None = None
    person: str | None = None

    @classmethod
    def login(cls, address: str, username: str, password: str) -> "Office":
        nobody = cls(address)
        asked = {"username": username, "password": password}
        session = cls(address, nobody.post("auth/login", asked)["token"])
        session.person = session.get("me")["id"]
        return session

    def ask(self, method: str, path: str, body: Any = None) -> Answer:
        """Any answer, also a refusal."""
        request = self._request(method, path, body)
        try:
            with urllib.request.urlopen(request, timeout=SECONDS) as answer:
                return Answer(answer.status, _read(answer.read()))
        except urllib.error.HTTPError as refusal:
            return Answer(refusal.code, _read(refusal.read()))

    def get(self, path: str, **query: Any) -> Any:
        """Raises `Refusal`."""
        asked = f"{path}?{urllib.parse.urlencode(query, doseq=True)}" if query else path
        return self._expect("GET", asked, None)

    def post(self, path: str, body: Any = None) -> Any:
        """Raises `Refusal`."""
        return self._expect("POST", path, {} if body is None else body)

    def download(self, path: str, body: Any) -> bytes:
        """A file, which is had by POST. Raises `Refusal`."""
        request = self._request("POST", path, body)
        try:
            with urllib.request.urlopen(request, timeout=SECONDS) as answer:
                content: bytes = answer.read()
                return content
        except urllib.error.HTTPError as refusal:
            raise Refusal("POST", path, Answer(refusal.code, _read(refusal.read()))) from refusal

    def every(self, path: str, **query: Any) -> Iterator[dict[str, Any]]:
        """All rows of a paged list."""
        page = 1
        while True:
            found = self.get(path, size=200, page=page, **query)
            yield from found["results"]
            if not found["next"]:
                return
            page += 1

    def _request(self, method: str, path: str, body: Any) -> urllib.request.Request:
        headers = {"Accept-Language": "en", "Content-Type": "application/json"}
        if self.token:
            headers["Authorization"] = f"Token {self.token}"
        data = None if body is None else json.dumps(body).encode()
        url = f"{self.address}/api/v1/{path}"
        return urllib.request.Request(url, data, headers, method=method)

    def _expect(self, method: str, path: str, body: Any) -> Any:
        answer = self.ask(method, path, body)
        if answer.status not in (200, 201, 202, 204):
            raise Refusal(method, path, answer)
        return answer.body


def _read(content: bytes) -> Any:
    try:
        return json.loads(content) if content else None
    except ValueError:
        return content.decode(errors="replace")[:2000]
