"""The server of a run: the whole stack on scratch data, which can be killed and comes back."""

import sys
import threading
import time
from pathlib import Path

from deploy.stack import CannotStart, Stack, any_port
from sync.client.errors import TryLater

from .cast import START
from .clock import Clock, file_in

PATIENCE = 60.0  # seconds until a killed web server must answer again
LONGEST_WAIT = 1.0  # seconds a phone waits before its next try: a month has to pass in minutes


class Server(Stack):
    """`python` runs a module under the clock of the run."""

    application = "deploy.simulation.served:application"
    celery_app = "deploy.simulation.served"
    python = (sys.executable, "-m", "deploy.simulation.served")

    def __init__(self, data: Path, database_url: str) -> None:
        data.mkdir(parents=True, exist_ok=True)
        super().__init__(data, database_url, any_port())
        # Whatever broker this machine has is not ours to fill.
        self.environment |= {"CELERY_BROKER_URL": "filesystem://", "HUXING_LOG_FORMAT": "plain"}
        self.clock = Clock(file_in(data))
        self.clock.begin(START)
        self.requests = self.kills = 0
        self._kill_at: list[int] = []
        self._killing: threading.Thread | None = None
        self._counting = threading.Lock()
        self._up = threading.Event()
        self._up.set()

    def will_die(self, after: tuple[int, ...]) -> None:
        """The web server is killed when so many more requests have begun."""
        self._kill_at = sorted(self.requests + number for number in after)

    def request_begins(self) -> None:
        with self._counting:
            self.requests += 1
            if self._kill_at and self.requests >= self._kill_at[0]:
                self._kill_at.pop(0)
                self._up.clear()
                self._killing = threading.Thread(target=self._kill_web)
                self._killing.start()

    def settle(self) -> None:
        """Waits for a killing under way. Raises `CannotStart`."""
        self._kill_at = []
        if self._killing is not None:
            self._killing.join()
            self._killing = None
        if not self._up.is_set():
            raise CannotStart(f"web did not come back:\n{self.processes.tail('web')}")

    def wait(self, later: TryLater) -> None:
        """What a phone does before it tries again. Raises `CannotStart`."""
        if not self._up.wait(PATIENCE):
            raise CannotStart(f"web did not come back:\n{self.processes.tail('web')}")
        time.sleep(min(later.retry_after or 0.05, LONGEST_WAIT))

    def kill_worker(self) -> None:
        self.kills += 1
        self.processes.kill("worker")
        self.start_worker()

    def _kill_web(self) -> None:
        # The request that called is on its way: let it and its neighbours get somewhere.
        time.sleep(0.03)
        self.kills += 1
        self.processes.kill("web")
        self.start_web()
        deadline = time.monotonic() + PATIENCE
        while not self.web_answers():
            if time.monotonic() > deadline or self.processes.running["web"].poll() is not None:
                return
            time.sleep(0.05)
        self._up.set()
