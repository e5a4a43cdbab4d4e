"""The phones and their lines: each turn of the plan, done with the reference client."""

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from random import Random

from sync.client import Phone, Report
from sync.client.errors import TryLater

from .cast import Handset
from .events import Turn
from .ledger import Json, Ledger
from .network import Network, Request
from .server import Server
from .work import Work

TRIES = 3
PATIENCE = 20  # tries on a good line, after the last day
UNSTEADY = dt.timedelta(days=2)
JUMPS = 3  # half days between two settings of an unsteady clock


@dataclass(slots=True)
class Hand:
    """One phone and the line it has."""

    handset: Handset
    network: Network


class Field:
    """`people` are the server's ids by number of the cast; the phones' stores lie in `folder`."""

    def __init__(
        self, folder: Path, server: Server, ledger: Ledger, people: Mapping[int, str], seed: int,
        *, chaos: bool,
    ) -> None:  # fmt: skip
        folder.mkdir(exist_ok=True)
        self.folder, self.server, self.ledger = folder, server, ledger
        self.work, self.seed, self.chaos = Work(ledger, people), seed, chaos
        self.hands: dict[int, Hand] = {}

    def take(self, handset: Handset, code: str) -> None:
        """Enrols a phone."""
        network = Network(self.server.address, self._hears(handset), self.server.request_begins)
        self.hands[handset.number] = Hand(handset, network)
        with self.opened(handset) as phone:
            phone.enrol(self.server.address, code, label=f"simulated {handset.number}")

    def _hears(self, handset: Handset) -> Callable[[Json, list[bytes], Json], None]:
        return lambda header, lines, answer: self.ledger.answered(handset, header, lines, answer)

    def device(self, handset: Handset) -> str:
        with self.opened(handset) as phone:
            return str(phone.device)

    @contextmanager
    def opened(self, handset: Handset, half_day: int = 0) -> Iterator[Phone]:
        """The app as long as somebody looks at it; it is closed in between, as apps are."""
        skew = self._skew(handset, half_day)
        phone = Phone(
            self.folder / f"{handset.number}.db", clock=lambda: self.server.clock.now() + skew,
            connect=self.hands[handset.number].network.connect, language="en",
        )  # fmt: skip
        try:
            # Processes are killed here, not machines: waiting for the disk would be most of a run.
            phone.store.db.execute("PRAGMA synchronous = OFF")
            yield phone
        finally:
            phone.close()

    def _skew(self, handset: Handset, half_day: int) -> dt.timedelta:
        if not self.chaos:
            return dt.timedelta(0)
        if not handset.unsteady:
            return handset.skew
        random = Random(f"{self.seed}/clock/{handset.number}/{half_day // JUMPS}")
        return UNSTEADY * random.uniform(-1, 1)

    def turn(self, turn: Turn, half_day: int) -> None:
        handset = turn.handset
        with self.opened(handset, half_day) as phone:
            for place, action in enumerate(turn.actions):
                random = Random(f"{self.seed}/{half_day}/{handset.number}/{place}")
                self.work.do(phone, handset, action, random)
            if turn.syncs:
                self._sync(phone, handset, half_day)

    def _sync(self, phone: Phone, handset: Handset, half_day: int) -> None:
        """Some tries on a bad line; a push of which nobody knows what came of it is sent to an end."""
        network = self.hands[handset.number].network
        random = Random(f"{self.seed}/network/{handset.number}/{half_day}")
        with self.ledger.in_turn(self.ledger.unsent_of(handset)):
            with network.bad(random, half_day) if self.chaos else nullcontext():
                self._try(phone, TRIES)
            while network.unknown:
                self._try(phone, TRIES)

    def calm_sync(self, handset: Handset) -> Report:
        """On a good line, for as long as it takes. Raises `TryLater` after many tries."""
        with self.opened(handset) as phone, self.ledger.in_turn(self.ledger.unsent_of(handset)):
            return self._try(phone, PATIENCE) or phone.sync()

    def _try(self, phone: Phone, times: int) -> Report | None:
        for _ in range(times):
            try:
                return phone.sync()
            except TryLater as later:
                self.server.wait(later)
        return None

    def deliver(self, handset: Handset, half_day: int) -> None:
        """Requests that were under way for hours arrive, and nobody waits for their answers."""
        network = self.hands[handset.number].network
        for request in network.overdue(half_day):
            with self.ledger.in_turn(self.ledger.unsent_of(handset)):
                self._deliver(network, request)

    def _deliver(self, network: Network, request: Request) -> None:
        while True:
            try:
                network.deliver(request)
            except TryLater as later:
                self.server.wait(later)
            else:
                return
