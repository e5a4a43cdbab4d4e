"""An operation on its way through the server: the line's contents and what the server added."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from . import phrases
from .protocol.messages import Outcome
from .registry import Problem

# Said at the door or by a decision. To judge an operation again does not take them back.
LASTING = frozenset({"clock", "fork", "person", "revoked", "forced", "reviewed", "repaired"})


@dataclass(slots=True, kw_only=True)
class Entry:
    """Immutable in what the phone said; outcome, flags and problems are filled on the way.

    `at` is the corrected time in milliseconds since the epoch, `uncertainty` likewise.
    """

    op: UUID
    person: UUID
    kind: str
    target: UUID
    file: UUID
    data: dict[str, Any]
    wall: datetime
    at: int
    uncertainty: int
    received: datetime
    device: UUID | None = None
    seq: int | None = None
    base: int | None = None
    group: UUID | None = None
    group_n: int = 0
    ruleset: str | None = None
    form: str | None = None
    form_version: str | None = None
    shard: str = ""
    # The shard its device works in: where a file that it opens unasked belongs.
    sent_from: str = ""
    trusted: bool = False
    # Its line says something that nobody can hold, and is read without: see `protocol.mending`.
    mended: bool = False
    outcome: Outcome | None = None
    flags: list[str] = field(default_factory=list)
    code: str | None = None
    fields: list[str] = field(default_factory=list)
    message: tuple[str, str] | None = None
    problems: list[dict[str, Any]] = field(default_factory=list)
    # The contents as they came, where a reference was taken out of `data`.
    said: dict[str, Any] | None = None

    @property
    def observed(self) -> datetime:
        """When it happened, by corrected time, in the zone of `received`."""
        return datetime.fromtimestamp(self.at / 1000, tz=self.received.tzinfo)

    def reset(self) -> None:
        """Forgets a decision that was rolled back."""
        self.outcome = self.code = self.message = None
        self.flags = lasting(self.flags)
        self.fields, self.problems = [], []
        self.data, self.said = self.said or self.data, None

    def quarantine(self, code: str, *fields: str, message: tuple[str, str]) -> None:
        self.outcome, self.code, self.fields, self.message = (
            "quarantined",
            code,
            list(fields),
            message,
        )

    def add_problem(self, problem: Problem) -> None:
        """Once, however often it is found."""
        if "problems" not in self.flags:
            self.flags.append("problems")
        if (found := asdict(problem)) not in self.problems:
            self.problems.append(found)

    def hold(self, code: str, *fields: str, message: tuple[str, str]) -> None:
        self.outcome, self.code, self.fields, self.message = "held", code, list(fields), message

    def await_target(self) -> None:
        """Its record is not there for it. It waits; once it is forced, a person has it instead."""
        if "forced" in self.flags:
            self.quarantine("target.absent", "target", message=phrases.TARGET_ABSENT)
        else:
            self.hold("target.unknown", "target", message=phrases.WAITING)


def lasting(flags: Iterable[str]) -> list[str]:
    return [flag for flag in flags if flag in LASTING]


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """An operation the server itself or the office makes; it has no `seq` and no `prev`.

    `shard` is where its file belongs if it is not there yet.
    """

    op: UUID
    person: UUID
    kind: str
    target: UUID
    file: UUID
    data: dict[str, Any]
    at: datetime
    shard: str = ""


@dataclass(slots=True)
class Applied:
    """What a reaction gets: the entry and the columns its record now has."""

    entry: Entry
    type: str
    columns: dict[str, Any]
    created: bool
