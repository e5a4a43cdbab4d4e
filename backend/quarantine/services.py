"""What a person decides about one of them. Each decision is an operation, handed to the one door.

All raise `NotFound` for what is not the actor's to see, `ReasonNeeded`, and `NotPossible` with the
code of the refusal: `stale` when somebody was quicker, `operation.settled` for what is applied. The
audit line is written in the decision's own transaction (`reactions.audit_decisions`).
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils import timezone

from sync import decide, review, waiting
from sync.decide import Decision
from sync.registry import Refused

from . import errors, queries
from .scope import reach


def item_approve(*, item: UUID, actor: UUID, reason: str, revision: int, now: datetime) -> None:
    """Lets in what waits for a review; of what is applied already it says that somebody has looked."""
    _decide(review.APPROVE, item, actor, reason, revision, now)


def item_replay(*, item: UUID, actor: UUID, reason: str, revision: int, now: datetime) -> None:
    """Tries again as it is: after an upgrade, or when what it needed has come."""
    _decide(review.REPLAY, item, actor, reason, revision, now)


def item_set_aside(*, item: UUID, actor: UUID, reason: str, revision: int, now: datetime) -> None:
    """Ends the matter. What came is kept; a later approval or replay takes this back."""
    _decide(review.SET_ASIDE, item, actor, reason, revision, now)


def item_repair(
    *, item: UUID, actor: UUID, reason: str, revision: int, members: Mapping[str, Any],
    now: datetime,
) -> None:  # fmt: skip
    """Gives members that take the place of the line's own. Also raises `ContentsSealed`."""
    _decide(review.REPAIR, item, actor, reason, revision, now, members)


def _decide(
    kind: str, item: UUID, actor: UUID, reason: str, revision: int, now: datetime,
    members: Mapping[str, Any] | None = None,
) -> None:  # fmt: skip
    found = queries.one(viewer=actor, item=item, now=now).item
    if not reason.strip():
        raise errors.ReasonNeeded()
    if kind == review.REPAIR:
        queries.check_contents(reach(actor, on=timezone.localdate(now)), found)
    decision = Decision(
        kind=kind, actor=actor, reason=reason.strip(), revision=revision, members=members
    )
    try:
        _take(found, decision, now)
    except Refused as refusal:
        raise errors.NotPossible(
            code=refusal.code, fields=tuple(refusal.fields), zh=refusal.zh, en=refusal.en
        ) from refusal


def _take(found: waiting.Item, decision: Decision, now: datetime) -> None:
    if found.what == waiting.OPERATION:
        decide.about_operation(found.id, decision, now=now)
    elif decision.kind != review.SET_ASIDE or found.device is None:
        raise errors.NotForThis()
    else:
        decide.about_line(found.id, decision, device=found.device, shard=found.shard, now=now)
