"""Syncs, and what breaks on the way."""

import datetime as dt
import threading
from collections.abc import Callable

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from sync import push
from sync.models import Operation

from . import town
from .field import Field
from .handset import Handset
from .office import Office
from .stage import colours, deaths, phones, some
from .wire import FAULTS, Wire, closing

faults = st.sampled_from(["none", *FAULTS])
# Most syncs are one request; a fault at a later one seldom happens.
requests = st.sampled_from([0, 0, 0, 1])


class Road(Field, Office):
    """A fault is one of `wire.FAULTS`; the phone may die besides."""

    @rule(name=phones, fault=faults, at=requests, seed=st.integers(0, 9), dies_at=deaths)
    def syncs(self, name: str, fault: str, at: int, seed: int, dies_at: int | None) -> None:
        self.handsets[name].syncs(Wire(self.oracle, fault, at=at, seed=seed), dies_at=dies_at)

    @rule(name=phones, number=some, holds=st.booleans(), colour=colours)
    def does_not_hear(self, name: str, number: int, holds: bool, colour: str) -> None:
        """What the office decides is told, the answer is lost, and she goes on with what she knows."""
        self.the_office_assigns(name, number, holds)
        self.syncs(name, "lost", 0, 0, None)
        self.paints(name, number, colour, None)
        self.syncs(name, "none", 0, 0, None)

    @rule(name=phones, number=some, fault=st.sampled_from(["none", "lost"]))
    def writes_while_the_answer_comes(self, name: str, number: int, fault: str) -> None:
        """Her file is taken from her by the very answer during which she writes."""
        self.the_office_assigns(name, number, False)
        wire = Wire(self.oracle, fault)
        wire.meanwhile = lambda: self.visits(name, number, True, None, False)
        self.handsets[name].syncs(wire)

    @rule()
    def all_sync_at_once(self) -> None:
        """Two workers: every phone in a thread of its own."""
        errors: list[Exception] = []

        def job(handset: Handset) -> Callable[[], None]:
            def run() -> None:
                try:
                    handset.syncs(Wire(self.oracle))
                except Exception as error:  # noqa: BLE001 – raised again below
                    errors.append(error)

            return closing(run)

        threads = [threading.Thread(target=job(handset)) for handset in self.handsets.values()]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if errors:
            raise errors[0]

    @rule()
    @precondition(lambda self: Operation.objects.exclude(outcome="applied").exists())
    def the_beat_ticks(self) -> None:
        push.retry(now=town.now_utc() + dt.timedelta(minutes=2))
