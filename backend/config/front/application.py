"""The ASGI application: bodies and answers wait in the event loop, Django's threads do not."""

import asyncio
import io
import logging
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from backend.common.errors import DomainError
from backend.config import unavailable

from . import bodies
from .exchange import Answer, Asked, Wsgi, ask
from .lanes import Lane, lane_of

logger = logging.getLogger(__name__)
Send = Callable[[dict[str, Any]], Awaitable[None]]
# An answer goes out in pieces of so many bytes, each of which has so many seconds to be taken.
PIECE = 256 * 1024
SECONDS_A_PIECE = 120.0


class Front:
    def __init__(self, django: Wsgi, lanes: dict[str, Lane]) -> None:
        self._django, self._lanes = django, lanes
        self._arriving: set[bodies.Arriving] = set()

    async def __call__(self, scope: dict[str, Any], receive: bodies.Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "http":
            asked = Asked.read(scope)
            lane = self._lanes[lane_of(asked.meant, asked.path)]
            with lane.holding() as hold:
                await _send(await self._answer(asked, lane, receive, hold), send, receive)

    async def _answer(
        self, asked: Asked, lane: Lane, receive: bodies.Receive, hold: Callable[[int], None]
    ) -> Answer:
        """Every end that a request can have is an answer."""
        coming = bodies.Coming(receive, asked.length)
        try:
            if lane.name == "uploads":
                return await self._handed_on(asked, lane, coming)
            body = await coming.whole(limit=lane.body, hold=hold)
            environ = asked.environ(io.BytesIO(body), len(body))
            answer = await lane.run(partial(ask, self._django, environ))
            hold(len(answer.body))
        except DomainError as error:
            answer = _worded(error, asked)
        except Exception as error:  # noqa: BLE001 - the last border: whatever it was, the next is served
            logger.error("a request failed before or after Django: %s", type(error).__name__)
            answer = _worded(unavailable.Unavailable(), asked)
        return answer.after(coming.state)

    async def _handed_on(self, asked: Asked, lane: Lane, coming: bodies.Coming) -> Answer:
        """An upload as it comes; a chunked one may be as long as any."""
        arriving = bodies.Arriving(coming)
        self._arriving.add(arriving)
        environ = asked.environ(arriving, lane.body if asked.length is None else asked.length)
        try:
            answer = await lane.run(partial(ask, self._django, environ))
        finally:
            self._arriving.discard(arriving)
            arriving.stop()
        return answer.after(coming.state)

    async def _live(self, receive: bodies.Receive, send: Send) -> None:
        while True:
            message = await receive()
            await send({"type": f"{message['type']}.complete"})
            if message["type"] == "lifespan.shutdown":
                for arriving in list(self._arriving):
                    arriving.stop()
                for lane in self._lanes.values():
                    lane.close()
                return


def _worded(error: DomainError, asked: Asked) -> Answer:
    """In the reader's language, as JSON or as a page."""
    said = unavailable.Said.of(error, path=asked.path, english=asked.english)
    headers = [(name.lower().encode(), value.encode()) for name, value in said.headers.items()]
    headers.append((b"content-length", str(len(said.body)).encode()))
    return Answer(error.status, headers, said.body)


async def _send(answer: Answer, send: Send, receive: bodies.Receive) -> None:
    """A reader that takes too long for a piece loses the rest; the length told shows that it is cut."""
    await send({"type": "http.response.start", "status": answer.status, "headers": answer.headers})
    pieces = [answer.body[at : at + PIECE] for at in range(0, len(answer.body), PIECE)] or [b""]
    try:
        for number, piece in enumerate(pieces, 1):
            more = answer.lingers or number < len(pieces)
            said = {"type": "http.response.body", "body": piece, "more_body": more}
            await asyncio.wait_for(send(said), SECONDS_A_PIECE)
    except TimeoutError:
        logger.info("an answer was not taken within %.0f s", SECONDS_A_PIECE)
        return
    if answer.lingers:
        await bodies.linger(receive)
        await send({"type": "http.response.body", "body": b"", "more_body": False})
