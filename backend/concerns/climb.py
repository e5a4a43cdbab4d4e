"""T2: when an escalation rises one level, and what else its clock calls for. Pure.

Everything is counted from times that are stored, never from the last run, so that a run that comes a
week late finds the same steps, and a second one finds none.
"""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Protocol

from . import levels
from .life_cycle import ELSEWHERE
from .limits import HOUR, Limits

ENDED = ("resolved", "unfounded")


class Timed(Protocol):
    """What of an escalation its clock depends on; its row is one."""

    @property
    def status(self) -> str: ...
    @property
    def severity(self) -> str: ...
    @property
    def sealed(self) -> bool: ...
    @property
    def level(self) -> str: ...
    @property
    def level_since(self) -> dt.datetime: ...
    @property
    def climbs(self) -> int: ...
    @property
    def round_deadline(self) -> dt.datetime: ...
    @property
    def waits_since(self) -> dt.datetime: ...
    @property
    def uncalled_since(self) -> list[dt.datetime]: ...


@dataclass(frozen=True, slots=True)
class State:
    """The same, to be followed further than it has come."""

    status: str
    severity: str
    sealed: bool
    level: str
    level_since: dt.datetime
    climbs: int
    round_deadline: dt.datetime
    waits_since: dt.datetime
    uncalled_since: list[dt.datetime]


@dataclass(frozen=True, slots=True)
class Step:
    """A rise to `level`, due at `at`; `reason` is of the list `climb_reason`."""

    level: str
    reason: str
    at: dt.datetime


@dataclass(frozen=True, slots=True)
class Reminder:
    """`kind` names the notice; `key` is the same for ever for the same reminder."""

    kind: str
    key: str
    at: dt.datetime


def state(row: Timed) -> State:
    return State(
        row.status, row.severity, row.sealed, row.level, row.level_since, row.climbs,
        row.round_deadline, row.waits_since, row.uncalled_since,
    )  # fmt: skip


def next_step(now_at: Timed, limits: Limits) -> Step | None:
    """The next rise, due or not; None for what ended, is sealed, is elsewhere or as high as it gets."""
    if now_at.sealed or now_at.status in (*ENDED, *ELSEWHERE):
        return None
    if levels.rank(now_at.level) >= levels.rank(levels.ceiling(now_at.severity)):
        return None
    reason = _reason(now_at)
    return Step(levels.above(now_at.level), reason, _rises_at(now_at, limits, reason))


def _reason(now_at: Timed) -> str:
    return "unacknowledged" if now_at.status == "open" else "overdue"


def _rises_at(now_at: Timed, limits: Limits, reason: str) -> dt.datetime:
    if now_at.climbs:
        return now_at.level_since + limits.grace(now_at.severity)
    if not _at_once(now_at):
        return now_at.round_deadline
    # The law's deadline is the moment it came, and that is hers at the door; these are for what follows.
    hours = limits.acknowledge_critical if reason == "unacknowledged" else limits.settle_critical
    return now_at.waits_since + hours * HOUR


def _at_once(row: Timed) -> bool:
    """Whatever is critical, and what is due the moment it comes (R19, R22): nobody is late for it yet."""
    return row.severity == "critical" or row.round_deadline <= row.waits_since


def steps_due(row: Timed, limits: Limits, now: dt.datetime) -> list[Step]:
    """Every rise that should have happened by now, in order: an outage skips no level."""
    found: list[Step] = []
    reached = state(row)
    while (step := next_step(reached, limits)) and step.at <= now:
        found.append(step)
        reached = replace(reached, level=step.level, level_since=step.at, climbs=reached.climbs + 1)
    return found


def reminders(row: Timed, limits: Limits) -> Iterator[Reminder]:
    """What its people are told as time goes by, past or to come."""
    if row.status in ENDED:
        return
    for since in row.uncalled_since:
        # Each event asks for a call of its own, also where a case or a referral has the rest.
        at = since + limits.police_on_record * HOUR
        yield Reminder("sealed" if row.sealed else "not_reported", _key("not_reported", since), at)
    if row.sealed:
        if row.status == "open":
            at = row.waits_since + limits.acknowledge_critical * HOUR
            yield Reminder("sealed", _key("sealed", row.waits_since), at)
        return
    if row.status in ELSEWHERE:
        return
    if row.severity == "critical":
        if levels.rank(row.level) >= levels.rank(levels.ceiling(row.severity)):
            # It cannot rise any more: whoever has it is told when it would have.
            at = _rises_at(row, limits, _reason(row))
            yield Reminder("past_due", _key("past_due", at), at)
        return
    late = row.round_deadline
    if _at_once(row):
        late = row.waits_since + limits.settle_critical * HOUR
    soon = late - limits.due_soon * HOUR
    if soon > row.waits_since:
        yield Reminder("due_soon", _key("due_soon", late), soon)
    yield Reminder("past_due", _key("past_due", late), late)


def _key(kind: str, moment: dt.datetime) -> str:
    return f"{kind}:{moment:%Y%m%dT%H%M%S%f}"


def next_at(
    row: Timed, limits: Limits, said: frozenset[str] | set[str] = frozenset()
) -> dt.datetime | None:
    """When its clock is to be looked at again; `said` are the keys of reminders that were given."""
    step = next_step(row, limits)
    times = [reminder.at for reminder in reminders(row, limits) if reminder.key not in said]
    return min([*times, *([step.at] if step else [])], default=None)
