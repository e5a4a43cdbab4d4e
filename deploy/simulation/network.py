"""What lies between one phone and the server: it loses, repeats, cuts, delays and reorders."""

import contextlib
import gzip
import json
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from random import Random
from typing import Any
from urllib.parse import urlsplit

from sync.client.errors import Refused, TryLater
from sync.client.session import PATH
from sync.client.transport import Answer, Http, Raw

Json = dict[str, Any]
# Of a hundred requests on a bad line, what befalls how many.
FAULTS = {
    "none": 52, "lost_request": 6, "lost_answer": 11, "twice": 8, "delayed": 7, "shuffled": 7,
    "part": 6, "cut": 3,
}  # fmt: skip
# Half days after which a delayed request arrives all the same.
DELAYS = (1, 2, 3, 5)


@dataclass(frozen=True, slots=True)
class Request:
    """One call of the sync as its bytes; `due` is the half day when it arrives."""

    header: bytes
    lines: list[bytes]
    headers: dict[str, str]
    due: int = 0

    @property
    def body(self) -> bytes:
        return b"\n".join([self.header, *self.lines])

    def carrying(self, lines: list[bytes]) -> "Request":
        return Request(self.header, lines, self.headers, self.due)


# Hears of every exchange that the server answered, whether or not the phone will.
Hears = Callable[[Json, list[bytes], Json], None]


@dataclass(slots=True)
class Network:
    """The line of one phone. `unknown` are lines of which nobody can say whether they arrived."""

    address: str
    hears: Hears
    request_begins: Callable[[], None]
    unknown: set[bytes] = field(default_factory=set)
    late: list[Request] = field(default_factory=list)
    met: dict[str, int] = field(default_factory=dict)
    _random: Random | None = None
    _half_day: int = 0
    _http: Http | None = None

    def connect(self, server: str) -> "Network":
        """What a phone is given as its transport."""
        return self

    @contextmanager
    def bad(self, random: Random, half_day: int) -> Iterator[None]:
        """Faults by this randomness until the end."""
        self._random, self._half_day = random, half_day
        try:
            yield
        finally:
            self._random = None

    def calm(self) -> None:
        self._random = None

    def post(self, path: str, body: bytes, *, media: str, headers: dict[str, str]) -> Answer:
        if path != PATH:
            return self._line().post(path, body, media=media, headers=headers)
        header, *lines = body.split(b"\n")
        request = Request(header, lines, headers)
        return self._FAULTS[self._drawn()](self, request)

    def send(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> Raw:
        """Attachments; nobody in the simulation takes one."""
        return self._line().send(method, path, body, headers)

    def overdue(self, half_day: int) -> list[Request]:
        """Delayed requests that arrive now."""
        due = [request for request in self.late if request.due <= half_day]
        self.late = [request for request in self.late if request.due > half_day]
        return due

    def deliver(self, request: Request) -> Answer:
        """Raises `TryLater` where no answer comes; then nobody knows what the server has."""
        self.request_begins()
        self.unknown.update(request.lines)
        try:
            answer = self._line().post(
                PATH, request.body, media="application/x-ndjson", headers=request.headers
            )
        except Refused:
            # An answer all the same: nothing of it was taken.
            self.unknown.difference_update(request.lines)
            raise
        self.unknown.difference_update(request.lines)
        self.hears(json.loads(request.header), request.lines, answer.body)
        return answer

    def _line(self) -> Http:
        self._http = self._http or Http(self.address)
        return self._http

    def _drawn(self) -> str:
        if self._random is None:
            return "none"
        name = self._random.choices(list(FAULTS), list(FAULTS.values()))[0]
        self.met[name] = self.met.get(name, 0) + 1
        return name

    def _lost_request(self, request: Request) -> Answer:
        raise TryLater("simulated: the request was lost")

    def _lost_answer(self, request: Request) -> Answer:
        self.deliver(request)
        raise TryLater("simulated: the answer was lost after commit")

    def _twice(self, request: Request) -> Answer:
        assert self._random
        answers = [self.deliver(request), self.deliver(request)]
        return self._random.choice(answers)

    def _delayed(self, request: Request) -> Answer:
        assert self._random
        due = self._half_day + self._random.choice(DELAYS)
        self.late.append(Request(request.header, request.lines, request.headers, due))
        raise TryLater("simulated: no answer, but the request is still under way")

    def _shuffled(self, request: Request) -> Answer:
        """The lines arrive in another order; the phone gets its receipts in its own."""
        assert self._random
        places = list(range(len(request.lines)))
        self._random.shuffle(places)
        answer = self.deliver(request.carrying([request.lines[place] for place in places]))
        sorted_ = dict(zip(places, answer.body["receipts"], strict=True))
        answer.body["receipts"] = [sorted_[place] for place in range(len(places))]
        return answer

    def _part(self, request: Request) -> Answer:
        """Some of the lines arrive, in any order, and no answer."""
        assert self._random
        count = self._random.randint(0, len(request.lines))
        self.deliver(request.carrying(self._random.sample(request.lines, count)))
        raise TryLater("simulated: a part of the push arrived")

    def _cut(self, request: Request) -> Answer:
        """The line breaks in the middle of the body. Packed, so that no half line can be read."""
        packed = gzip.compress(request.body)
        parts = urlsplit(self.address)
        head = {
            **request.headers, "Host": parts.netloc, "Content-Type": "application/x-ndjson",
            "Content-Encoding": "gzip", "Content-Length": str(len(packed)),
        }  # fmt: skip
        said = "".join(f"{name}: {value}\r\n" for name, value in head.items())
        with contextlib.suppress(OSError):
            place = (parts.hostname or "", parts.port or 80)
            with socket.create_connection(place, timeout=5) as line:
                line.sendall(f"POST {PATH} HTTP/1.1\r\n{said}\r\n".encode())
                line.sendall(packed[: len(packed) // 2])
        raise TryLater("simulated: the line was cut in the middle of the body")

    _FAULTS = {
        "none": deliver, "lost_request": _lost_request, "lost_answer": _lost_answer, "twice": _twice,
        "delayed": _delayed, "shuffled": _shuffled, "part": _part, "cut": _cut,
    }  # fmt: skip
