"""Who and what there is; the moves are in `field.py`, `road.py`, `office.py` and `disasters.py`."""

import random
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine

from sync import ports
from sync.client import Phone
from sync.client.errors import Closed, Unknown
from sync.protocol import ids

from .. import served
from . import town
from .handset import Handset
from .oracle import Oracle, Said
from .wire import Wire

NAMES = ("A", "B", "C")
phones = st.sampled_from(NAMES)
# The number of a file, of an alarm …: whichever there is, counted round.
some = st.integers(0, 5)
# The statement at which a program dies. Mostly nobody dies.
deaths = st.none() | st.integers(0, 25)
colours = st.sampled_from(["red", "green", "blue"])

# Ids are made from this, so that a seed gives the same ids again.
dice = random.Random(0)


class Stage(RuleBasedStateMachine):
    """A town with an empty server and three phones, each with a person."""

    def __init__(self) -> None:
        super().__init__()
        dice.seed(0)
        town.empty()
        served.people.clear()
        served.revoked.clear()
        self.folder = Path(tempfile.mkdtemp(prefix="machine"))
        self.town, self.oracle = town.Town(), Oracle()
        ports.install(self.town.ports)
        self.handsets = {name: Handset(name, self.folder) for name in NAMES}
        self.devices: dict[str, UUID] = {}
        for name, handset in self.handsets.items():
            with handset.open(Wire(self.oracle)) as phone:
                phone.enrol("http://in-process", str(ids.uuid7(handset.clock())))
                self.devices[name] = phone.device
        self.files: list[UUID] = []
        self.office: dict[str, Said] = {}
        self.closed: set[UUID] = set()
        self.copies: dict[str, Path] = {}
        self.restored = False
        self.backup: tuple[town.Backup, set[bytes], set[UUID], dict[str, Said]] | None = None

    def file(self, number: int) -> UUID:
        return self.files[number % len(self.files)]

    def says(self, name: str, act: Callable[[Phone], Any], dies_at: int | None) -> list[bytes]:
        lines = self.handsets[name].does(act, dies_at=dies_at)
        self.oracle.writes(lines)
        return lines

    def edits(
        self, name: str, act: Callable[[Phone], Any], file: UUID, dies_at: int | None
    ) -> None:
        """An edit of what she may see and has heard no other of has to be applied."""
        handset = self.handsets[name]
        in_scope = handset.knows(file) and not handset.odd and self.trusted(name)
        with handset.open() as phone:
            try:
                phone.record(file)
            except (Closed, Unknown):
                return
        for line in self.says(name, act, dies_at):
            if in_scope and file not in self.town.keys.erased:
                self.oracle.expects(line)

    def trusted(self, name: str) -> bool:
        return self.devices[name] not in served.revoked
