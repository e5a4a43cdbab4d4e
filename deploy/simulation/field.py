"""The phones and their lines: each turn of the plan, done with the reference client."""

import datetime as dt
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager, nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path
from random import Random

from sync.client import Phone, Report
from sync.client.errors import Closed, TryLater

from .cast import Handset
from .events import Turn
from .ledger import Json, Ledger
from .network import Network, Request
from .server import Server
from .work import Work

TRIES = 3
PATIENCE = 20  # tries on a good line, after the last day
UNSTEADY = dt.timedelta(days=2)
PIN = "135790"
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
        self._has_line(handset)
        with self.opened(handset) as phone:
            phone.enrol(self.server.address, code, label=f"simulated {handset.number}")
            if handset.pin:
                phone.set_pin(PIN)

    def _has_line(self, handset: Handset) -> None:
        network = Network(
            self.server.address, self._hears(handset), self.server.request_begins,
            papers=self.ledger.papers,
        )  # fmt: skip
        self.hands[handset.number] = Hand(handset, network)

    def copy(self, handset: Handset, copy: Handset) -> None:
        """Another phone with everything that is on this one."""
        self._has_line(copy)
        with (
            closing(sqlite3.connect(self._store(handset))) as here,
            closing(sqlite3.connect(self._store(copy))) as there,
        ):
            here.backup(there)
        self.ledger.copied(handset.number, copy.number)

    def destroy(self, handset: Handset) -> None:
        """Set back to how it was sold, or broken: nothing is left on it. What is under way arrives."""
        self._store(handset).unlink()
        self.ledger.gone.add(handset.number)

    def _store(self, handset: Handset) -> Path:
        return self.folder / f"{handset.number}.db"

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
            self._store(handset), clock=lambda: self.server.clock.now() + skew,
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
            if turn.actions:
                self._give_pin(phone)
            for place, action in enumerate(turn.actions):
                random = Random(f"{self.seed}/{half_day}/{handset.number}/{place}")
                self.work.do(phone, handset, action, random)
            if turn.syncs:
                self.hands[handset.number].network.thin = turn.thin
                self._sync(phone, handset, half_day)
                self.hands[handset.number].network.thin = False
            self._look_at_closed(phone, handset)

    def _give_pin(self, phone: Phone) -> None:
        """She opens what she had closed herself; what the office has closed stays so."""
        if phone.store.vault.has_pin and not phone.store.vault.is_open:
            with suppress(Closed):
                phone.unlock(PIN)

    def _look_at_closed(self, phone: Phone, handset: Handset) -> None:
        """How far it was when it was closed: it must not get any further."""
        if phone.store.get("locked"):
            self.ledger.orders.seen.setdefault(handset.number, phone.store.get("cursor"))
        else:
            self.ledger.orders.seen.pop(handset.number, None)

    def _sync(self, phone: Phone, handset: Handset, half_day: int) -> None:
        """Some tries on a bad line; a push of which nobody knows what came of it is sent to an end."""
        network = self.hands[handset.number].network
        random = Random(f"{self.seed}/network/{handset.number}/{half_day}")
        with self.ledger.in_turn(handset):
            with network.bad(random, half_day) if self.chaos else nullcontext():
                self._try(phone, TRIES)
            while network.unknown:
                self._try(phone, TRIES)

    def calm_sync(self, handset: Handset) -> Report:
        """On a good line, for as long as it takes. Raises `TryLater` after many tries."""
        with self.opened(handset) as phone, self.ledger.in_turn(handset):
            self._give_pin(phone)
            report = self._try(phone, PATIENCE) or phone.sync()
            self._look_at_closed(phone, handset)
            return report

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
            with self.ledger.in_turn(handset):
                self._deliver(network, request)

    def _deliver(self, network: Network, request: Request) -> None:
        while True:
            try:
                network.deliver(request)
            except TryLater as later:
                self.server.wait(later)
            else:
                return
