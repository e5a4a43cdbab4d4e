"""How many syncs, and how many uploads, this process has under way at once; of syncs also from one shard.

Two gates, so that photographs on slow lines never keep an operation waiting, nor the other way round.
"""

import random
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings

from .errors import Busy

# Seconds after which a device that was sent away may come again, drawn anew for each.
RETRY_AFTER = (5, 20)


class Gate:
    """`total` and `each` name settings that are read at every entry, so that they can change while it runs.

    One shard's share is smaller than the whole: its writers wait for one counter's lock, and must not
    take every thread from the others while they do.
    """

    def __init__(self, total: str, each: str, refusal: Any = Busy) -> None:
        self._total, self._each, self._refusal = total, each, refusal
        self._lock = threading.Lock()
        self._inside: Counter[str] = Counter()

    @contextmanager
    def entered(self, shard: str) -> Iterator[None]:
        """Raises the refusal at once rather than let a device wait for a place."""
        total, each = getattr(settings, self._total), getattr(settings, self._each)
        with self._lock:
            if self._inside.total() >= total or self._inside[shard] >= each:
                raise self._refusal(seconds=random.randint(*RETRY_AFTER))
            self._inside[shard] += 1
        try:
            yield
        finally:
            with self._lock:
                self._inside[shard] -= 1
                if not self._inside[shard]:
                    del self._inside[shard]


gate = Gate("SYNC_CONCURRENCY", "SYNC_CONCURRENCY_PER_SHARD")
