"""What lies between one phone and the server: it loses, repeats, cuts, delays and reorders."""

import base64
import contextlib
import gzip
import json
import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any
from urllib.parse import urlsplit

from sync.client.errors import Refused, TryLater
from sync.client.session import PATH
from sync.client.transport import Answer, Http, Raw

from .ledger import op_of
from .papers import Papers

Json = dict[str, Any]
# Of a hundred requests on a bad line, what befalls how many.
FAULTS = {
    "none": 52, "lost_request": 6, "lost_answer": 11, "twice": 8, "delayed": 7, "shuffled": 7,
    "part": 6, "cut": 3,
}  # fmt: skip
# The same for the requests that bring an attachment.
UPLOAD_FAULTS = {
    "none": 62, "lost_request": 8, "lost_answer": 9, "twice": 7, "damaged": 6, "cut": 8,
}  # fmt: skip
# How they are told apart in `met`.
UPLOAD = "paper "
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


@dataclass(frozen=True, slots=True)
class Piece:
    """One request of an upload."""

    method: str
    path: str
    body: bytes
    headers: dict[str, str]

    @property
    def end(self) -> int:
        return int(self.headers.get("Upload-Offset", 0)) + len(self.body)

    def declared(self) -> tuple[str, str]:
        """Of the first request: the operation and the hash that it names."""
        pairs = (pair.split(" ") for pair in self.headers["Upload-Metadata"].split(","))
        said = {name: base64.b64decode(value).decode() for name, value in pairs}
        return said["op"], said["sha256"]


# Hears of every exchange that the server answered, whether or not the phone will.
Hears = Callable[[Json, list[bytes], Json], None]


@dataclass(slots=True)
class Network:
    """The line of one phone. `unknown` are operations of which nobody can say whether they arrived.

    While it is `thin` no attachment comes through.
    """

    address: str
    hears: Hears
    request_begins: Callable[[], None]
    papers: Papers = field(default_factory=Papers)
    unknown: set[str] = field(default_factory=set)
    thin: bool = False
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
        return self._FAULTS[self._drawn(FAULTS)](self, request)

    def send(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> Raw:
        """What brings an attachment."""
        if self.thin:
            raise TryLater("simulated: the line is too thin for an attachment")
        return self._UPLOAD_FAULTS[self._drawn(UPLOAD_FAULTS, UPLOAD)](
            self, Piece(method, path, body, headers)
        )

    def overdue(self, half_day: int) -> list[Request]:
        """Delayed requests that arrive now."""
        due = [request for request in self.late if request.due <= half_day]
        self.late = [request for request in self.late if request.due > half_day]
        return due

    def deliver(self, request: Request) -> Answer:
        """Raises `TryLater` where no answer comes; then nobody knows what the server has."""
        self.request_begins()
        ops = set(map(op_of, request.lines))
        self.unknown |= ops
        try:
            answer = self._line().post(
                PATH, request.body, media="application/x-ndjson", headers=request.headers
            )
        except Refused:
            # An answer all the same: nothing of it was taken.
            self.unknown -= ops
            raise
        self.unknown -= ops
        self.hears(json.loads(request.header), request.lines, answer.body)
        return answer

    def _line(self) -> Http:
        self._http = self._http or Http(self.address)
        return self._http

    def _drawn(self, faults: Mapping[str, int], kind: str = "") -> str:
        if self._random is None:
            return "none"
        name = self._random.choices(list(faults), list(faults.values()))[0]
        if name != "none":
            self.met[kind + name] = self.met.get(kind + name, 0) + 1
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
        self._break_off(
            "POST", PATH, packed,
            {**request.headers, "Content-Type": "application/x-ndjson", "Content-Encoding": "gzip"},
        )  # fmt: skip
        raise TryLater("simulated: the line was cut in the middle of the body")

    def _break_off(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> None:
        """Half of a request, and the line is dead."""
        parts = urlsplit(self.address)
        head = {**headers, "Host": parts.netloc, "Content-Length": str(len(body))}
        said = "".join(f"{name}: {value}\r\n" for name, value in head.items())
        with contextlib.suppress(OSError):
            place = (parts.hostname or "", parts.port or 80)
            with socket.create_connection(place, timeout=5) as line:
                line.sendall(f"{method} {path} HTTP/1.1\r\n{said}\r\n".encode())
                line.sendall(body[: len(body) // 2])

    def _bring(self, piece: Piece) -> Raw:
        """Raises `TryLater` where no answer comes; then nobody knows how far the upload is."""
        self.request_begins()
        self.papers.sends(piece.path, piece.end)
        answer = self._line().send(piece.method, piece.path, piece.body, piece.headers)
        if answer.status == 201:
            length = int(piece.headers["Upload-Length"])
            self.papers.begins(piece.declared(), answer.headers["location"], length)
        elif "upload-offset" in answer.headers and answer.status in (200, 204):
            self.papers.stands(piece.path, int(answer.headers["upload-offset"]))
        return answer

    def _piece_and_no_answer(self, piece: Piece) -> Raw:
        self._bring(piece)
        raise TryLater("simulated: the answer to a piece was lost")

    def _piece_lost(self, piece: Piece) -> Raw:
        raise TryLater("simulated: a piece was lost")

    def _piece_twice(self, piece: Piece) -> Raw:
        """The phone hears the second answer where the first is as good: a piece is taken once."""
        first, second = self._bring(piece), self._bring(piece)
        return first if second.status == 409 else second

    def _piece_damaged(self, piece: Piece) -> Raw:
        if not piece.body:
            return self._bring(piece)
        wrong = bytes([piece.body[0] ^ 1]) + piece.body[1:]
        return self._bring(replace(piece, body=wrong))

    def _piece_cut(self, piece: Piece) -> Raw:
        """Half of it arrives. Without a checksum, which a client may leave out, that half stays there."""
        assert self._random
        headers = dict(piece.headers)
        if self._random.random() < 0.5:
            headers.pop("Upload-Checksum", None)
        self._break_off(piece.method, piece.path, piece.body, headers)
        raise TryLater("simulated: the line was cut in the middle of a piece")

    _UPLOAD_FAULTS = {
        "none": _bring, "lost_request": _piece_lost, "lost_answer": _piece_and_no_answer,
        "twice": _piece_twice, "damaged": _piece_damaged, "cut": _piece_cut,
    }  # fmt: skip
    _FAULTS = {
        "none": deliver, "lost_request": _lost_request, "lost_answer": _lost_answer, "twice": _twice,
        "delayed": _delayed, "shuffled": _shuffled, "part": _part, "cut": _cut,
    }  # fmt: skip
