"""What phones wrote and what the server answered, kept apart from both.

Everything is noted when it is written, before any network, and again when an answer is heard,
whether or not the phone hears it.
"""

import datetime as dt
import json
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sync.protocol import messages, sealing

from .cast import Handset
from .copies import Copies
from .covers import Covers
from .dangers import Dangers
from .orders import Orders
from .papers import Papers
from .values import Values

Json = dict[str, Any]


@dataclass(slots=True)
class Operation:
    """One operation as its phone wrote it; `hash` is over the bytes of its line, in hexadecimal."""

    handset: int
    seq: int
    op: str
    kind: str
    target: str
    file: str
    hash: str

    def __str__(self) -> str:
        return f"phone {self.handset} operation {self.seq} ({self.kind} {self.op})"


def op_of(line: bytes) -> str:
    """The operation that a line of a push carries, open or sealed."""
    if messages.is_sealed(line):
        return str(UUID(bytes=sealing.read_header(messages.read_sealed(line)).about))
    said: str = json.loads(line)["op"]
    return said


@dataclass(slots=True)
class Ledger:
    """`said` are the operations that the server has not answered yet, as their phones wrote them;
    `holders` has the phones that each operation is on. `gone` are phones that nobody will switch on
    again.
    """

    operations: dict[str, Operation] = field(default_factory=dict)
    said: dict[str, Json] = field(default_factory=dict)
    holders: dict[str, set[int]] = field(default_factory=dict)
    unsent: dict[int, set[str]] = field(default_factory=dict)
    covers: Covers = field(default_factory=Covers)
    dangers: Dangers = field(default_factory=Dangers)
    values: Values = field(default_factory=Values)
    papers: Papers = field(default_factory=Papers)
    copies: Copies = field(default_factory=Copies)
    orders: Orders = field(default_factory=Orders)
    revoked: set[int] = field(default_factory=set)
    gone: set[int] = field(default_factory=set)
    told_cloned: set[int] = field(default_factory=set)
    trespasses: list[str] = field(default_factory=list)
    closings: int = 0
    _lock: threading.RLock = field(default_factory=threading.RLock)
    _turns: dict[str, threading.Lock] = field(default_factory=dict)

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Notes of one moment belong together."""
        with self._lock:
            yield

    def wrote(self, operations: Iterable[Operation], said: Iterable[Json]) -> None:
        with self._lock:
            for operation, own in zip(operations, said, strict=True):
                self.operations[operation.op] = operation
                self.said[operation.op] = own
                self.holders[operation.op] = {operation.handset}
                self.unsent.setdefault(operation.handset, set()).add(operation.op)

    def copied(self, handset: int, copy: int) -> None:
        """From now on both phones have what the one has."""
        with self._lock:
            own = [op for op, having in self.holders.items() if handset in having]
            last = max((self.operations[op].seq for op in own), default=0)
            self.copies.made(handset, copy, last)
            for op in own:
                self.holders[op].add(copy)
            self.unsent[copy] = set(self.unsent.get(handset, ()))

    def has_arrived(self, op: str) -> bool:
        return op not in self.said

    def went_with_its_phone(self, op: str) -> bool:
        """Nobody has heard the server answer it, and no phone that has it will be switched on again."""
        return not self.has_arrived(op) and self.holders[op] <= self.gone

    @contextmanager
    def in_turn(self, handset: Handset) -> Iterator[None]:
        """One phone at a time brings news of a danger to a child: so we know what came first. Two that
        are one device take turns as well: so we know what each was told when.
        """
        with self._lock:
            keys = sorted(self.dangers.concerned(self.unsent_of(handset)))
            if self.copies.is_one_of_two(handset.number):
                keys.append(f"~{self.copies.device(handset.number)}")
            locks = [self._turns.setdefault(key, threading.Lock()) for key in keys]
        with ExitStack() as held:
            for lock in locks:
                held.enter_context(lock)
            yield

    def unsent_of(self, handset: Handset) -> set[str]:
        with self._lock:
            return set(self.unsent.get(handset.number, ()))

    def answered(
        self, handset: Handset, header: Json, lines: Sequence[bytes], answer: Json
    ) -> None:
        """The server has answered; `lines` are those of the request, in their order."""
        received = dt.datetime.fromisoformat(answer["server_time"])
        ahead = received - dt.datetime.fromisoformat(header["wall"])
        with self._lock:
            fresh: dict[str, dt.datetime] = {}
            for op in map(op_of, lines):
                if (said := self.said.pop(op, None)) is None:
                    continue
                made = dt.datetime.fromisoformat(said["wall"]) + ahead
                fresh[op] = min(made, received)
                self.values.written(said)
                for number in self.holders[op]:
                    self.unsent[number].discard(op)
            self.dangers.arrived(fresh)
            for op in fresh:
                self.covers.arrived(op)
            self.orders.heard(handset.number, header.get("done", []))
            self._watch(handset, header, answer)

    def _watch(self, handset: Handset, header: Json, answer: Json) -> None:
        """What a phone is sent must be its people's. A revoked one and one of two are sent nothing, nor
        is whoever has not asked.
        """
        device = self.copies.device(handset.number)
        if answer.get("refused") == "device.cloned":
            self.told_cloned.add(device)
        got = {entered["file"] for entered in answer.get("enter", [])}
        got |= {record["file"] for record in answer.get("changes", [])}
        nothing = handset.number in self.revoked or device in self.told_cloned
        nothing = nothing or header.get("pull") is False
        may = set() if nothing else self.covers.may_get(handset.people)
        self.trespasses += [f"phone {handset.number} was sent file {f}" for f in sorted(got - may)]
