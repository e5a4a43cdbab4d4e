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

from .cast import Handset
from .covers import Covers
from .dangers import Dangers
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


@dataclass(slots=True)
class Ledger:
    operations: dict[str, Operation] = field(default_factory=dict)
    unsent: dict[int, set[str]] = field(default_factory=dict)
    covers: Covers = field(default_factory=Covers)
    dangers: Dangers = field(default_factory=Dangers)
    values: Values = field(default_factory=Values)
    revoked: set[int] = field(default_factory=set)
    trespasses: list[str] = field(default_factory=list)
    _lock: threading.RLock = field(default_factory=threading.RLock)
    _children: dict[str, threading.Lock] = field(default_factory=dict)

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Notes of one moment belong together."""
        with self._lock:
            yield

    def wrote(self, operations: Iterable[Operation]) -> None:
        with self._lock:
            for operation in operations:
                self.operations[operation.op] = operation
                self.unsent.setdefault(operation.handset, set()).add(operation.op)

    @contextmanager
    def in_turn(self, ops: set[str]) -> Iterator[None]:
        """One phone at a time brings news of a danger to a child: so we know what came first."""
        with self._lock:
            children = sorted(self.dangers.concerned(ops))
            locks = [self._children.setdefault(child, threading.Lock()) for child in children]
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
            for said in map(json.loads, lines):
                if said["op"] in self.unsent[handset.number]:
                    made = dt.datetime.fromisoformat(said["wall"]) + ahead
                    fresh[said["op"]] = min(made, received)
                    self.values.written(said)
            self.unsent.setdefault(handset.number, set()).difference_update(fresh)
            self.dangers.arrived(fresh)
            for op in fresh:
                self.covers.arrived(op)
            self._watch(handset, answer)

    def _watch(self, handset: Handset, answer: Json) -> None:
        """What a phone is sent must be its people's; a revoked one is sent nothing."""
        got = {entered["file"] for entered in answer.get("enter", [])}
        got |= {record["file"] for record in answer.get("changes", [])}
        may = set() if handset.number in self.revoked else self.covers.may_get(handset.people)
        self.trespasses += [f"phone {handset.number} was sent file {f}" for f in sorted(got - may)]
