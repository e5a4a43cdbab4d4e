"""What can happen in a run: what is done with a phone, what the office decides, and when."""

import datetime as dt
from dataclasses import dataclass, field
from typing import Any, Literal

from deploy.demo_data.scenes import Scene

from .cast import Family, Handset, Team


@dataclass(frozen=True, slots=True)
class Register:
    person: int
    family: Family


@dataclass(frozen=True, slots=True)
class Visit:
    """`scene` is what is found, and with which child; None: nothing wrong. `papers` are attached."""

    person: int
    family: Family
    children: tuple[int, ...]
    scene: tuple[int, Scene] | None
    papers: int = 0


@dataclass(frozen=True, slots=True)
class Report:
    person: int
    family: Family
    child: int


@dataclass(frozen=True, slots=True)
class Edit:
    """`add` and `remove` are elements of the set `aid`."""

    person: int
    family: Family
    child: int
    set: tuple[str, Any] | None = None
    add: str | None = None
    remove: str | None = None


@dataclass(frozen=True, slots=True)
class Settle:
    """Whatever is in conflict on this phone is decided."""

    person: int


@dataclass(frozen=True, slots=True)
class Close:
    """She closes the phone; it takes her PIN to open it."""

    person: int


Action = Register | Visit | Report | Edit | Settle | Close


@dataclass(frozen=True, slots=True)
class Turn:
    """What is done with one phone in one half day, and whether it then finds signal; with `thin` it is
    too weak for an attachment.
    """

    handset: Handset
    actions: tuple[Action, ...]
    syncs: bool
    thin: bool = False


@dataclass(frozen=True, slots=True)
class Handover:
    team: Team
    from_person: int
    to: int


@dataclass(frozen=True, slots=True)
class Reassign:
    team: Team
    family: Family
    child: int
    to: int


@dataclass(frozen=True, slots=True)
class Lose:
    """The phone is gone and its people get another one. It is revoked, or to be wiped; somebody finds it
    later, unless whoever has it sets it back to how it was sold (`reset`) before it has signal again.
    """

    team: Team
    handset: Handset
    instead: Handset
    how: Literal["revoked", "wiped", "reset"] = "revoked"


@dataclass(frozen=True, slots=True)
class Lock:
    """The office closes a phone's files, or lets them be opened again."""

    team: Team
    handset: Handset
    do: Literal["lock", "unlock"]


@dataclass(frozen=True, slots=True)
class Copy:
    """Everything on a phone is taken to a second one: both are the same device."""

    team: Team
    handset: Handset
    copy: Handset


@dataclass(frozen=True, slots=True)
class Restore:
    """The phone dies and what was copied from it earlier goes on: it does not know what came since."""

    team: Team
    handset: Handset
    copy: Handset


@dataclass(frozen=True, slots=True)
class Replace:
    """The office has heard that there are two of a phone: its people get a new one instead of both."""

    team: Team
    copies: tuple[Handset, Handset]
    instead: Handset


@dataclass(frozen=True, slots=True)
class Move:
    """Children go to another county: it is offered them, and takes them, or the offer comes to nothing."""

    team: Team
    family: Family
    children: tuple[int, ...]
    to_team: Team
    to: int
    end: Literal["accept", "refuse", "withdraw"]


Decision = Handover | Reassign | Lose | Lock | Copy | Restore | Replace | Move


@dataclass(slots=True)
class HalfDay:
    """`kills` says after how many requests the server is killed. Decisions are taken in the evening."""

    number: int
    at: dt.datetime
    evening: bool
    turns: list[Turn] = field(default_factory=list)
    decisions: list[Decision] = field(default_factory=list)
    kills: tuple[int, ...] = ()
    kills_worker: bool = False
