"""Who has which threads: the office, phones, uploads, log-ins and whoever watches never wait for one another."""

import asyncio
import random
import re
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from typing import TypeVar

from django.conf import settings

from .errors import Crowded

T = TypeVar("T")
MIB = 1024 * 1024
# Seconds after which whoever was sent away may come again, drawn anew for each.
RETRY_AFTER = (2, 8)
# Seconds that a request may wait for its thread: whoever asked has given up by then.
PATIENCE = 15.0


class Lane:
    """So many `threads`; so many more requests may be `waiting` for one.

    A body is at most `body` bytes. Bodies and answers on their way are together at most `held` bytes,
    unless it is a single one that is larger. All counting happens in the event loop, so without a lock.
    """

    def __init__(self, name: str, *, threads: int, waiting: int, body: int, held: int) -> None:
        self.name, self.body = name, body
        self._places, self._held = threads + waiting, held
        self._taken = self._holding = 0
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix=name)

    async def run(self, call: Callable[[], T]) -> T:
        """Calls in one of the lane's threads. Raises `Crowded` at once, or when its turn comes too late."""
        if self._taken >= self._places:
            raise crowded()
        self._taken += 1
        try:
            begin = partial(_in_time, time.monotonic(), call)
            return await asyncio.get_running_loop().run_in_executor(self._threads, begin)
        finally:
            self._taken -= 1

    @contextmanager
    def holding(self) -> Iterator[Callable[[int], None]]:
        """Gives what counts an exchange's bytes until it is over; that raises `Crowded` above the limit."""
        own = 0

        def more(size: int) -> None:
            nonlocal own
            if self._holding > own and self._holding + size > self._held:
                raise crowded()
            self._holding += size
            own += size

        try:
            yield more
        finally:
            self._holding -= own

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)


def _in_time(since: float, call: Callable[[], T]) -> T:
    if time.monotonic() - since > PATIENCE:
        raise crowded()
    return call()


def crowded() -> Crowded:
    return Crowded(seconds=random.randint(*RETRY_AFTER))


# Which lane a request goes to: the first whose method and path fit. What a password is hashed for, half a
# second of a processor, and the schema, some seconds, are there for anybody and keep nobody else waiting.
RULES = [
    ("watch", "", re.compile(r"/(healthz|readyz|metrics)$")),
    ("schema", "", re.compile(r"/api/v1/schema$")),
    ("logins", "POST", re.compile(r"/(login|admin/login|api/v1/auth)/|.*/password/?$")),
    ("uploads", "PATCH", re.compile(r"/api/v1/uploads/.")),
    (
        "phones",
        "",
        re.compile(
            r"/api/v1/(sync|enrol)$|/api/v1/(uploads|files|forms|divisions|rules/content|directory)/"
        ),
    ),
    ("office", "", re.compile("")),
]


def lane_of(method: str, path: str) -> str:
    """The lane's name. `method` is what the request means, X-HTTP-Method-Override included."""
    return next(
        name for name, only, fits in RULES if only in ("", method) and fits.match(path) is not None
    )


def lanes() -> dict[str, Lane]:
    """Those of this process."""
    office = partial(Lane, body=settings.DATA_UPLOAD_MAX_MEMORY_SIZE, held=256 * MIB)
    small = partial(Lane, body=64 * 1024, held=16 * MIB)
    made = [
        office("office", threads=settings.HUXING_OFFICE_THREADS, waiting=64),
        # Two more than syncs, for those who enrol or look where their upload stands.
        Lane(
            "phones", threads=settings.SYNC_CONCURRENCY + 2, waiting=16, body=4 * MIB,
            held=128 * MIB,
        ),
        # What it takes is handed on as it comes: nothing of it is held here.
        Lane(
            "uploads", threads=settings.SYNC_UPLOAD_CONCURRENCY, waiting=0,
            body=settings.SYNC_MAX_ATTACHMENT + MIB, held=MIB,
        ),
        small("logins", threads=settings.HUXING_LOGIN_THREADS, waiting=64),
        small("watch", threads=1, waiting=16),
        small("schema", threads=1, waiting=2),
    ]  # fmt: skip
    return {lane.name: lane for lane in made}
