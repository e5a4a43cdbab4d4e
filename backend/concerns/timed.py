"""Findings that no visit brings but the passing of time: T1, T3 and T4 (rules.md).

Each follows from a key, so that it is recorded once, however often and late a run comes.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from uuid import UUID

import yaml

from backend.caseload.plan import DEFAULT as VISIT_PLAN
from backend.children import queries as children
from sync.entries import Draft
from sync.protocol import ids
from sync.push import submit

from . import calendar, limits, rulesets
from .episodes import SERVER
from .judge import in_force
from .models import Finding
from .rules.by_time import Row, TimedRule, timed_rules
from .year_tables import Years

BATCH = 200
RULES = timed_rules(
    yaml.safe_load((rulesets.NATIONAL.with_name("by_time.yaml")).read_text(encoding="utf-8")),
    {**asdict(limits.DEFAULT), **asdict(VISIT_PLAN)},
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Timed:
    """`key` says which occasion it is ("due 2026-05-04"): the same rule, child and key are found once.

    `row` is one of the rule's that make a finding.
    """

    rule: TimedRule
    row: Row
    key: str
    file: UUID


def record(cases: Sequence[Timed], *, now: datetime) -> int:
    """Opens or extends the escalations of the children; returns how many findings are new.

    By batches in the order of the children, each a transaction of its own, as the one door has it.
    """
    wanted = {_id(case): case for case in cases}
    known = set(Finding.objects.filter(id__in=wanted).values_list("id", flat=True))
    fresh = sorted(
        ((id_, case) for id_, case in wanted.items() if id_ not in known),
        key=lambda found: (found[1].file, found[0]),
    )
    done = 0
    for start in range(0, len(fresh), BATCH):
        part = fresh[start : start + BATCH]
        lives = children.divisions_of({case.file for _, case in part})
        rules, years = in_force().sha256, Years()
        drafts = [
            _draft(id_, case, lives[case.file], rules, years, now)
            for id_, case in part
            if case.file in lives
        ]
        done += len(submit(drafts, now=now)) if drafts else 0
    return done


def _id(case: Timed) -> UUID:
    return ids.derived(case.file, "timed", case.rule.id, case.key)


def _draft(id_: UUID, case: Timed, division: str, rules: str, years: Years, now: datetime) -> Draft:
    rule, row = case.rule, case.row
    deadline = calendar.due(row.deadline, received=now, years=years)
    op = ids.derived(id_, "finding.record")
    data = {
        "rule": rule.id, "rule_version": 0, "branch": rule.rows.index(row),
        "severity": row.severity, "source": "server", "sealed": False, "by_hand": False,
        "facts": {}, "basis": list(rule.basis), "title": dict(rule.title), "do": dict(rule.do),
        "lesson": "", "ruleset": rules, "to": list(row.to), "deadline": deadline.at.isoformat(),
        "deadline_fallback": deadline.fallback, "calendar_missing": deadline.missing,
        "cause": str(op), "observed": now.isoformat(), "received": now.isoformat(),
        "division": division,
    }  # fmt: skip
    return Draft(
        op=op, person=SERVER, kind="finding.record", target=id_, file=case.file, data=data, at=now
    )
