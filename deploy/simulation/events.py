"""What can happen in a run: what is done with a phone, what the office decides, and when."""

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

from deploy.demo_data.scenes import Scene

from .cast import Family, Handset, Team


@dataclass(frozen=True, slots=True)
class Register:
    person: int
    family: Family


@dataclass(frozen=True, slots=True)
class Visit:
    """`scene` is what is found, and with which child; None: nothing wrong."""

    person: int
    family: Family
    children: tuple[int, ...]
    scene: tuple[int, Scene] | None


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


Action = Register | Visit | Report | Edit | Settle


@dataclass(frozen=True, slots=True)
class Turn:
    """What is done with one phone in one half day, and whether it then finds signal."""

    handset: Handset
    actions: tuple[Action, ...]
    syncs: bool


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
    """The phone is revoked and its people get another one; somebody finds it later."""

    team: Team
    handset: Handset
    instead: Handset


Decision = Handover | Reassign | Lose


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
