"""What no rule can judge is put before a person, as a finding of its own."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from backend.children import queries as children
from sync.entries import Draft
from sync.protocol import ids
from sync.push import submit

from . import calendar
from .episodes import SERVER
from .judge import in_force
from .judging import DEADLINES, RECIPIENTS, SEALED_RECIPIENTS

SEVERITY = "high"
RECOVERED = {
    "zh": "恢复备份后，由他人手机带回的记录",
    "en": "A record that another phone brought back after a restore",
}
_READ = {
    "zh": "写下它的手机尚未回来。请查看恢复的记录并判断孩子是否安全。",
    "en": "The phone that wrote it has not come back. Read the recovered record and judge whether the child is safe.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Unjudged:
    """Something that came under `op` in a child's `file`; `sealed` is for named people alone."""

    op: UUID
    file: UUID
    shard: str
    received: datetime
    sealed: bool


def judge_by_hand(cases: Sequence[Unjudged], *, now: datetime) -> int:
    """Opens or extends the child's escalation. Ids follow from `op`: each is said once. Returns how many."""
    lives = _lives({case.file for case in cases})
    drafts = [_draft(case, lives.get(case.file) or case.shard, now) for case in cases]
    return len(submit(drafts, now=now)) if drafts else 0


def _lives(files: Collection[UUID]) -> dict[UUID, str]:
    return dict(children.everybody().filter(id__in=files).values_list("id", "division"))


def _draft(case: Unjudged, division: str, now: datetime) -> Draft:
    seen = case.received.isoformat()
    data = {
        "rule": "recovered", "rule_version": 0, "branch": 0, "severity": SEVERITY,
        "source": "server", "sealed": case.sealed, "by_hand": True, "facts": {}, "basis": [],
        "title": RECOVERED, "do": _READ, "lesson": "", "ruleset": in_force().sha256,
        "to": list(SEALED_RECIPIENTS if case.sealed else RECIPIENTS[SEVERITY]),
        "deadline": calendar.due(DEADLINES[SEVERITY], received=case.received).at.isoformat(),
        "cause": str(case.op), "observed": seen, "received": seen, "division": division,
    }  # fmt: skip
    return Draft(
        op=ids.derived(case.op, "finding.record", "recovered"), person=SERVER,
        kind="finding.record", target=ids.derived(case.op, "finding", "recovered"),
        file=case.file, data=data, at=now,
    )  # fmt: skip
