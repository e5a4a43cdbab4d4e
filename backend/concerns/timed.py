"""Findings that no visit brings but the passing of time: T1, T3 and T4 (rules.md).

Each follows from a key, so that it is recorded once, however often and late a run comes.
"""

from collections.abc import Mapping, Sequence
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
from .judging import DEADLINES, TITLES
from .models import Finding
from .year_tables import Years

BATCH = 200
_DO: Mapping[str, Mapping[str, str]] = {
    "T1": {
        "zh": "请联系儿童主任，今天安排走访；去不了的，由督导员上门。",
        "en": "Reach the village supervisor and have the child visited today; if she cannot, go yourself.",
    },
    "T3": {
        "zh": "请为孩子指定儿童主任。在此之前由督导员走访。",
        "en": "Assign a supervisor to the child. Until then, visit yourself.",
    },
    "T4": {
        "zh": "请核实期限，到期前办理手续或作出决定。",
        "en": "Check the term, and renew or decide before it ends.",
    },
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Timed:
    """`key` says which occasion it is ("due 2026-05-04"): the same rule, child and key are found once.

    `rule` is T1, T3 or T4. `sealed` keeps it to the county's named people. `title` takes the place of
    the rule's own.
    """

    rule: str
    key: str
    file: UUID
    severity: str
    to: tuple[str, ...]
    sealed: bool = False
    title: Mapping[str, str] | None = None


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
    return ids.derived(case.file, "timed", case.rule, case.key)


def _draft(id_: UUID, case: Timed, division: str, rules: str, years: Years, now: datetime) -> Draft:
    deadline = calendar.due(DEADLINES[case.severity], received=now, years=years)
    op = ids.derived(id_, "finding.record")
    data = {
        "rule": case.rule, "rule_version": 0, "branch": 0, "severity": case.severity,
        "source": "server", "sealed": case.sealed, "by_hand": False, "facts": {}, "basis": [],
        "title": dict(case.title or TITLES[case.rule]), "do": dict(_DO[case.rule]), "lesson": "",
        "ruleset": rules, "to": list(case.to), "deadline": deadline.at.isoformat(),
        "deadline_fallback": deadline.fallback, "calendar_missing": deadline.missing,
        "cause": str(op), "observed": now.isoformat(), "received": now.isoformat(),
        "division": division,
    }  # fmt: skip
    return Draft(
        op=op, person=SERVER, kind="finding.record", target=id_, file=case.file, data=data, at=now
    )
