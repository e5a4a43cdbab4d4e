"""The life of an edition: drafted, rehearsed, approved by a second person, published, retired.

All raise `NotFound` for what the actor cannot see, `NotYours` with the names of those who may, and
`StepElsewhere` when the edition is not where the step begins. Each step claims the edition by the
state it was in.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from backend.audit import services as audit
from backend.common.errors import NotFound
from fieldforms.vocabulary import label
from sync.protocol import ids

from .. import judge, rulesets
from ..models import Rehearsal, RulesEdition
from ..rules.model import digest
from . import checking, errors, scope

Content = Sequence[Mapping[str, Any]] | Mapping[str, Any]


def edition_draft(*, content: Content, division: str, actor: UUID, now: datetime) -> RulesEdition:
    """A new draft: a list of rules, or with a `division` its variant. Raises `RulesFaulty`."""
    own = scope.area(actor, on=timezone.localdate(now))
    if not own.sees(division):
        raise NotFound(fields=("division",))
    if not own.may(division):
        raise _not_yours(division, now)
    checking.refuse_faults(content, division)
    with transaction.atomic():
        made = RulesEdition.objects.create(
            id=ids.uuid7(now), division=division, content=content, sha256=digest(content),
            author=actor, drafted_at=now,
        )  # fmt: skip
        _audit(made, "rules.draft", actor, now)
    return made


def edition_revise(*, edition: UUID, content: Content, actor: UUID, now: datetime) -> RulesEdition:
    """Other content, by whoever changes it: she is the author then, and it has to be rehearsed anew."""
    row = mine(edition, actor, now)
    checking.refuse_faults(content, row.division)
    changes = {
        "content": content, "sha256": digest(content), "author": actor, "drafted_at": now,
        "status": "draft",
    }  # fmt: skip
    return _step(row, ("draft", "rehearsed"), "rules.revise", actor, now, **changes)


def edition_approve(*, edition: UUID, actor: UUID, now: datetime) -> RulesEdition:
    """A second person's yes to exactly what was rehearsed. Raises `NotRehearsed`."""
    row = mine(edition, actor, now)
    if row.author == actor:
        raise _not_yours(row.division, now, without=[actor])
    if row.status in ("draft", "rehearsed") and not _is_rehearsed(row):
        raise errors.NotRehearsed(sha256=row.sha256[:12])
    return _step(
        row, ("rehearsed",), "rules.approve", actor, now,
        status="approved", approved_by=actor, approved_at=now,
    )  # fmt: skip


def edition_publish(*, edition: UUID, actor: UUID, now: datetime) -> RulesEdition:
    """What was approved comes into force and the one before it is retired.

    Checked again: facts, or the rules under a variant, may have changed since. Raises `RulesFaulty`,
    `RuleVersionStands` and `RulesetStands`.
    """
    row = mine(edition, actor, now)
    if row.status != "approved":
        raise _elsewhere(row)
    checking.refuse_faults(row.content, row.division)
    with transaction.atomic():
        if row.division:
            version = _next_variant(row.division, actor, now)
        else:
            version = rulesets.put_in_force(
                row.content, actor=actor, now=now, by="approved"
            ).version
        return _step(
            row, ("approved",), "rules.publish" if row.division else None, actor, now,
            status="published", published_by=actor, published_at=now, version=version,
        )  # fmt: skip


def edition_retire(*, edition: UUID, actor: UUID, now: datetime) -> RulesEdition:
    """Takes back what is not in force, or a variant. Raises `RulesInForce` for the national rules."""
    row = mine(edition, actor, now)
    if row.status == "published" and not row.division:
        raise errors.RulesInForce()
    return _step(
        row, ("draft", "rehearsed", "approved", "published"), "rules.retire", actor, now,
        status="retired", retired_by=actor, retired_at=now,
    )  # fmt: skip


def edition_rehearsed(*, rehearsal: Rehearsal) -> None:
    """A finished rehearsal counts for the content that it ran, and for no other."""
    RulesEdition.objects.filter(
        id=rehearsal.edition_id, sha256=rehearsal.sha256, status="draft"
    ).update(status="rehearsed")


def seen(edition: UUID, actor: UUID, now: datetime) -> RulesEdition:
    own = scope.area(actor, on=timezone.localdate(now))
    row = RulesEdition.objects.filter(scope.visible(own), id=edition).first()
    if row is None:
        raise NotFound(fields=("edition",))
    return row


def mine(edition: UUID, actor: UUID, now: datetime) -> RulesEdition:
    row = seen(edition, actor, now)
    if not scope.area(actor, on=timezone.localdate(now)).may(row.division):
        raise _not_yours(row.division, now)
    return row


def _is_rehearsed(row: RulesEdition) -> bool:
    """Against the rules that are in force now: others would compare with something else."""
    return row.rehearsals.filter(
        sha256=row.sha256, against=judge.in_force().sha256, status="finished"
    ).exists()


def _next_variant(division: str, actor: UUID, now: datetime) -> int:
    """Retires the variant in force; the number of the next one."""
    own = RulesEdition.objects.select_for_update().filter(division=division)
    own.filter(status="published").update(status="retired", retired_by=actor, retired_at=now)
    return (
        RulesEdition.objects.filter(division=division).aggregate(n=Max("version"))["n"] or 0
    ) + 1


def _step(
    row: RulesEdition, before: Sequence[str], action: str | None, actor: UUID, now: datetime,
    **changes: Any,
) -> RulesEdition:  # fmt: skip
    with transaction.atomic():
        claimed = RulesEdition.objects.filter(id=row.id, status__in=before, sha256=row.sha256)
        if row.status not in before or claimed.update(**changes) != 1:
            raise _elsewhere(RulesEdition.objects.get(id=row.id))
        row.refresh_from_db()
        if action:
            _audit(row, action, actor, now)
    return row


def _audit(row: RulesEdition, action: str, actor: UUID, now: datetime) -> None:
    audit.record(
        actor=actor, action=action, subject=row.id, subject_type="rules", now=now,
        county=row.division, detail={"sha256": row.sha256, "version": row.version},
    )  # fmt: skip


def _elsewhere(row: RulesEdition) -> errors.StepElsewhere:
    return errors.StepElsewhere(
        status_zh=label("rules_status", row.status, "zh"),
        status_en=label("rules_status", row.status, "en"),
    )


def _not_yours(division: str, now: datetime, without: Sequence[UUID] = ()) -> errors.NotYours:
    names = scope.who(division, on=timezone.localdate(now), without=without)
    return errors.NotYours(
        who_zh="、".join(names) or "尚无，请先设置一位",
        who_en=", ".join(names) or "nobody yet; set one up",
    )
