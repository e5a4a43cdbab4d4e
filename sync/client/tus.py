"""Brings attachments by tus 1.0: as much of it as a phone needs."""

import base64
import hashlib
from collections.abc import Callable
from datetime import datetime

from sync.protocol import messages, sealing

from . import attachments
from .attachments import Waiting
from .errors import TryLater
from .store import Store
from .transport import Raw

PATH = "/api/v1/uploads/"
# Bytes of one request: what a bad line brings before it is cut, and no more than is lost by that.
SMALLEST, FIRST, LARGEST = 16 * 1024, 64 * 1024, 256 * 1024
# Tries of one attachment in one sync, when the server keeps losing it or the line damages it.
TRIES = 2


Send = Callable[[str, str, bytes, dict[str, str]], Raw]


class Stuck(Exception):
    """This attachment cannot be brought as it is; the others can. `str` is the code."""


class Uploads:
    """Brings what waits. `send(method, path, body, headers)` raises `TryLater` for a dead line."""

    def __init__(self, store: Store, send: Send, *, clock: Callable[[], datetime]) -> None:
        self.store, self.clock, self._send = store, clock, send
        self.size = int(store.get("chunk", FIRST))
        self.brought = 0

    def run(self) -> None:
        """Counts in `brought`. Raises `TryLater`; what came through stays there."""
        stuck = set[int]()
        attachments.forget_erased(self.store)
        while one := attachments.waiting(self.store, skip=frozenset(stuck)):
            try:
                self._bring(one)
                self.brought += 1
            except Stuck as problem:
                attachments.put(self.store, one.number, problem=str(problem))
                stuck.add(one.number)
            except TryLater:
                self._remember(max(SMALLEST, self.size // 2))
                raise

    def _bring(self, one: Waiting) -> None:
        content = attachments.content(self.store, one)
        for _ in range(TRIES):
            if self._fill(self._place(one, len(content)), content):
                attachments.put(
                    self.store, one.number, state="sent", problem=None, sent_at=self._server_time()
                )
                return
            attachments.put(self.store, one.number, place=None)
        raise Stuck("upload.hash")

    def _place(self, one: Waiting, size: int) -> str:
        """The upload's address, kept before the first byte goes, so that a restart goes on there."""
        if known := attachments.place(self.store, one.number):
            return known
        said = {"sha256": one.sha256, "op": one.op}
        if one.sealed:
            said["sealed"] = str(sealing.FORMAT)
        pairs = [f"{n} {base64.b64encode(v.encode()).decode()}" for n, v in said.items()]
        reply = self._ask(
            "POST", PATH, {"Upload-Length": str(size), "Upload-Metadata": ",".join(pairs)}
        )
        if reply.status == 410:  # the file was erased: the copy here has to go too
            attachments.put(self.store, one.number, state="erased", content=None)
        if reply.status != 201:
            raise Stuck(_code(reply))
        attachments.put(self.store, one.number, place=reply.headers["location"])
        return reply.headers["location"]

    def _fill(self, place: str, content: bytes) -> bool:
        """False when the server has no such upload any more, or what it had was dropped."""
        offset = self._offset(place)
        while offset is not None and offset < len(content):
            chunk = content[offset : offset + self.size]
            digest = base64.b64encode(hashlib.sha256(chunk).digest()).decode()
            reply = self._ask(
                "PATCH", place,
                {
                    "Upload-Offset": str(offset), "Upload-Checksum": f"sha256 {digest}",
                    "Content-Type": "application/offset+octet-stream",
                },
                chunk,
            )  # fmt: skip
            if reply.status == 204:
                offset = int(reply.headers["upload-offset"])
                self._remember(min(LARGEST, self.size * 2))
            elif reply.status == 409:
                offset = self._offset(place)
            elif reply.status in {404, 410, 422}:
                return False
            elif reply.status in {423, 460}:
                raise TryLater(_code(reply))
            else:
                raise Stuck(_code(reply))
        return offset is not None

    def _offset(self, place: str) -> int | None:
        reply = self._ask("HEAD", place, {})
        return int(reply.headers["upload-offset"]) if reply.status == 200 else None

    def _ask(self, method: str, path: str, headers: dict[str, str], body: bytes = b"") -> Raw:
        return self._send(method, path, body, {"Tus-Resumable": "1.0.0", **headers})

    def _server_time(self) -> int:
        """In milliseconds: the phone's clock may be anything, its offset was measured in this sync."""
        return int(self.clock().timestamp() * 1000) + int(self.store.get("clock_offset", 0))

    def _remember(self, size: int) -> None:
        """The next sync begins with what this line could carry."""
        if size != self.size:
            self.size = size
            self.store.set(chunk=size)


def _code(reply: Raw) -> str:
    try:
        return str(messages.parse(reply.body)["code"])
    except (ValueError, KeyError, TypeError):
        return f"http.{reply.status}"
