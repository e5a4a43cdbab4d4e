"""Nothing is served before the database holds what the ledger says."""

import logging
from collections.abc import Callable, Iterable
from threading import Lock
from typing import Any

from backend.common import clock
from backend.common.errors import DomainError

from .replay import catch_up

logger = logging.getLogger(__name__)
Wsgi = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
PATIENCE = 5.0  # seconds that others wait for the one that compares
_LATER = [
    ("Content-Type", "text/plain; charset=utf-8"),
    ("Retry-After", "30"),
    ("Cache-Control", "no-store"),
]


class AfterTheLedger:
    """Lets requests through once `catch_up` has succeeded in this process; until then 503.

    At the first request and not at the start: a server may come up before its database does.
    """

    def __init__(self, application: Wsgi) -> None:
        self._application = application
        self._lock = Lock()
        self._caught_up = False

    def __call__(
        self, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        if not self._caught_up and (problem := self._catch_up()):
            start_response("503 Service Unavailable", _LATER)
            return [problem.encode()]
        return self._application(environ, start_response)

    def _catch_up(self) -> str | None:
        """What is wrong, if anything is."""
        if not self._lock.acquire(timeout=PATIENCE):
            return "starting"
        try:
            if self._caught_up:
                return None
            try:
                for entry in catch_up(now=clock.now()):
                    logger.warning("carried out from the ledger: line %d", entry.number)
            except DomainError as error:
                logger.critical("nothing is served: %s", error.en.format(**error.context))
                return error.code
            except Exception:
                logger.exception("nothing is served: the ledger could not be compared")
                return "starting"
            self._caught_up = True
            return None
        finally:
            self._lock.release()
