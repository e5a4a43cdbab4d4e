"""The steps on a referral. Each is an operation handed to the one door.

All raise `NotFound` for what the actor cannot see, `ReferralStale` when somebody was quicker,
`StepIncomplete` for what a step lacks and `StepRefused` when it is not possible. The audit line is
written in the operation's own transaction (`reactions.audit_steps`).
"""

from collections.abc import Collection, Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.utils import timezone

from backend.children import queries as children
from backend.common.errors import NotAllowed, NotFound
from backend.common.language import language
from backend.concerns import queries as concerns
from backend.regions import codes as divisions
from fieldforms.vocabulary import label
from sync.entries import Draft
from sync.protocol import ids

from . import directory, errors, life, minimum, scope
from .directory import organisation_change, organisation_create, organisation_people
from .missing_services import missing_clue, missing_note, missing_step
from .models import Referral
from .submitting import DOOR

__all__ = [
    "missing_clue", "missing_note", "missing_step", "organisation_change", "organisation_create",
    "organisation_people", "referral_answer", "referral_draft", "referral_send", "referral_step",
]  # fmt: skip


def referral_draft(
    *, child: UUID, actor: UUID, now: datetime, kind: str = "referral", need: str = "",
    agency: str = "", escalation: UUID | None = None,
) -> Referral:  # fmt: skip
    """Begins a referral that is not sent yet. One from a sealed escalation is sealed."""
    source = concerns.workable(viewer=actor, escalation=escalation, now=now) if escalation else None
    if source and source.file != child:
        raise NotFound(fields=("escalation",))
    op = ids.uuid7(now)
    draft = Draft(
        op=op, person=actor, kind="referral.draft", target=ids.derived(op, "referral"), file=child,
        data={
            "kind": kind, "need": need, "agency": agency, "auto": False,
            "sealed": bool(source and source.sealed),
            "escalation": str(source.id) if source else None,
            "division": source.division if source else _division(child, actor, now),
        },
        at=now,
    )  # fmt: skip
    DOOR.hand_in(draft, now)
    return Referral.objects.get(id=draft.target)


def referral_send(
    *, referral: UUID, organisation: UUID, due_on: date, purpose: str, fields: Collection[str],
    digest: str, actor: UUID, revision: int, now: datetime, kind: str = "",
    contract: str = "", amount: str = "",
) -> Referral:  # fmt: skip
    """Gives the organisation exactly the fields, as `queries.preview` showed them under `digest`.

    Raises `OrganisationUnsuited`, `DateWrong`, `ContractRequired` and `PreviewChanged`.
    """
    row = scope.seen(referral, actor, now=now)
    _ready(row, "send", revision)
    if not purpose.strip():
        raise _lacking("purpose")
    if due_on < timezone.localdate(now):
        raise errors.DateWrong()
    if organisation not in directory.serving(row.division):
        raise errors.OrganisationUnsuited()
    kind = kind or row.kind
    if kind == "purchased_service" and not (contract.strip() and amount):
        missing = tuple(n for n, v in (("contract", contract.strip()), ("amount", amount)) if not v)
        raise errors.ContractRequired(fields=missing)
    shown = minimum.shown(row.file, fields, on=timezone.localdate(now))
    if minimum.digest(shown) != digest:
        raise errors.PreviewChanged()
    data = {
        "organisation": str(organisation), "due_on": due_on.isoformat(), "purpose": purpose.strip(),
        "kind": kind, "shown": shown,
        **({"contract": contract.strip(), "amount": amount} if kind == "purchased_service" else {}),
    }  # fmt: skip
    return _submit(row, "send", data, actor=actor, revision=revision, now=now)


def referral_step(
    *, referral: UUID, step: str, given: Mapping[str, Any], actor: UUID, revision: int,
    now: datetime,
) -> Referral:  # fmt: skip
    """Any step but `send`, by the office. What an organisation does is marked as told by telephone."""
    row = scope.seen(referral, actor, now=now)
    data = _complete(row, step, given, revision, now)
    if step in life.ANSWERS:
        data["by_telephone"] = True
    return _submit(row, step, data, actor=actor, revision=revision, now=now)


def referral_answer(
    *, referral: UUID, step: str, given: Mapping[str, Any], actor: UUID, revision: int,
    now: datetime,
) -> Referral:  # fmt: skip
    """What the organisation itself does: accept, refuse or done."""
    row = scope.referred(referral, actor, now=now)
    if step not in life.ANSWERS:
        raise NotAllowed(fields=("step",))
    data = _complete(row, step, given, revision, now)
    return _submit(row, step, data, actor=actor, revision=revision, now=now)


def _complete(
    row: Referral, step: str, given: Mapping[str, Any], revision: int, now: datetime
) -> dict[str, Any]:
    """The step's data. What is refused here leaves no operation behind; the merge decides the rest."""
    if step not in life.STEPS or step == "send":
        raise NotFound(fields=("step",))
    _ready(row, step, revision)
    wanted = life.STEPS[step]
    data = {name: given[name] for name in (*wanted.needs, *wanted.may) if given.get(name)}
    if lacking := [name for name in wanted.needs if name not in data]:
        raise _lacking(*lacking)
    if "due_on" in data:
        if data["due_on"] < timezone.localdate(now):
            raise errors.DateWrong()
        data["due_on"] = data["due_on"].isoformat()
    return data


def _lacking(*names: str) -> errors.StepIncomplete:
    said = ", ".join(label("referral_word", name, language()) for name in names)
    return errors.StepIncomplete(fields=names, missing=said)


def _ready(row: Referral, step: str, revision: int) -> None:
    if row.revision != revision:
        raise DOOR.said_stale(row.id, row.revision, row.drafted_at)
    if step not in life.possible(row.status):
        raise DOOR.not_possible(life.not_possible(row.status, step))


def _submit(
    row: Referral, step: str, data: Mapping[str, Any], *, actor: UUID, revision: int, now: datetime
) -> Referral:
    draft = Draft(
        op=ids.uuid7(now), person=actor, kind=f"referral.{step}", target=row.id, file=row.file,
        data={"revision": revision, **data}, at=now,
    )  # fmt: skip
    DOOR.hand_in(draft, now)
    return Referral.objects.get(id=row.id)


def _division(child: UUID, actor: UUID, now: datetime) -> str:
    """Where the child lives, if the actor refers from there."""
    reach = scope.reach(actor, on=timezone.localdate(now))
    lives = children.everybody().filter(id=child).values_list("division", flat=True).first()
    if lives is None or not divisions.covers(reach.works, lives):
        raise NotFound(fields=("child",))
    return lives
