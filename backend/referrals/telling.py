"""Who is told of a referral's steps, by messages that name nobody."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.utils import timezone

from backend.accounts import queries as accounts
from backend.notifications.services import Notice, enqueue
from sync.entries import Applied

from . import scope
from .life import WAITING
from .models import Referral

WAITS, SEALED = "referral.waiting", "sealed.waiting"
_TOLD = {"accept": "referral.accepted", "refuse": "referral.refused", "done": "referral.done"}


def tell_steps(applied: Sequence[Applied], now: datetime) -> None:
    """A reaction: the organisation hears that a referral waits, whoever asked what came of it, and
    the county's leads that a notice waits for them. A number of statements that does not depend on
    how many.
    """
    notices = [*_waiting(applied, now), *_answered(applied), *_to_confirm(applied, now)]
    if notices:
        enqueue(notices, now=now)


def _waiting(applied: Sequence[Applied], now: datetime) -> list[Notice]:
    sent = [item for item in applied if item.entry.kind == "referral.send"]
    if not sent:
        return []
    organisations = {item.columns["organisation"] for item in sent}
    people = scope.partners_of(organisations, on=timezone.localdate(now))
    return [
        Notice(
            key=f"referral:{item.entry.op}", person=person, kind=WAITS,
            values={"link": f"/office/partner/{item.entry.target}/"},
        )
        for item in sent
        for person in people[item.columns["organisation"]]
    ]  # fmt: skip


def _answered(applied: Sequence[Applied]) -> list[Notice]:
    """Nobody is told what she wrote down herself."""
    return [
        _notice(f"referral:{item.entry.op}", item.entry.target, item.columns, _TOLD[step])
        for item in applied
        for step in [item.entry.kind.removeprefix("referral.")]
        if item.type == "referral" and step in _TOLD
        if item.columns["asked_by"] != item.entry.person
    ]


def _to_confirm(applied: Sequence[Applied], now: datetime) -> list[Notice]:
    prepared = [item for item in applied if item.entry.kind == "missing.prepare"]
    if not prepared:
        return []
    divisions = {item.columns["division"] for item in prepared}
    leads = accounts.covering_each(divisions, roles=[scope.LEAD], on=timezone.localdate(now))
    return [
        Notice(
            key=f"missing:{item.entry.op}", person=person, kind="missing.waiting", critical=True,
            values={
                "link": f"/office/missing/{item.entry.target}/", "division": item.columns["division"],
            },
            county=item.columns["division"][:6], subject=item.entry.target,
        )
        for item in prepared
        for person in leads[item.columns["division"]]
        if person != item.entry.person
    ]  # fmt: skip


def remind(*, now: datetime) -> int:
    """Whoever asked is told once of each due date that has passed; returns of how many."""
    late = Referral.objects.filter(status__in=WAITING, due_on__lt=timezone.localdate(now))
    columns = ("id", "due_on", "asked_by", "sealed", "division", "kind", "need")
    notices = [
        _notice(f"referral.overdue:{row['id']}:{row['due_on']}", row["id"], row, "referral.overdue")
        for row in late.values(*columns)
    ]
    enqueue(notices, now=now)
    return len(notices)


def _notice(key: str, referral: UUID, columns: dict[str, object], kind: str) -> Notice:
    """Of a sealed one only that something waits."""
    link = f"/office/referrals/{referral}/"
    asked_by, division = columns["asked_by"], str(columns["division"])
    assert isinstance(asked_by, UUID)
    if columns["sealed"]:
        return Notice(key=key, person=asked_by, kind=SEALED, values={"link": link})
    values = {"link": link, "kind": columns["kind"], "division": division}
    return Notice(
        key=key, person=asked_by, kind=kind, values=values, county=division[:6], subject=referral
    )
