"""Judges what was seen, in the transaction that writes it: no visit without its findings."""

import re
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from sync.entries import Applied, Draft
from sync.protocol import ids

from . import calendar, calls, rulesets, variants
from .episodes import SERVER
from .gaps import nothing_learned
from .inputs import Cause, gather, uuid_of
from .judging import (
    GRAVE_WORDS,
    OPEN_WORDS,
    Found,
    Judgement,
    judge,
    police_call,
    rank,
    skips,
)
from .models import Finding, RulesetVersion
from .rules.engine import Gap
from .rules.model import Ruleset, ruleset
from .year_tables import Years

_SHA = re.compile(r"[0-9a-f]{64}")
# What is no visit. Gaps are a visit's.
_ASK_LITTLE = {"concern.raise", "delegation.confirm", "child.register", "child.edit"}
Known = Mapping[tuple[UUID, str], int]


def judge_applied(applied: Sequence[Applied], now: datetime) -> list[Draft]:
    """Findings and gaps of what a round brings. Their ids follow from the operation that was judged
    and the rule, so that nothing is found twice after a resend, a replay or a late visit.
    """
    causes = gather(applied, now)
    if not causes:
        return []
    rules, years = in_force(), Years()
    shown = shown_rulesets({cause.entry.ruleset for cause in causes if cause.fresh}, rules)
    known = _known({cause.entry.op for cause in causes})
    local = variants.here({cause.division for cause in causes})
    police = calls.of_round(causes)
    drafts: list[Draft] = []
    brought: set[calls.Matter] = set()
    for cause in causes:
        theirs = shown.get(cause.entry.ruleset or "", rules)
        judgement = judge(cause, rules, theirs, local[cause.division])
        news = [item for item in judgement.findings if _is_news(cause, item, known)]
        call = police_call(cause) or calls.since(
            cause.entry.observed, police.get(calls.matter(cause), ())
        )
        drafts += [finding_draft(cause, item, rules, now, years, call) for item in news]
        if call and any(item.sealed is cause.sealed for item in news):
            brought.add(calls.matter(cause))
        if cause.fresh:
            drafts += [_gap(cause, gap, now) for gap in judgement.gaps if _has_gaps(cause)]
            _tell(cause, judgement)
            _tell_age(cause, judgement)
    return [*drafts, *calls.follow(police, brought=brought, now=now)]


def in_force() -> Ruleset:
    """The published rules; until somebody publishes, the ones that ship, because a visit that comes
    before would otherwise be judged by nothing.
    """
    try:
        return rulesets.current().ruleset
    except rulesets.NoRules:
        return _shipped()


@cache
def _shipped() -> Ruleset:
    return ruleset(rulesets.shipped())


def shown_rulesets(named: Collection[str | None], rules: Ruleset) -> dict[str, Ruleset]:
    """The rules that the phones had, where they are not the ones in force and we know them."""
    others = {sha for sha in named if sha and _SHA.fullmatch(sha) and sha != rules.sha256}
    if not others:
        return {}
    versions = RulesetVersion.objects.filter(sha256__in=others)
    return {version.sha256: ruleset(version.content) for version in versions}


def _known(causes: Collection[UUID]) -> dict[tuple[UUID, str], int]:
    """How grave what is found already is, by cause and rule."""
    known: dict[tuple[UUID, str], int] = {}
    rows = Finding.objects.filter(cause__in=causes).values_list("cause", "rule", "severity")
    for cause, rule, severity in rows:
        known[cause, rule] = max(rank(severity), known.get((cause, rule), -1))
    return known


def _is_news(cause: Cause, item: Found, known: Known) -> bool:
    """What is new or graver: a milder branch says nothing that is not known.

    Judged again, a part is without what its phone claimed. Where that was found then, grave words say
    nothing new.
    """
    if rank(item.severity) <= known.get((cause.entry.op, item.rule), -1):
        return False
    return item.rule != GRAVE_WORDS or not any(
        op == cause.entry.op and rule != OPEN_WORDS and severity >= rank(item.severity)
        for (op, rule), severity in known.items()
    )


def finding_draft(
    cause: Cause, found: Found, rules: Ruleset, now: datetime, years: Years,
    police: calls.Call | None,
) -> Draft:  # fmt: skip
    key = (found.rule, found.severity)
    deadline = calendar.due(found.deadline, received=cause.received, years=years)
    # A call that is written down in the open part is not about what is sealed.
    police = police if found.sealed is cause.sealed else None
    data = {
        "rule": found.rule, "rule_version": found.version, "branch": found.branch,
        "severity": found.severity, "source": found.source, "sealed": found.sealed,
        "by_hand": found.by_hand, "facts": dict(found.facts), "basis": list(found.basis),
        "title": dict(found.title), "do": dict(found.do), "lesson": found.lesson,
        "to": list(found.to), "ruleset": rules.sha256, "local": list(found.local),
        "deadline": deadline.at.isoformat(), "calendar_missing": deadline.missing,
        "deadline_fallback": deadline.fallback, "skips": skips(cause, sealed=found.sealed),
        "police": police, "again": not cause.fresh,
        **_origin(cause),
        "received": cause.received.isoformat(), "division": cause.division,
    }  # fmt: skip
    return _draft(cause, "finding", key, data, now)


def _gap(cause: Cause, gap: Gap, now: datetime) -> Draft:
    data = {
        "rule": gap.rule, "rule_version": gap.version, "branch": gap.branch,
        "missing": list(gap.missing), "ask": list(gap.ask), "sealed": gap.sealed,
        "division": cause.division, "skips": skips(cause, sealed=gap.sealed),
        "visit": str(uuid_of(cause.entry.data.get("visit")) or ""), **_origin(cause),
    }  # fmt: skip
    return _draft(cause, "gap", (gap.rule, str(gap.branch)), data, now)


def _origin(cause: Cause) -> dict[str, str]:
    return {"cause": str(cause.entry.op), "observed": cause.entry.observed.isoformat()}


def _draft(
    cause: Cause, name: str, key: tuple[str, str], data: dict[str, Any], now: datetime
) -> Draft:
    return Draft(
        op=ids.derived(cause.entry.op, f"{name}.record", *key),
        person=SERVER,
        kind=f"{name}.record",
        target=ids.derived(cause.entry.op, name, *key),
        file=cause.entry.file,
        data=data,
        at=now,
        shard=cause.entry.shard or cause.entry.sent_from,
    )


def _has_gaps(cause: Cause) -> bool:
    """A report, a delegation and the file ask little, an attempted visit learns nothing: each critical
    rule would be a gap.
    """
    return cause.entry.kind not in _ASK_LITTLE and not nothing_learned(cause.case.answers)


def _tell(cause: Cause, judgement: Judgement) -> None:
    """Her receipt says where the server judged otherwise, unless the file is out of her scope."""
    if not _may_be_told(cause):
        return
    more, less = ", ".join(judgement.only_server), ", ".join(judgement.only_phone)
    if not (more or less):
        return
    _problem(
        cause, "findings", "findings.differ",
        zh=f"服务器另外判定：{more or '无'}；只有手机判定：{less or '无'}，均已保留。",
        en=f"Found by the server only: {more or 'none'}; by the phone only: {less or 'none'}."
        " Both are kept.",
    )  # fmt: skip


def _tell_age(cause: Cause, judgement: Judgement) -> None:
    """The younger age was judged by; which one is right, a person has to find out."""
    if judgement.age_differs and not cause.told_by_others and _may_be_told(cause):
        _problem(
            cause, "answers.age_guess", "age.differs",
            zh="您看到的年龄与登记的出生日期不符，系统按较小的年龄判断。请核对证件，更正出生日期。",
            en="The age you saw does not fit the registered birth date; the younger one was judged by."
            " Check the documents and correct the birth date.",
        )  # fmt: skip


def _may_be_told(cause: Cause) -> bool:
    return not cause.sealed and {"outside", "stub"}.isdisjoint(cause.entry.flags)


def _problem(cause: Cause, field: str, code: str, *, zh: str, en: str) -> None:
    if "problems" not in cause.entry.flags:
        cause.entry.flags.append("problems")
    cause.entry.problems.append({"field": field, "code": code, "zh": zh, "en": en})
