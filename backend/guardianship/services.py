"""The office's steps on a case. Each is an operation handed to the one door.

All raise `NotFound` for what the actor cannot see, `NotAllowed` for what her role may not do,
`CaseStale` when somebody was quicker, `CaseIncomplete` for what a step lacks, `StepRefused` when it
is not possible, and what `conditions` raises. The audit line is written in the operation's own
transaction (`reactions.audit_steps`).
"""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.utils import timezone

from backend.children import queries as children
from backend.common.errors import NotAllowed, NotFound
from backend.concerns import queries as concerns
from backend.regions import codes as divisions
from sync import oplog
from sync.entries import Draft
from sync.protocol import ids

from . import case_flow, case_life, conditions, errors, limits, scope
from .evidence_services import assessment_record, warning_give
from .limits import configure as limits_configure
from .models import CLOSED, Case
from .order_services import protection_order_apply, protection_order_step
from .submitting import DOOR, complete

__all__ = [
    "assessment_record", "case_approve", "case_decline", "case_open", "case_step", "limits_configure",
    "protection_order_apply", "protection_order_step", "warning_give",
]  # fmt: skip


def case_open(
    *, child: UUID, reason: str, actor: UUID, now: datetime, escalation: UUID | None = None,
    sealed: bool = False, observed: datetime | None = None,
) -> Case:  # fmt: skip
    """Begins a case; the escalation it comes from becomes `case_opened`.

    The case of a sealed escalation is sealed. Raises `CaseOpenAlready` and `EscalationUnsuited`.
    """
    at = observed or now
    conditions.check_time(at, now)
    source = concerns.workable(viewer=actor, escalation=escalation, now=now) if escalation else None
    if source and (source.file != child or source.resolved_at):
        raise errors.EscalationUnsuited()
    sealed = sealed or bool(source and source.sealed)
    division = _division(child, actor, sealed=sealed, now=now)
    data = complete((case_flow.REASON,), {"reason": reason})
    skips = source.skips if source else ""
    same = Case.objects.filter(file=child, sealed=sealed, skips=skips).exclude(status=CLOSED)
    if same.exists():
        raise errors.CaseOpenAlready()
    op = ids.uuid7(now)
    draft = Draft(
        op=op, person=actor, kind="case.open", target=ids.derived(op, "case"), file=child,
        data={
            **data, "sealed": sealed, "division": division,
            "skips": skips,
            "kept_out": [str(person) for person in source.kept_out] if source else [],
            "escalation": str(source.id) if source else None,
            "clocks": limits.started(("police",), county=division[:6], at=at, given={}),
        },
        at=at,
    )  # fmt: skip
    receipt = DOOR.hand_in(draft, now)
    if receipt.code == "case.open_already":
        raise errors.CaseOpenAlready()
    return Case.objects.get(id=draft.target)


def case_step(
    *, case: UUID, step: str, given: Mapping[str, Any], actor: UUID, revision: int, now: datetime,
    observed: datetime | None = None,
) -> Case:  # fmt: skip
    """Takes a step, or puts it before a lead if it is one that she approves.

    `given` are the answers to the step's needs, `observed` is when it happened.
    """
    row, _ = scope.seen(case, actor, now=now)
    at = observed or now
    data = _ready(row, step, given, revision, at, now)
    if step == "assign" and UUID(data["worker"]) not in scope.workers(row, on=_day(now)):
        raise errors.WorkerUnsuited()
    if not case_flow.STEPS[step].approved:
        return _take(row, step, data, actor=actor, revision=revision, at=at, now=now)
    if row.proposed_step:
        raise errors.ProposalWaits()
    data = {"revision": revision, "step": step, "given": data}
    return _submit(row, case_life.PROPOSE, data, actor=actor, at=at, now=now)


def case_approve(*, case: UUID, actor: UUID, revision: int, now: datetime, note: str = "") -> Case:
    """Takes the step that was put before the lead, as of when it happened.

    Nobody approves what she put forward herself, unless the county has no other lead: the operation
    then says so. Raises `NothingProposed`, `OwnProposal`.
    """
    row, reach = scope.seen(case, actor, now=now)
    if not reach.approves(row):
        raise NotAllowed()
    _require_current(row, revision)
    if row.proposed_op is None:
        raise errors.NothingProposed()
    alone = row.proposed_by == actor
    if alone and scope.leads(row, on=_day(now)) - {actor}:
        raise errors.OwnProposal()
    (proposal,) = oplog.load("op = ANY(%s)", [[row.proposed_op]])
    step, given, at = proposal.data["step"], proposal.data["given"], proposal.observed
    conditions.check(row, step, given, at)
    more = {"proposal": str(proposal.op), "note": note.strip(), "alone": alone}
    return _take(row, step, given | more, actor=actor, revision=revision, at=at, now=now)


def case_decline(*, case: UUID, actor: UUID, revision: int, reason: str, now: datetime) -> Case:
    """Sends what was put before the lead back; whoever put it forward may take it back herself."""
    row, reach = scope.seen(case, actor, now=now)
    if not reach.approves(row) and row.proposed_by != actor:
        raise NotAllowed()
    _require_current(row, revision)
    if row.proposed_op is None:
        raise errors.NothingProposed()
    data = {"revision": revision, **complete((case_flow.REASON,), {"reason": reason})}
    return _submit(row, case_life.DECLINE, data, actor=actor, at=now, now=now)


def _division(child: UUID, actor: UUID, *, sealed: bool, now: datetime) -> str:
    """Where the child lives, if the actor works on cases there."""
    reach = scope.reach(actor, on=_day(now))
    lives = children.everybody().filter(id=child).values_list("division", flat=True).first()
    if lives is None or not divisions.covers(reach.works, lives):
        raise NotFound(fields=("child",))
    if sealed and not divisions.covers(reach.leads, lives):
        raise NotAllowed()
    return lives


def _ready(
    row: Case, step: str, given: Mapping[str, Any], revision: int, at: datetime, now: datetime
) -> dict[str, Any]:
    """The step's data. What is refused here leaves no operation behind; the merge decides the rest."""
    _require_current(row, revision)
    if step not in case_flow.possible(row.status):
        raise DOOR.not_possible(case_life.not_possible(row.status, step))
    conditions.check_time(at, now)
    data = complete(case_flow.asked(step, given), given)
    conditions.check(row, step, data, at)
    return data


def _take(
    row: Case, step: str, data: Mapping[str, Any], *, actor: UUID, revision: int, at: datetime,
    now: datetime,
) -> Case:  # fmt: skip
    running = limits.started(
        case_flow.starts(step, data), county=row.division[:6], at=at, given=data
    )
    whole = {"revision": revision, **data, "clocks": running}
    return _submit(row, f"case.{step}", whole, actor=actor, at=at, now=now)


def _submit(
    row: Case, kind: str, data: dict[str, Any], *, actor: UUID, at: datetime, now: datetime
) -> Case:
    draft = Draft(
        op=ids.uuid7(now), person=actor, kind=kind, target=row.id, file=row.file, data=data, at=at
    )
    if DOOR.hand_in(draft, now).code == "protection_order.running":
        raise errors.OrderRunning()
    return Case.objects.get(id=row.id)


def _require_current(row: Case, revision: int) -> None:
    if row.revision != revision:
        raise DOOR.said_stale(row.id, row.revision, row.opened_at)


def _day(now: datetime) -> date:
    return timezone.localdate(now)
