"""The way to the server without a socket, and everything that can go wrong on it."""

import json
import random
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from django.db import connections
from django.test import RequestFactory
from django.urls import resolve

from sync import apply, push
from sync.client.errors import Refused, TryLater
from sync.client.transport import Answer
from sync.protocol import messages

from .. import served
from .oracle import Oracle

Fault = Callable[["Wire", str, bytes, dict[str, str]], Answer]


class Dead(BaseException):
    """The server's process is gone: not an Exception, so nothing in it can answer or tidy up."""


class Wire:
    """A transport of the reference client; `fault` happens at request number `at` of one sync.

    What is delivered and what is promised is told to the oracle here, so also an answer that never
    reaches the phone counts as a promise.
    """

    def __init__(self, oracle: Oracle, fault: str = "none", *, at: int = 0, seed: int = 0) -> None:
        self.oracle = oracle
        self.fault, self.at, self.dice = fault, at, random.Random(seed)
        self.asked_for_repair = False
        # Done once, after the server has answered and before the phone knows.
        self.meanwhile: Callable[[], None] | None = None
        self._count = 0

    def post(self, path: str, body: bytes, *, media: str, headers: dict[str, str]) -> Answer:
        self.asked_for_repair |= b'"digests"' in body.split(b"\n", 1)[0]
        count, self._count = self._count, self._count + 1
        if path.endswith("/sync") and count >= self.at and self.fault in FAULTS:
            return FAULTS[self.fault](self, path, body, headers)
        return self.deliver(path, body, headers)

    def deliver(self, path: str, body: bytes, headers: dict[str, str]) -> Answer:
        """One real request through the real view."""
        lines = [line for line in body.split(b"\n")[1:] if line] if path.endswith("/sync") else []
        request = RequestFactory().post(
            path, body, content_type="application/json" if not lines else "application/x-ndjson",
            headers=headers,
        )  # fmt: skip
        response = resolve(path, urlconf=served).func(request)
        if not getattr(response, "is_rendered", True):
            response.render()
        said = json.loads(response.content)
        if response.status_code >= 400:
            raise Refused(response.status_code, str(said.get("code")), str(said))
        if lines:
            self.oracle.promises(lines, said["receipts"])
        if happens := self.meanwhile:
            self.meanwhile = None
            happens()
        return Answer(response.status_code, said)

    def lost(self, path: str, body: bytes, headers: dict[str, str]) -> Answer:
        """The server commits and answers; the answer is lost."""
        self.deliver(path, body, headers)
        raise TryLater("lost after commit")

    def cut(self, path: str, body: bytes, headers: dict[str, str]) -> Answer:
        raise TryLater("cut before anything arrived")

    def twice(self, path: str, body: bytes, headers: dict[str, str]) -> Answer:
        """A proxy that repeats: the phone gets the second answer."""
        self.deliver(path, body, headers)
        return self.deliver(path, body, headers)

    def at_once(self, path: str, body: bytes, headers: dict[str, str]) -> Answer:
        """The same request on two workers at the same moment."""
        other = threading.Thread(target=closing(lambda: self.deliver(path, body, headers)))
        other.start()
        try:
            return self.deliver(path, body, headers)
        finally:
            other.join()

    def in_part(self, path: str, body: bytes, headers: dict[str, str]) -> Answer:
        """A limit of two lines: the phone halves until they fit, and is cut off after the first."""
        if body.count(b"\n") > 2:
            raise Refused(413, "sync.too_large", "too large")
        self.fault, self.at = "lost", self._count + 1
        return self.deliver(path, body, headers)

    def shuffled(self, path: str, body: bytes, headers: dict[str, str]) -> Answer:
        """Some lines arrive, in another order; the answer is lost."""
        header, *lines = body.split(b"\n")
        some = self.dice.sample(lines, self.dice.randint(0, len(lines)))
        push_only = messages.write({**json.loads(header), "pull": False})
        self.deliver(path, b"\n".join([push_only, *some]), headers)
        raise TryLater("lost after commit")

    def dies_when_stored(self, path: str, body: bytes, headers: dict[str, str]) -> Answer:
        """`kill -9` between the two transactions."""
        return self._dies(push, "apply_stored", path, body, headers)

    def dies_when_merged(self, path: str, body: bytes, headers: dict[str, str]) -> Answer:
        """`kill -9` after everything was written and before it was committed."""
        return self._dies(apply, "settle", path, body, headers)

    def _dies(self, module: Any, name: str, path: str, body: bytes, headers: dict[str, str]) -> Any:
        with breaking(module, name, Dead):
            try:
                return self.deliver(path, body, headers)
            except Dead:
                raise TryLater("the server died") from None

    def stumbles(self, path: str, body: bytes, headers: dict[str, str]) -> Answer:
        """A bug or a dead-lock, once: the push falls back to one operation at a time."""
        with breaking(apply, "stamp", RuntimeError):
            return self.deliver(path, body, headers)

    def ails(self, path: str, body: bytes, headers: dict[str, str]) -> Answer:
        """It goes on failing: everything is held for a retry."""
        with breaking(apply, "stamp", RuntimeError, times=1000):
            return self.deliver(path, body, headers)


FAULTS: dict[str, Fault] = {
    "lost": Wire.lost,
    "cut": Wire.cut,
    "twice": Wire.twice,
    "at_once": Wire.at_once,
    "in_part": Wire.in_part,
    "shuffled": Wire.shuffled,
    "dies_when_stored": Wire.dies_when_stored,
    "dies_when_merged": Wire.dies_when_merged,
    "stumbles": Wire.stumbles,
    "ails": Wire.ails,
}


@contextmanager
def breaking(module: Any, name: str, error: type[BaseException], times: int = 1) -> Iterator[None]:
    """The first calls of a step raise instead."""
    step, left = getattr(module, name), [times]

    def breaks(*args: Any, **kwargs: Any) -> Any:
        if left[0]:
            left[0] -= 1
            raise error(f"{name} breaks")
        return step(*args, **kwargs)

    with patch.object(module, name, breaks):
        yield


def closing(job: Callable[[], Any]) -> Callable[[], None]:
    """For a thread: its connection to the database ends with it."""

    def run() -> None:
        try:
            job()
        finally:
            connections.close_all()

    return run
