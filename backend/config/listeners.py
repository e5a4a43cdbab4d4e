"""Who listens to an exchange of the queue of files: kombu's tables, which a damaged file cannot turn against a worker."""

import fcntl
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from kombu.transport import filesystem
from kombu.utils.json import dumps, loads

from . import whole

logger = logging.getLogger(__name__)


class Listeners(filesystem.Channel):
    def get_table(self, exchange: str) -> list[Any]:
        """Who listens to an exchange. A damaged table is an empty one: whoever starts binds anew."""
        file = self._exchange_file(exchange)
        try:
            rows = loads(file.read_bytes().decode())
            return [filesystem.exchange_queue_t(*row) for row in rows]
        except FileNotFoundError:
            return []
        except (ValueError, TypeError) as error:
            logger.error("%s is damaged (%s) and begins anew", file.name, type(error).__name__)
            return []

    def _queue_bind(self, exchange: str, routing_key: str, pattern: str, queue: str) -> None:
        row = filesystem.exchange_queue_t(routing_key or "", pattern or "", queue or "")
        with self._tables():
            table = self.get_table(exchange)
            if row not in table:
                self._write_table(exchange, [row, *table])

    def _delete(
        self, queue: str, exchange: str, routing_key: str, pattern: str, *_: Any, **__: Any
    ) -> None:
        self._purge(queue)
        row = filesystem.exchange_queue_t(routing_key or "", pattern or "", queue or "")
        with self._tables():
            table = self.get_table(exchange)
            if row in table:
                self._write_table(exchange, [other for other in table if other != row])

    def _write_table(self, exchange: str, rows: list[Any]) -> None:
        file = self._exchange_file(exchange)
        whole.write(file.with_suffix(".new"), file, dumps(rows).encode())

    @contextmanager
    def _tables(self) -> Iterator[None]:
        """Two that bind at once write one after the other."""
        self.control_folder.mkdir(parents=True, exist_ok=True)
        with (self.control_folder / "lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
