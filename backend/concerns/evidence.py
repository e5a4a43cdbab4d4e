"""What stands behind an escalation: findings, the visits and concerns they come from, the steps."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from backend.accounts import queries as accounts
from fieldforms import sealing
from sync import oplog
from sync.entries import Entry
from sync.shown import Clock, clock

from . import danger, life_cycle, undecided
from .models import Escalation, Finding, Gap


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """The visit part or concern (`target`) behind a finding, with its words. `shared` is what it was
    given with, by the operation `shared_op`.
    """

    op: UUID
    target: UUID
    kind: str
    person: UUID
    name: str
    observed: datetime
    received: datetime
    clock: Clock | None
    answers: dict[str, Any]
    shared: dict[str, Any]
    shared_op: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One finding with why it is one. `title` and `do` are `{zh, en}`, as they read when it was found.

    `local`: the hashes of the variants that said to whom it goes here or by when.
    """

    id: UUID
    rule: str
    rule_version: int
    branch: int
    title: dict[str, str]
    do: dict[str, str]
    severity: str
    found_by: str
    by_hand: bool
    facts: dict[str, Any]
    basis: list[str]
    lesson: str
    deadline: datetime | None
    local: list[str]
    observed: datetime
    received: datetime
    late: timedelta
    source: Source | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reported:
    """A call to the police that somebody recorded."""

    at: str
    by: str
    officer: str
    receipt: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step so far; `person` is nil and `name` empty for the server's own."""

    kind: str
    at: datetime
    person: UUID
    name: str
    reason: str
    feedback: str
    outcome: str
    assigned_to: UUID | None
    assignee: str
    # Of a rise: to which level, why, and when it was due, however late the server was.
    level: str
    climb: str
    due_at: datetime | None
    # Of people kept out: their names.
    kept_out: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """`concerns` are those of the child that are open, whichever escalation they led to, as far as
    whoever sees this one may know of them."""

    findings: list[Shown]
    concerns: list[UUID]
    gaps: list[undecided.Undecided]
    police: list[Reported]
    steps: list[Step]


def of(row: Escalation) -> Evidence:
    """Fixed number of statements, however many findings and steps there are."""
    findings = list(Finding.objects.filter(id__in=row.findings).order_by("received", "id"))
    causes = {finding.cause for finding in findings}
    entries = _loaded({*causes, *(finding.op for finding in findings)})
    shared = _shared(entries[cause] for cause in causes if cause in entries)
    steps = oplog.load(
        "target = ANY(%s) AND outcome = 'applied' AND kind = ANY(%s)",
        [[row.id], list(life_cycle.KINDS)],
        order="decision",
    )
    people = accounts.names(_people(entries, causes, steps))
    sources = {
        cause: _source(entries[cause], shared, people) for cause in causes if cause in entries
    }
    gaps = Gap.objects.filter(cause__in=causes, sealed=row.sealed).order_by("rule", "branch")
    return Evidence(
        findings=[_shown(finding, entries, sources) for finding in findings],
        concerns=[concern.id for concern in danger.endable(row)],
        gaps=[undecided.shown(gap) for gap in gaps],
        police=[*_police(sources.values(), sealed=row.sealed), *_reports(steps, people, sources)],
        steps=[_step(entry, people) for entry in steps],
    )


def _loaded(ops: Collection[UUID]) -> dict[UUID, Entry]:
    return {entry.op: entry for entry in oplog.load("op = ANY(%s)", [list(ops)])}


def _shared(causes: Iterable[Entry]) -> dict[UUID, Entry]:
    """What each cause was given with, by cause, if the same person wrote it: the whole visit of a
    part, the part or concern of sealed answers.
    """
    named = {entry.op: (other, entry.person) for entry in causes if (other := _other(entry))}
    found = oplog.load(
        "target = ANY(%s) AND kind = ANY(%s) AND outcome = 'applied'",
        [[other for other, _ in named.values()], [*_GIVEN_WITH]],
    )
    others = {(entry.target, entry.person): entry for entry in found}
    return {cause: others[place] for cause, place in named.items() if place in others}


_GIVEN_WITH = ("visit.record", "visit.part", "concern.raise")


def _other(entry: Entry) -> UUID | None:
    names = ("part", "concern") if entry.kind == "visit.sealed" else ("visit",)
    try:
        return UUID(str(next(filter(None, map(entry.data.get, names)), None)))
    except ValueError:
        return None


def _people(
    entries: Mapping[UUID, Entry], causes: Collection[UUID], steps: Sequence[Entry]
) -> set[UUID]:
    people = {entries[cause].person for cause in causes if cause in entries}
    people |= {entry.person for entry in steps}
    people |= {UUID(call["by"]) for call in _calls(steps)}
    people |= {person for entry in steps for person in _kept_out(entry)}
    return people | {found for entry in steps if (found := _assigned(entry))}


def _source(entry: Entry, shared: Mapping[UUID, Entry], people: Mapping[UUID, str]) -> Source:
    visit = shared.get(entry.op)
    return Source(
        op=entry.op, target=entry.target, kind=entry.kind, person=entry.person,
        name=people.get(entry.person, ""),
        observed=entry.observed, received=entry.received, clock=clock(entry), answers=_answers(entry),
        shared=_answers(visit) if visit else {}, shared_op=visit.op if visit else None,
    )  # fmt: skip


def _answers(entry: Entry) -> dict[str, Any]:
    """The answers; what a phone wrote beside them belongs to them too. An open operation is shown
    without answers that should have been sealed: they stand in a sealed one.
    """
    data = entry.data if entry.kind == "visit.sealed" else sealing.opened(entry.data)
    answers = data.get("answers")
    beside = {name: value for name, value in data.items() if name not in _LINKS}
    return {**beside, **answers} if isinstance(answers, dict) else beside


_LINKS = ("answers", "visit", "part", "concern", "skipped", "findings")


def _shown(
    finding: Finding, entries: Mapping[UUID, Entry], sources: Mapping[UUID, Source]
) -> Shown:
    data = entries[finding.op].data if finding.op in entries else {}
    return Shown(
        id=finding.id, rule=finding.rule, rule_version=finding.rule_version,
        branch=finding.branch, title=data.get("title", {}), do=data.get("do", {}),
        severity=finding.severity, found_by=finding.source, by_hand=finding.by_hand,
        facts=data.get("facts", {}), basis=finding.basis, lesson=data.get("lesson", ""),
        deadline=_moment(data.get("deadline")), local=data.get("local", []),
        observed=finding.observed, received=finding.received,
        late=finding.received - finding.observed, source=sources.get(finding.cause),
    )  # fmt: skip


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _police(sources: Iterable[Source], *, sealed: bool) -> list[Reported]:
    """The calls somebody wrote down; the sealed part has questions of its own for them, and what is
    written in the open one is about something else.
    """
    return [
        Reported(
            at=str(source.answers.get(f"{part}police_called_at") or ""),
            by=source.name,
            officer="",
            receipt=str(source.answers.get(f"{part}police_receipt") or ""),
        )
        for source in sources
        for part in (("sealed_",) if sealed else ("", "sealed_"))
        if source.answers.get(f"{part}police_called") == "yes"
        or source.answers.get(f"{part}police_receipt")
    ]


def _reports(
    steps: Sequence[Entry], people: Mapping[UUID, str], sources: Mapping[UUID, Source]
) -> list[Reported]:
    """What the office put on record, and calls from visits in which nothing was found."""
    written = [
        Reported(
            at=call["at"], by=people.get(UUID(call["by"]), ""), officer="", receipt=call["receipt"]
        )
        for call in _calls(steps)
        if UUID(call["cause"]) not in sources
    ]
    return written + [
        Reported(
            at=entry.data["called_at"], by=people.get(entry.person, ""),
            officer=entry.data["officer"], receipt=entry.data["receipt"],
        )
        for entry in steps
        if entry.kind == "escalation.reported"
    ]  # fmt: skip


def _calls(steps: Sequence[Entry]) -> list[dict[str, str]]:
    return [call for entry in steps if (call := entry.data.get("police")) and "cause" in call]


def _kept_out(entry: Entry) -> list[UUID]:
    return [UUID(person) for person in entry.data.get("people", [])]


def _step(entry: Entry, people: Mapping[UUID, str]) -> Step:
    assigned = _assigned(entry)
    return Step(
        kind=entry.kind, at=entry.received, person=entry.person,
        name=people.get(entry.person, ""),
        reason="" if entry.kind == "escalation.climb" else str(entry.data.get("reason", "")),
        feedback=str(entry.data.get("feedback", "")), outcome=str(entry.data.get("outcome", "")),
        assigned_to=assigned, assignee=people.get(assigned, "") if assigned else "",
        level=str(entry.data.get("level", "")), due_at=_moment(entry.data.get("due_at")),
        climb=str(entry.data["reason"]) if entry.kind == "escalation.climb" else "",
        kept_out=[people.get(person, "") for person in _kept_out(entry)],
    )  # fmt: skip


def _assigned(entry: Entry) -> UUID | None:
    text = entry.data.get("assigned_to")
    return UUID(text) if text else None
