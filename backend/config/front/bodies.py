"""A request's body as it comes over the line: read whole for Django, or handed on piece by piece."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any, Literal

from .errors import BodyCut, BodySlow, BodyTooLarge

Receive = Callable[[], Awaitable[dict[str, Any]]]
State = Literal["coming", "whole", "cut"]
# A body may take so many seconds and one more for each RATE bytes that have come (8 kbit/s).
GRACE = 30.0
RATE = 1024
# What is refused before it was read is still taken for so many seconds or bytes: a line that ends while
# its other end is sending may lose the answer.
LINGER_SECONDS, LINGER_BYTES = 2.0, 8 * 1024 * 1024


class Coming:
    """The parts of a body; `declared` is its Content-Length, None for a chunked one."""

    def __init__(self, receive: Receive, declared: int | None) -> None:
        self._receive, self._declared = receive, declared
        self._began, self._come = time.monotonic(), 0
        # One question stays open over all waiting: cancelled, it could take bytes away with it.
        self._next: asyncio.Future[dict[str, Any]] | None = None
        self.state: State = "whole" if declared == 0 else "coming"

    async def part(self) -> bytes:
        """The next one. Raises `BodySlow` where it comes too late and `BodyCut` where none does."""
        self._next = self._next or asyncio.ensure_future(self._receive())
        left = self._began + GRACE + self._come / RATE - time.monotonic()
        done, _ = await asyncio.wait({self._next}, timeout=max(0.0, left))
        if not done:
            self.state = "cut"
            raise BodySlow()
        message, self._next = self._next.result(), None
        if message["type"] == "http.disconnect":
            self.state = "cut"
            raise BodyCut()
        part: bytes = message.get("body", b"")
        self._come += len(part)
        # The message after the last byte may never be asked for.
        if self._come == self._declared or not message.get("more_body", False):
            self.state = "whole" if self._declared in (None, self._come) else "cut"
        return part

    async def whole(self, *, limit: int, hold: Callable[[int], None]) -> bytes:
        """The body. Raises `BodyTooLarge`, `BodySlow`, `BodyCut`, and what `hold` does: nothing of it counts."""
        if (self._declared or 0) > limit:
            raise BodyTooLarge(limit=limit)
        body = bytearray()
        while self.state == "coming":
            part = await self.part()
            if self._come > limit:
                raise BodyTooLarge(limit=limit)
            hold(len(part))
            body += part
        if self.state == "cut":
            raise BodyCut()
        return bytes(body)

    def cancel(self) -> None:
        if self._next is not None:
            self._next.cancel()
            self._next = None


async def linger(receive: Receive) -> None:
    """Reads what still comes, for nothing."""
    until, left = time.monotonic() + LINGER_SECONDS, LINGER_BYTES
    while left > 0 and (seconds := until - time.monotonic()) > 0:
        try:
            message = await asyncio.wait_for(receive(), seconds)
        except TimeoutError:
            return
        left -= len(message.get("body", b""))
        if not message.get("more_body", False):
            return


class Arriving:
    """`wsgi.input` of an upload: `read` gives what has come, waiting for it in the lane's thread.

    A line that is cut or too slow ends it like a last byte: what has come is kept, the rest comes again.
    """

    def __init__(self, coming: Coming) -> None:
        self._coming, self._loop = coming, asyncio.get_running_loop()
        self._ready, self._stopped = bytearray(), asyncio.Event()

    def read(self, size: int) -> bytes:
        """So many bytes, or fewer at the end; called in a thread."""
        return asyncio.run_coroutine_threadsafe(self._take(size), self._loop).result()

    def readline(self, size: int) -> bytes:
        """Django's stream has one; bytes of a photograph have no lines."""
        return self.read(size)

    def stop(self) -> None:
        """Whoever waits gets what there is: the server stops, or nobody reads any more."""
        self._stopped.set()
        self._coming.cancel()

    async def _take(self, size: int) -> bytes:
        stopped = asyncio.ensure_future(self._stopped.wait())
        while len(self._ready) < size and self._coming.state == "coming" and not stopped.done():
            part = asyncio.ensure_future(self._coming.part())
            await asyncio.wait({part, stopped}, return_when=asyncio.FIRST_COMPLETED)
            if not part.done() or part.cancelled() or part.exception() is not None:
                part.cancel()
                break
            self._ready += part.result()
        stopped.cancel()
        taken = bytes(self._ready[:size])
        del self._ready[:size]
        return taken
