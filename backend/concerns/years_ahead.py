"""Which year's working days will be missing soon: said before the first deadline has to fall back.

The State Council announces a year's holidays in the autumn before, and nobody can guess them. See
`working_days.yaml` and `manage.py load_working_days`.
"""

import datetime as dt
from collections.abc import Iterable

from . import calendar, judge, timed
from .rules.model import Deadline, Ruleset
from .year_tables import Years

# Administrators are told this long before the first deadline that would need the year.
AHEAD = dt.timedelta(days=60)


def wanted(today: dt.date) -> calendar.Needed | None:
    """What the longest deadline of the rules in force will lack."""
    count = longest(judge.in_force())
    return calendar.first_needing(count, today=today, within=AHEAD, years=Years())


def longest(rules: Ruleset) -> int:
    """In working days: what the rules set, what a county may set, and what time calls for."""
    return max((count for one in _deadlines(rules) for count in _working_days(one)), default=0)


def _deadlines(rules: Ruleset) -> Iterable[Deadline | None]:
    for rule in rules.rules:
        for branch in rule.branches:
            yield from (branch.deadline, branch.latest)
    for by_time in timed.RULES.values():
        yield from (row.deadline for row in by_time.rows)


def _working_days(deadline: Deadline | None) -> list[int]:
    if deadline is None or isinstance(deadline, str):
        return []
    return [count for unit, count in deadline.items() if unit == "working_days"]
