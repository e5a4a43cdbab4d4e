"""Tells a worker that there is something to do, without making anybody wait for the broker."""

import logging
import threading
import time

from amqp.exceptions import AMQPError
from celery import current_app
from kombu.exceptions import KombuError

logger = logging.getLogger(__name__)
# After a failure nobody asks the broker for so long: beat calls the task every minute all the same.
PAUSE_SECONDS = 15.0


class Nudger:
    """One thread a process and task; many nudges become one message to the broker."""

    def __init__(self, task: str) -> None:
        self._task = task
        self._wanted = threading.Event()
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None

    def nudge(self) -> None:
        """Returns at once, whatever the broker does."""
        self._wanted.set()
        with self._starting:
            # A thread does not live on in a forked process, nor after an error nobody expected.
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name="nudge", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        while True:
            self._wanted.wait()
            self._wanted.clear()
            try:
                current_app.send_task(self._task, retry=False)
            except (AMQPError, KombuError, OSError) as error:
                logger.warning("the broker was not reached, beat sees to it instead: %s", error)
                time.sleep(PAUSE_SECONDS)


nudge = Nudger("backend.notifications.tasks.deliver_all").nudge
