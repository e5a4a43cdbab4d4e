"""Break-glass: one child's sealed matters, opened to one named person for a day.

It grants no role and opens reading alone: for what that person sees of the child anyway, what is
sealed counts as not sealed. What accuses her own level and what she is kept out of stay closed.
"""

from datetime import datetime, timedelta
from uuid import UUID

from django.utils import timezone

from backend.accounts import queries as accounts
from backend.accounts import services as people
from backend.accounts.confirming import Confirmed, Kind
from backend.accounts.models import Confirmation
from backend.audit import services as audit
from backend.children import queries as children
from backend.common.errors import NotFound

from . import queries, scope

NAME = "file.open"
LASTS = timedelta(hours=24)


def opening_ask(
    *, child: UUID, person: UUID, reason: str, actor: UUID, now: datetime
) -> Confirmation:
    """By somebody at a desk of the area, for herself or for another who works there.

    Says nothing of whether there is anything sealed. Raises `NotFound` for a child outside the
    actor's area and a person who is not the child's township or county, `ReasonMissing` and
    `ConfirmationStands`.
    """
    row = queries.office_of(actor, now=now).children.filter(id=child).first()
    if row is None:
        raise NotFound(fields=("child",))
    _check_reader(person, row.division, now)
    wish = people.Wish(
        kind=NAME, subject=child, subject_type="child", person=person, divisions=[row.division[:9]],
        key_of=child,
    )  # fmt: skip
    return people.confirmation_ask(wish=wish, reason=reason, actor=actor, now=now)


def readers(division: str, *, now: datetime) -> dict[UUID, str]:
    """Those to whom a child who lives there may be opened, with their names, by name."""
    roles = (*scope.TOWNSHIP, *scope.COUNTY)
    people = accounts.covering(division, roles=roles, on=timezone.localdate(now))
    return dict(sorted(accounts.names(people).items(), key=lambda item: (item[1], item[0])))


def _open(confirmed: Confirmed, now: datetime) -> None:
    row = children.everybody().filter(id=confirmed.subject).first()
    if row is None or confirmed.person is None:
        raise NotFound(fields=("child",))
    _check_reader(confirmed.person, row.division, now)
    audit.record(
        actor=confirmed.decided_by, action=NAME, subject=row.id, subject_type="child", now=now,
        county=row.division[:6],
        detail={
            "person": str(confirmed.person), "asked_by": str(confirmed.asked_by),
            "confirmation": str(confirmed.id), "until": (now + LASTS).isoformat(),
        },
    )  # fmt: skip


def _check_reader(person: UUID, division: str, now: datetime) -> None:
    on = timezone.localdate(now)
    reads = scope.reach(person, on=on).oversees(division)
    if not reads or not accounts.at_work([person], on=on):
        raise NotFound(fields=("person",))


KIND = Kind(name=NAME, perform=_open, lasts=LASTS, another_role=True, auditors=True)
