"""Runs other rules over what was seen, file by file: reads, and writes nothing.

Memory does not grow with the visits: a batch of files is opened, judged twice, counted and dropped.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from .. import inputs, judge, variants
from ..judging import TITLES
from ..models import Finding
from ..rules.local import Variant, variant
from ..rules.model import Ruleset, ruleset
from ..timed import RULES
from .comparing import Comparison, Side, compare

# Files whose keys and operations are opened together.
BATCH = 50
CHINA = ZoneInfo("Asia/Shanghai")


@dataclass(frozen=True, slots=True)
class Plan:
    """What is compared with the rules in force: other rules, or a variant of one division."""

    before: Ruleset
    after: Ruleset
    replaced: Variant | None
    since: datetime

    @property
    def within(self) -> str:
        return self.replaced.division if self.replaced else ""


def plan(content: Any, division: str, since: date) -> Plan:
    """Of content that passed the lint. The day begins at midnight in China."""
    now = judge.in_force()
    begin = datetime.combine(since, time.min, tzinfo=CHINA)
    if division:
        return Plan(now, now, variant(division, content), begin)
    return Plan(now, ruleset(content), None, begin)


def batches(planned: Plan, *, after: UUID | None) -> Iterator[list[UUID]]:
    """Files by id, from the one after `after` on."""
    while files := inputs.files_since(
        planned.since, after=after, limit=BATCH, within=planned.within
    ):
        yield files
        after = files[-1]


def rehearse(planned: Plan, files: Collection[UUID], into: Comparison, *, now: datetime) -> None:
    """Adds one batch; a number of statements that does not depend on how many visits there are."""
    causes = inputs.again(files, since=planned.since, now=now)
    local = variants.here({cause.division for cause in causes})
    before = Side(planned.before, local)
    after = Side(planned.after, _with(local, planned.replaced))
    stored = _stored({cause.entry.op for cause in causes})
    for cause in causes:
        compare(cause, before, after, stored.get(cause.entry.op, []), into)


def _with(local: dict[str, list[Variant]], new: Variant | None) -> dict[str, list[Variant]]:
    """The variants as they would be: a division has one, so that a new one takes its place."""
    if new is None:
        return local
    return {
        division: [
            new if step == new.division else old[step]
            for step in variants.steps(division)
            if step == new.division or step in old
        ]
        for division, own in local.items()
        for old in [{one.division: one for one in own}]
    }


def _stored(ops: Collection[UUID]) -> dict[UUID, list[str]]:
    """The rules that were found when each operation was judged; a rule counts once."""
    rows = Finding.objects.filter(cause__in=ops, source__in=["server", "both"]).exclude(
        rule__in=[*TITLES, *RULES, "recovered"]
    )
    found: dict[UUID, list[str]] = {}
    for cause, rule in rows.values_list("cause", "rule").distinct():
        found.setdefault(cause, []).append(rule)
    return found
