"""Calls to the police that a supervisor writes down. One that she writes down later, in a visit in
which nothing new was found, counts for what is open already and was observed before it.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from django.db.models import Q

from sync.entries import Draft
from sync.protocol import ids

from .inputs import Cause
from .judging import police_call
from .models import ENDED, Escalation

# A child's open or sealed matters.
Matter = tuple[UUID, bool]
Call = dict[str, str]


def matter(cause: Cause) -> Matter:
    return cause.entry.file, cause.sealed


def of_round(causes: Sequence[Cause]) -> dict[Matter, list[Call]]:
    """The calls among what came in one round, the earliest first."""
    calls: dict[Matter, list[Call]] = {}
    for cause in sorted(causes, key=lambda cause: cause.entry.observed):
        call = police_call(cause) if cause.fresh else None
        if call is not None:
            calls.setdefault(matter(cause), []).append(call)
    return calls


def since(moment: datetime, calls: Sequence[Call]) -> Call | None:
    """The first one that was written down then or later: an earlier one is about something else."""
    return next(
        (call for call in calls if datetime.fromisoformat(call["observed"]) >= moment), None
    )


def follow(
    calls: Mapping[Matter, Sequence[Call]], *, brought: Collection[Matter], now: datetime
) -> list[Draft]:
    """For what is open and without a call. A finding brings that of a matter in `brought`."""
    left = {place: own for place, own in calls.items() if place not in brought}
    if not left:
        return []
    lacking = Q(reported_at=None) | Q(uncalled_observed__isnull=False)
    rows = Escalation.objects.filter(lacking, file__in={file for file, _ in left})
    return [
        _draft(row, call, now)
        for row in rows.exclude(status__in=ENDED).order_by("id")
        if (call := _of(row, left.get((row.file, row.sealed), ())))
    ]


def _of(row: Escalation, calls: Sequence[Call]) -> Call | None:
    """The call about its latest event that lacks one; else the first about it at all."""
    latest = since(row.uncalled_observed, calls) if row.uncalled_observed else None
    return latest or (since(row.observed_at, calls) if row.reported_at is None else None)


def _draft(row: Escalation, call: Call, now: datetime) -> Draft:
    return Draft(
        op=ids.derived(UUID(call["cause"]), "escalation.call", str(row.id)),
        person=UUID(call["by"]), kind="escalation.call", target=row.id, file=row.file,
        data={"police": call}, at=now,
    )  # fmt: skip
