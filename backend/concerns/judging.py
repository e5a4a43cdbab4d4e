"""From one cause to its findings and gaps. Pure: rules and facts in, what was found out."""

import datetime as dt
import logging
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from fieldforms import facts, suspects, words
from fieldforms.vocabulary import codes
from sync.faults import summary

from . import gaps
from .inputs import CHINA, Cause
from .rules import engine
from .rules.local import Variant, localised
from .rules.model import Branch, Deadline, Rule, Ruleset

logger = logging.getLogger(__name__)
# What a phone may claim to have shown. More than this is not a phone of ours.
CLAIMS = 60
_RULE = re.compile(r"[A-Za-z0-9_.-]{1,40}")
# Our own defaults, for what no rule says: a person's own report, and rules we do not know.
DEADLINES: Mapping[str, Deadline] = {
    "critical": "now",
    "high": {"hours": 24},
    "medium": {"working_days": 3},
    "low": {"working_days": 5},
}
RECIPIENTS: Mapping[str, tuple[str, ...]] = {
    "critical": ("police", "county_duty"),
    "high": ("township", "county_officer"),
    "medium": ("township", "county_officer"),
    "low": ("township",),
}
# Named people of the county alone, who decide whether the police are told.
SEALED_RECIPIENTS = ("county_officer",)
# Open words that may belong under seal, and those that speak of beating or dying. The server alone finds
# these: a phone that claims them would make what is sealed an open finding.
OPEN_WORDS, GRAVE_WORDS = "words_sealed", "words"
# What is found without a rule stands under these names.
TITLES: Mapping[str, Mapping[str, str]] = {
    "concern": {"zh": "有人报告的情况", "en": "Reported by a person"},
    "facts": {"zh": "记录无法自动判定", "en": "The record could not be judged"},
    "kept": {"zh": "未生效的记录中写有危险", "en": "A danger in a record that is not applied"},
    OPEN_WORDS: {"zh": "公开的文字可能应当密封", "en": "Open words that may belong under seal"},
    GRAVE_WORDS: {
        "zh": "文字提到打人或轻生，却没有勾选", "en": "Words of beating or dying, and nothing is ticked",
    },
}  # fmt: skip
_LOOK = {
    "zh": "请核实报告的情况，并告诉报告人结果。",
    "en": "Look into what was reported, and tell the reporter what came of it.",
}
_BY_HAND = {
    "zh": "系统无法判定，请由工作人员查看原始记录后判断。",
    "en": "The system could not decide. Read the original record and judge by hand.",
}
# Words alone do not send the police: whoever reads them decides.
_READ_SEALED = {
    "zh": "请马上看原话，判断孩子是否受到侵害、该怎样保护。不要惊动孩子家里和村里的人。",
    "en": "Read the words now; judge whether the child is harmed and how to protect the child. Let nobody in"
    " the family or the village notice.",
}
_READ_GRAVE = {
    "zh": "请看原话，当天向走访的人问清楚，并去看孩子是否安全。",
    "en": "Read the words, ask whoever made the visit the same day, and see whether the child is safe.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A finding before it is an operation. `rule` is an id, or `concern` for a person's own report.

    `local`: the variants, by hash, that said to whom it goes here or by when.
    """

    rule: str
    version: int
    branch: int
    severity: str
    source: str
    sealed: bool
    to: tuple[str, ...]
    deadline: Deadline
    facts: Mapping[str, Any] = field(default_factory=dict)
    basis: tuple[str, ...] = ()
    title: Mapping[str, str] = field(default_factory=dict)
    do: Mapping[str, str] = field(default_factory=dict)
    lesson: str = ""
    by_hand: bool = False
    local: tuple[str, ...] = ()


def skips(cause: Cause, *, sealed: bool) -> str:
    """The level of the reporting chain that the answers accuse, which must not hear of a finding.

    What is sealed is for the county's named people anyway: only a suspect there changes anything.
    """
    level = suspects.skipped({"answers": cause.case.answers}, sealed=cause.sealed)
    if sealed:
        # What open words say of a sealed matter goes round whom the sealed part accuses of it.
        level = max(level, cause.accused, key=("", *suspects.CHAIN).index)
    return "" if sealed and level != "county" else level


def police_call(cause: Cause) -> dict[str, str] | None:
    """The call to the police that she wrote down; the sealed part has questions of its own for it."""
    part = "sealed_" if cause.sealed else ""
    answers = cause.case.answers
    if answers.get(f"{part}police_called") != "yes" and not answers.get(f"{part}police_receipt"):
        return None
    return {
        "at": _moment(answers.get(f"{part}police_called_at"), cause.entry.observed),
        "by": str(cause.entry.person),
        "receipt": str(answers.get(f"{part}police_receipt") or ""),
        "cause": str(cause.entry.op),
        "observed": cause.entry.observed.isoformat(),
    }


def _moment(text: Any, otherwise: dt.datetime) -> str:
    """An hour without a zone is China's; what is no time is the time of the visit."""
    try:
        moment = dt.datetime.fromisoformat(str(text))
    except ValueError:
        return otherwise.isoformat()
    if moment.year not in _YEARS:
        return otherwise.isoformat()
    return (moment if moment.tzinfo else moment.replace(tzinfo=CHINA)).isoformat()


# Years in which somebody may have called. What lies near the first or last year of a calendar is no
# time in every zone.
_YEARS = range(2000, 2200)


@dataclass(slots=True)
class Judgement:
    """`only_server` and `only_phone` name the rules on which the two differ; sealed ones never."""

    findings: list[Found]
    gaps: list[engine.Gap]
    only_server: list[str] = field(default_factory=list)
    only_phone: list[str] = field(default_factory=list)
    age_differs: bool = False


@dataclass(frozen=True, slots=True)
class Claim:
    """A finding that the phone says it showed."""

    rule: str
    version: int
    branch: int
    severity: str


def judge(cause: Cause, rules: Ruleset, shown: Ruleset, local: Sequence[Variant] = ()) -> Judgement:
    """The union of what the rules in force find and what the phone showed by its own (`shown`).

    `local` are the variants of where the child is, the widest division first. Whatever fails on
    somebody's words, a person reads them.
    """
    if cause.unread:
        return Judgement([by_hand(cause)], [])
    try:
        return _judged(cause, rules, shown, local)
    except Exception as error:  # noqa: BLE001  a fault must cost neither the visit nor the child
        logger.error("to be judged by hand: operation %s (%s)", cause.entry.op, summary(error))
        return Judgement([by_hand(cause)], [])


def _judged(cause: Cause, rules: Ruleset, shown: Ruleset, local: Sequence[Variant]) -> Judgement:
    judgement, failures = by_rules(cause, rules, local)
    for failure in failures:
        logger.error("to be judged by hand: %s", failure)
    if cause.fresh:
        known = {rule.id: rule for rule in shown.rules}
        _join(judgement, cause, claims(cause.entry.data), known, local)
    if not any(found.by_hand and found.rule == "facts" for found in judgement.findings):
        judgement.findings += _own(cause, judgement.findings)
    judgement.findings += _of_words(cause, judgement.findings)
    return judgement


def claims(data: Mapping[str, Any]) -> list[Claim]:
    """`findings: [{rule, version, branch, severity?}]`; what is not of that shape is left out."""
    given = data.get("findings")
    items = given[:CLAIMS] if isinstance(given, list) else []
    return [
        Claim(
            item["rule"], _number(item.get("version")), _number(item.get("branch")),
            str(item.get("severity") or ""),
        )
        for item in items
        if isinstance(item, dict)
        and isinstance(item.get("rule"), str)
        and _RULE.fullmatch(item["rule"])
        and item["rule"] not in (OPEN_WORDS, GRAVE_WORDS)
    ]  # fmt: skip


def _number(value: Any) -> int:
    return value if type(value) is int and 0 <= value < 2**31 else 0


def kept(fields: Mapping[str, Any]) -> Found:
    """The gravest value of a protective field, in an edit that is kept and not applied."""
    return Found(
        rule="kept", version=0, branch=0, severity="high", source="person", sealed=False,
        to=RECIPIENTS["high"], deadline=DEADLINES["high"], facts=fields, title=TITLES["kept"],
        do=_BY_HAND, by_hand=True,
    )  # fmt: skip


def rank(severity: str) -> int:
    return codes("severity").index(severity)


def by_rules(
    cause: Cause, rules: Ruleset, local: Sequence[Variant] = ()
) -> tuple[Judgement, list[str]]:
    """What the rules alone find, and which of them failed."""
    try:
        collected = facts.collect(cause.case)
    except Exception as error:  # noqa: BLE001  a fault must cost neither the visit nor the child
        logger.error(
            "the facts of operation %s cannot be read (%s)", cause.entry.op, summary(error)
        )
        return Judgement([by_hand(cause)], []), []
    evaluation = engine.evaluate(rules, collected, sealed=cause.sealed)
    by_id = {rule.id: rule for rule in rules.rules}
    found = [_found(by_id[finding.rule], finding, local) for finding in evaluation.findings]
    open_ = gaps.of_visit(evaluation.gaps, cause.case, collected)
    differs = collected.get("age_differs", False)
    return Judgement(found, open_, age_differs=differs), evaluation.failures


def _found(rule: Rule, finding: engine.Finding, local: Sequence[Variant]) -> Found:
    branch = rule.branches[finding.branch]
    here = localised(rule, finding.branch, local)
    return Found(
        rule=rule.id, version=rule.version, branch=finding.branch, severity=finding.severity,
        source="server", sealed=rule.sealed, to=here.to, deadline=here.deadline, local=here.by,
        facts=finding.facts, basis=rule.basis, title=rule.title,
        do=_BY_HAND if finding.by_hand else branch.do, lesson=rule.lesson,
        by_hand=finding.by_hand,
    )  # fmt: skip


def by_hand(cause: Cause) -> Found:
    """Nobody knows which rule would have held, so it is as grave as the gravest."""
    return Found(
        rule="facts", version=0, branch=0, severity="critical", source="server",
        sealed=cause.sealed, to=RECIPIENTS["critical"], deadline=DEADLINES["critical"],
        title=TITLES["facts"], do=_BY_HAND,
        by_hand=True,
    )  # fmt: skip


def _join(
    judgement: Judgement, cause: Cause, shown: list[Claim], rules: Mapping[str, Rule],
    local: Sequence[Variant],
) -> None:  # fmt: skip
    """What both found is marked; what only the phone found is kept as its finding."""
    ours = {found.rule: number for number, found in enumerate(judgement.findings)}
    server = {found.rule for found in judgement.findings if not found.sealed}
    phone = set()
    for claim in shown:
        claimed = _claimed(claim, cause, rules.get(claim.rule), local)
        if not claimed.sealed:
            phone.add(claim.rule)
        place = ours.get(claim.rule)
        if place is None or rank(judgement.findings[place].severity) < rank(claimed.severity):
            ours[claim.rule] = len(judgement.findings)
            judgement.findings.append(claimed)
        elif judgement.findings[place].source == "server":
            judgement.findings[place] = replace(judgement.findings[place], source="both")
    if isinstance(cause.entry.data.get("findings"), list):
        judgement.only_server = sorted(server - phone)
        judgement.only_phone = sorted(phone - server)


def _claimed(claim: Claim, cause: Cause, rule: Rule | None, local: Sequence[Variant]) -> Found:
    branch = _branch(claim, rule)
    here = localised(rule, claim.branch, local) if rule and branch else None
    severity = claim.severity if claim.severity in codes("severity") else "high"
    if branch:
        severity = branch.severity
    return Found(
        rule=claim.rule, version=claim.version, branch=claim.branch, severity=severity,
        source="phone", sealed=rule.sealed if rule else cause.sealed,
        to=here.to if here else RECIPIENTS[severity],
        deadline=here.deadline if here else DEADLINES[severity],
        local=here.by if here else (),
        basis=rule.basis if rule else (), title=rule.title if rule else {},
        do=branch.do if branch else _LOOK, lesson=rule.lesson if rule else "",
    )  # fmt: skip


def _branch(claim: Claim, rule: Rule | None) -> Branch | None:
    if rule is None or claim.branch >= len(rule.branches):
        return None
    return rule.branches[claim.branch]


def _own(cause: Cause, found: list[Found]) -> list[Found]:
    """A person said that something is wrong: somebody reads it, whatever the rules make of it.

    Its own finding stands beside theirs only where it is graver, or where they found nothing.
    """
    stated = _stated(cause)
    if stated is None:
        return []
    gravest = max((rank(one.severity) for one in found), default=-1)
    severity, sealed = stated or "high", _is_sealed(cause)
    if gravest >= rank(severity) or (gravest >= 0 and not stated):
        return []
    return [
        Found(
            rule="concern", version=0, branch=0, severity=severity, source="person",
            sealed=sealed, to=SEALED_RECIPIENTS if sealed else RECIPIENTS[severity],
            # No tick says how grave sealed words are: a named person reads them at once.
            deadline="now" if cause.sealed else DEADLINES[severity],
            title=TITLES["concern"], do=_READ_SEALED if cause.sealed else _LOOK,
            lesson="mandatory-reporting",
        )
    ]  # fmt: skip


def _stated(cause: Cause) -> str | None:
    """The severity somebody gave, "" where none is given; None where nobody reported anything.

    Sealed words beside a visit are a report too: a finding is the only way they reach a reader. So is
    the answer that words were moved there, even where none have come.
    """
    given = cause.case.answers
    if cause.entry.kind == "visit.sealed":
        answers = cause.entry.data.get("answers")
        sealed = answers if isinstance(answers, dict) else {}
        text = sealed.get("sealed_words")
        moved = sealed.get(words.QUESTION) == words.MOVED
        return "" if cause.alone or moved or (isinstance(text, str) and text.strip()) else None
    if cause.entry.kind != "concern.raise":
        return None
    severity = given.get("severity") or cause.entry.data.get("severity")
    return severity if isinstance(severity, str) and severity in codes("severity") else ""


def _is_sealed(cause: Cause) -> bool:
    return cause.sealed or cause.entry.data.get("kind") == "sexual"


def _of_words(cause: Cause, found: Sequence[Found]) -> list[Found]:
    """What open words speak of, where no tick and no answer has told somebody already."""
    news = []
    body = cause.spoken.get(words.SEALED)
    if body and not cause.words_left and not _told(found, sealed=True):
        news.append(_written(OPEN_WORDS, body, SEALED_RECIPIENTS, _READ_SEALED, sealed=True))
    grave = cause.spoken.get(words.DANGER)
    if grave and not _is_sealed(cause) and not _told(found, sealed=False):
        news.append(_written(GRAVE_WORDS, grave, RECIPIENTS["high"], _READ_GRAVE, sealed=False))
    return news


def _told(found: Sequence[Found], *, sealed: bool) -> bool:
    """Whether somebody already has to look at once, of those who may read this kind."""
    return any(one.sealed is sealed and rank(one.severity) >= rank("high") for one in found)


def _written(
    name: str, said: Mapping[str, str], to: tuple[str, ...], do: Mapping[str, str], *, sealed: bool
) -> Found:
    """`said`: the texts by question; they are the facts that a reader sees first."""
    return Found(
        rule=name, version=0, branch=0, severity="high", source="server", sealed=sealed, to=to,
        deadline=DEADLINES["high"], facts=said, title=TITLES[name], do=do,
        lesson="mandatory-reporting", by_hand=True,
    )  # fmt: skip
