"""What a case is decided on: assessments, and what was said to the guardian."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.utils import timezone

from fieldforms import queries as forms
from fieldforms.vocabulary import codes
from sync.entries import Draft
from sync.protocol import ids

from . import conditions, errors, scope
from .case_flow import Need
from .models import Assessment, GuardianWarning
from .submitting import DOOR, complete

WARNING = (
    Need("kind", "code", "guardian_warning_kind"), Need("by", "code", "guardian_warning_by"),
    Need("given_on", "day"), Need("to", "line"), Need("text", "words"),
    Need("document", "document", required=False),
)  # fmt: skip


def assessment_record(
    *, case: UUID, form: str, version: str, answers: Mapping[str, Any], actor: UUID, now: datetime,
    observed: datetime | None = None,
) -> Assessment:  # fmt: skip
    """Stores a form as it was answered; what is missing in it is told and stops nothing.

    The clock that waits for this form ends with it. Raises `FormUnknown`.
    """
    row, _ = scope.seen(case, actor, now=now)
    at = observed or now
    conditions.check_time(at, now)
    possible = codes("case_evidence")
    manifest = forms.manifests([(form, version)]).get((form, version))
    if form not in possible or manifest is None:
        raise errors.FormUnknown(possible=", ".join(possible))
    # A question that another answer calls for is not missing because nobody answered it.
    skipped = [
        asked["name"]
        for asked in manifest["questions"]
        if asked["relevant"] and asked["name"] not in answers
    ]
    op = ids.uuid7(now)
    draft = Draft(
        op=op, person=actor, kind="assessment.record", target=ids.derived(op, "assessment"),
        file=row.file, at=at,
        data={
            "case": str(row.id), "form": form, "form_version": version, "answers": dict(answers),
            "skipped": skipped,
        },
    )  # fmt: skip
    DOOR.hand_in(draft, now)
    return Assessment.objects.get(id=draft.target)


def warning_give(
    *, case: UUID, given: Mapping[str, Any], actor: UUID, now: datetime
) -> GuardianWarning:
    """Records that a guardian was educated or warned. Raises `TimeWrong` for a day to come."""
    row, _ = scope.seen(case, actor, now=now)
    data = complete(WARNING, given)
    if date.fromisoformat(data["given_on"]) > timezone.localdate(now):
        raise conditions.in_the_future("given_on")
    op = ids.uuid7(now)
    draft = Draft(
        op=op, person=actor, kind="guardian_warning.give",
        target=ids.derived(op, "guardian_warning"), file=row.file,
        data={**data, "case": str(row.id), "sealed": row.sealed}, at=now,
    )  # fmt: skip
    DOOR.hand_in(draft, now)
    return GuardianWarning.objects.get(id=draft.target)
