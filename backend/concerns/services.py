"""The office's steps on an escalation. Each is an operation handed to the one door.

All raise `NotFound` for what the actor cannot see, `NotAllowed` for what her role may not do,
`EscalationStale` when somebody was quicker and `StepRefused` when the step is not possible. The
audit line is written in the operation's own transaction (`reactions.audit_steps`).
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.utils import timezone

from backend.accounts import queries as accounts
from backend.accounts.handing_in import Door
from backend.common.errors import NotAllowed, NotFound
from fieldforms.vocabulary import codes
from sync.entries import Draft, Entry
from sync.protocol import ids

from . import danger, errors, life_cycle, scope
from .models import ENDED, Escalation

DOOR = Door(
    stale=errors.EscalationStale,
    refused=errors.StepRefused,
    transitions=("escalation.transition",),
)


def escalation_acknowledge(
    *, escalation: UUID, actor: UUID, revision: int, now: datetime
) -> Escalation:
    """Somebody has seen it and answers for it from now on."""
    row, _ = _found(escalation, actor, now)
    return _step(row, "escalation.acknowledge", {}, actor=actor, revision=revision, now=now)


def escalation_assign(
    *, escalation: UUID, assigned_to: UUID, actor: UUID, revision: int, now: datetime
) -> Escalation:
    """Gives it to somebody who sees it. Raises `AssigneeUnsuited` for anybody else."""
    row, reach = _found(escalation, actor, now)
    if not reach.allows("escalation.assign", row):
        raise NotAllowed()
    if not scope.reach(assigned_to, on=_day(now)).sees(row):
        raise errors.AssigneeUnsuited()
    data = {"assigned_to": str(assigned_to)}
    return _step(row, "escalation.assign", data, actor=actor, revision=revision, now=now)


def escalation_start(*, escalation: UUID, actor: UUID, revision: int, now: datetime) -> Escalation:
    row, _ = _found(escalation, actor, now)
    return _step(row, "escalation.start", {}, actor=actor, revision=revision, now=now)


def escalation_resume(
    *, escalation: UUID, reason: str, actor: UUID, revision: int, now: datetime
) -> Escalation:
    """What joined it is dealt with where the rest is: in the open case, or by the referral.

    Raises `WordsRequired`; `reason` says how.
    """
    row = _ended_by(escalation, actor, now)
    if not reason.strip():
        raise errors.WordsRequired(fields=("reason",), missing="reason")
    data = {"reason": reason.strip()}
    return _step(row, life_cycle.RESUME, data, actor=actor, revision=revision, now=now)


def escalation_resolve(
    *,
    escalation: UUID,
    outcome: str,
    reason: str,
    feedback: str,
    actor: UUID,
    revision: int,
    now: datetime,
) -> Escalation:
    """Ends it. `reason` is for the file, `feedback` is what the reporter is told.

    Raises `OutcomeUnknown`, `WordsRequired` and `FeedbackSealed`.
    """
    row = _ended_by(escalation, actor, now)
    if outcome not in codes("escalation_outcome") or outcome == "unfounded":
        possible = [code for code in codes("escalation_outcome") if code != "unfounded"]
        raise errors.OutcomeUnknown(given=outcome[:40], possible=", ".join(possible))
    data = {"outcome": outcome, **_words(row, reason, feedback)}
    return _step(row, "escalation.resolve", data, actor=actor, revision=revision, now=now)


def escalation_mark_unfounded(
    *, escalation: UUID, reason: str, feedback: str, actor: UUID, revision: int, now: datetime
) -> Escalation:
    """Ends it because nothing was found. Raises `WordsRequired` and `FeedbackSealed`."""
    row = _ended_by(escalation, actor, now)
    data = _words(row, reason, feedback)
    return _step(row, "escalation.unfounded", data, actor=actor, revision=revision, now=now)


def case_opened(opened: Mapping[UUID, Entry], now: datetime) -> list[Draft]:
    """What follows for the escalations that a guardianship case was opened from, by their id.

    For a reaction: it runs in the transaction, and under the lock of the file, that opens the case.
    """
    return _follows("escalation.case_open", "case", opened, now)


def referred(sent: Mapping[UUID, Entry], now: datetime) -> list[Draft]:
    """The same for the escalations that something was referred from."""
    return _follows("escalation.refer", "referral", sent, now)


def _follows(kind: str, name: str, causes: Mapping[UUID, Entry], now: datetime) -> list[Draft]:
    rows = Escalation.objects.filter(id__in=causes).exclude(status__in=ENDED)
    return [
        Draft(
            op=ids.derived(causes[row.id].op, kind), person=causes[row.id].person, kind=kind,
            target=row.id, file=row.file, data={name: str(causes[row.id].target)}, at=now,
        )
        for row in rows
        if row.file == causes[row.id].file
    ]  # fmt: skip


def escalation_report(
    *, escalation: UUID, called_at: datetime, officer: str, receipt: str, actor: UUID,
    revision: int, now: datetime,
) -> Escalation:  # fmt: skip
    """Somebody has told the police. Officer and receipt stay in the operation, sealed.

    Raises `WordsRequired` and `CallInFuture`.
    """
    row, _ = _found(escalation, actor, now)
    needed = {"officer": officer.strip(), "receipt": receipt.strip()}
    missing = tuple(name for name, text in needed.items() if not text)
    if missing:
        raise errors.WordsRequired(fields=missing, missing=", ".join(missing))
    if called_at > now + _CLOCKS_DIFFER:
        raise errors.CallInFuture()
    data = {"called_at": called_at.isoformat(), **needed}
    return _note(row, "escalation.reported", data, actor=actor, revision=revision, now=now)


# An officer's clock may be ahead of the server's.
_CLOCKS_DIFFER = timedelta(minutes=5)


def escalation_keep_out(
    *, escalation: UUID, people: Sequence[UUID], reason: str, actor: UUID, revision: int,
    now: datetime,
) -> Escalation:  # fmt: skip
    """These people are concerned: they neither see it nor are told. Others must be left to work on it.

    Raises `WordsRequired`, `PersonUnknown` and `NobodyLeft`.
    """
    row, reach = _found(escalation, actor, now)
    if not reach.allows("escalation.keep_out", row):
        raise NotAllowed()
    if not reason.strip():
        raise errors.WordsRequired(fields=("reason",), missing="reason")
    if len(accounts.names(people)) < len(set(people)):
        raise errors.PersonUnknown()
    if not scope.left(row, without={*row.kept_out, *people}, on=_day(now)):
        raise errors.NobodyLeft()
    data = {"people": [str(person) for person in people], "reason": reason.strip()}
    return _note(row, "escalation.keep_out", data, actor=actor, revision=revision, now=now)


def concerns_resolve(
    *, escalation: UUID, concerns: Sequence[UUID], reason: str, actor: UUID, now: datetime
) -> list[UUID]:
    """Ends exactly these concerns of the escalation's child; returns those that are still open.

    Whoever may end the escalation may do so. One that is not named stays open, whatever becomes of
    the escalation. Raises `ConcernNotOpen` and `WordsRequired`.
    """
    row = _ended_by(escalation, actor, now)
    if not reason.strip():
        raise errors.WordsRequired(fields=("reason",), missing="reason")
    still_open = [concern.id for concern in danger.endable(row)]
    unknown = [str(concern) for concern in concerns if concern not in still_open]
    if unknown:
        raise errors.ConcernNotOpen(ids=", ".join(unknown))
    op = ids.uuid7(now)
    data = {"concerns": [str(concern) for concern in concerns], "reason": reason.strip()}
    draft = Draft(
        op=op, person=actor, kind="concern.resolve", target=ids.derived(op, "resolution"),
        file=row.file, data=data, at=now,
    )  # fmt: skip
    DOOR.hand_in(draft, now)
    return [concern.id for concern in danger.endable(row)]


def _found(escalation: UUID, actor: UUID, now: datetime) -> tuple[Escalation, scope.Reach]:
    reach = scope.reach(actor, on=_day(now))
    row = Escalation.objects.filter(scope.visible(reach), id=escalation).first()
    if row is None:
        raise NotFound(fields=("escalation",))
    return row, reach


def _ended_by(escalation: UUID, actor: UUID, now: datetime) -> Escalation:
    row, reach = _found(escalation, actor, now)
    if not reach.allows("escalation.resolve", row):
        raise NotAllowed()
    return row


def _words(row: Escalation, reason: str, feedback: str) -> dict[str, str]:
    confidential = row.sealed or row.skips or row.kept_out
    if confidential and feedback.strip():
        raise errors.FeedbackSealed() if row.sealed else errors.FeedbackWithheld()
    needed = {"reason": reason} if confidential else {"reason": reason, "feedback": feedback}
    missing = tuple(name for name, text in needed.items() if not text.strip())
    if missing:
        raise errors.WordsRequired(fields=missing, missing=", ".join(missing))
    return {name: text.strip() for name, text in needed.items()}


def _step(
    row: Escalation, kind: str, data: dict[str, Any], *, actor: UUID, revision: int, now: datetime
) -> Escalation:
    """What is refused here already leaves no operation behind; the merge decides the rest."""
    after = life_cycle.after(kind, row.resume)
    possible = life_cycle.may(row.status, after) and (kind != life_cycle.RESUME or row.resume)
    if row.revision == revision and not possible:
        raise DOOR.not_possible(life_cycle.not_possible(row.status, after))
    return _note(row, kind, data, actor=actor, revision=revision, now=now)


def _note(
    row: Escalation, kind: str, data: dict[str, Any], *, actor: UUID, revision: int, now: datetime
) -> Escalation:
    """Raises `EscalationStale`, and what the merge refuses because somebody was quicker."""
    if row.revision != revision:
        raise DOOR.said_stale(row.id, row.revision, row.opened_at)
    op = ids.uuid7(now)
    draft = Draft(
        op=op, person=actor, kind=kind, target=row.id, file=row.file,
        data={"revision": revision, **data}, at=now,
    )  # fmt: skip
    DOOR.hand_in(draft, now)
    return Escalation.objects.get(id=row.id)


def _day(now: datetime) -> date:
    return timezone.localdate(now)
