"""Celery's beat, with a memory that nothing can turn against it.

When each entry ran last is kept in a small file of JSON. A damaged one begins anew, a full disk costs a line,
and a last run that lies in the future, because a clock was ahead and came back, counts as one of now.
"""

import datetime as dt
import json
import logging
import os
import time
from pathlib import Path
from typing import Any

from celery import beat

from . import whole

logger = logging.getLogger(__name__)
# Seconds by which the clock may differ from the time that has passed before the calendar is made anew.
JUMP = 5.0


class Scheduler(beat.Scheduler):
    # Seconds between two writings, and the longest sleep: a clock that was set is noticed after it.
    sync_every = 60
    max_interval = 30

    def __init__(self, app: Any, *args: Any, schedule_filename: Any = None, **kwargs: Any) -> None:
        self._file = Path(schedule_filename or app.conf.beat_schedule_filename)
        self._seen = (time.time(), time.monotonic())
        super().__init__(app, *args, **kwargs)

    @property
    def info(self) -> str:
        return f"    . file -> {self._file}"

    def setup_schedule(self) -> None:
        super().setup_schedule()
        for name, ran in self._remembered().items():
            if name in self.schedule:
                self.schedule[name].last_run_at = ran
        self._nothing_ahead()

    def tick(self, *args: Any, **kwargs: Any) -> float:
        """Also after somebody has set the clock: what was planned by the old one is planned anew."""
        before, self._seen = self._seen, (time.time(), time.monotonic())
        wall, passed = (now - then for now, then in zip(self._seen, before, strict=True))
        if self._nothing_ahead() or abs(wall - passed) > JUMP:
            self._heap = None
        waits: float = super().tick(*args, **kwargs)
        return waits

    def apply_entry(self, entry: Any, producer: Any = None) -> None:
        """One that cannot be sent is sent at its next time: each looks at what is due, not at the hour."""
        try:
            self.apply_async(entry, producer=producer, advance=False)
        except Exception as error:  # noqa: BLE001 - whatever a broker may say: the other entries have their turn
            logger.error("%s was not sent: %s", entry.name, error)

    def sync(self) -> None:
        ran = {name: entry.last_run_at.isoformat() for name, entry in self.schedule.items()}
        draft = self._file.with_name(f"{self._file.name}.{os.getpid()}")
        try:
            whole.write(draft, self._file, json.dumps(ran).encode())
        except OSError as error:
            logger.error("when things ran last could not be written down: %s", error)

    def _remembered(self) -> dict[str, dt.datetime]:
        try:
            said = json.loads(self._file.read_text(encoding="utf-8"))
            times = {name: dt.datetime.fromisoformat(text) for name, text in said.items()}
            return {name: when for name, when in times.items() if when.tzinfo}
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, TypeError, AttributeError) as error:
            logger.error("%s is unreadable (%s) and begins anew", self._file, type(error).__name__)
            return {}

    def _nothing_ahead(self) -> bool:
        """Whether a last run lay in the future; it is one of now then."""
        now = self.app.now()
        ahead = [entry for entry in self.schedule.values() if entry.last_run_at > now]
        for entry in ahead:
            entry.last_run_at = now
        if ahead:
            logger.warning(
                "the clock went back: %d entries ran in what is the future now", len(ahead)
            )
        return bool(ahead)
