"""Erasing a child's file by law: on request, or when it may not be kept any longer."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.utils import timezone

from backend.accounts import queries as accounts
from backend.accounts import services as accounts_services
from backend.accounts.confirming import Confirmed, Kind
from backend.accounts.models import Confirmation
from backend.children import queries as children
from backend.common.errors import NotFound
from backend.common.ledger import Fact
from backend.concerns import queries as concerns
from backend.guardianship import queries as cases
from backend.referrals import queries as referrals
from sync import push
from sync.entries import Draft
from sync.protocol import ids

from .errors import NotYetErased, StillOpen
from .models import Erasure

# They see sealed matters too: whoever does not would learn of one by being refused.
ERASERS = ("county_lead",)
# [P] So long either of the two, and whoever is told of it, can still stop it.
WAITS = timedelta(days=7)


def erasure_ask(*, child: UUID, reason: str, actor: UUID, now: datetime) -> Confirmation:
    """Asks for a child's file to be erased; a second person confirms it, and it waits seven days.

    Raises `NotFound` outside the actor's area, `StillOpen`, `ReasonMissing` and `ConfirmationStands`.
    """
    found = _erasable(child, actor=actor, now=now)
    wish = accounts_services.Wish(
        kind="file.erase", subject=child, subject_type="child", divisions=[found.division[:9]]
    )
    return accounts_services.confirmation_ask(wish=wish, reason=reason, actor=actor, now=now)


def _confirmed(confirmed: Confirmed, now: datetime) -> None:
    child_erase(
        child=confirmed.subject, reason=confirmed.reason, actor=confirmed.asked_by,
        confirmed_by=confirmed.decided_by, now=now, decision=confirmed.id,
    )  # fmt: skip


def child_erase(
    *, child: UUID, reason: str, actor: UUID, confirmed_by: UUID, now: datetime,
    decision: UUID | None = None,
) -> list[UUID]:  # fmt: skip
    """Erases a child's file, and the household's with its last child; returns the files.

    What two people decided, by the request `decision`: of the same one only once. There is no way
    back. Raises `NotFound` outside the actor's area, `StillOpen`, and `NotYetErased` when the server
    will finish it later.
    """
    decision = decision or ids.uuid7(now)
    erasure = ids.derived(decision, "erasure")
    done = Erasure.objects.filter(id=erasure).first()
    if done is not None:
        return list(done.files)
    found = _erasable(child, actor=actor, now=now)
    files = [child, *children.left_empty(child, found.household)]
    draft = Draft(
        op=ids.derived(decision, "file.erase"), person=actor, kind="file.erase", target=erasure,
        file=erasure, at=now,
        data={
            "files": [str(file) for file in files], "county": found.shard, "reason": reason,
            "confirmed_by": str(confirmed_by),
        },
    )  # fmt: skip
    _submit(draft, now)
    return files


def _erasable(child: UUID, *, actor: UUID, now: datetime) -> Any:
    """The child's row. Raises `NotFound` and `StillOpen`."""
    area = accounts.prefixes(actor, on=timezone.localdate(now), roles=ERASERS)
    found = children.everybody().filter(children.lives_in(area), id=child).first()
    if found is None:
        raise NotFound(fields=("child",))
    if concerns.has_open(child) or cases.has_open(child) or referrals.has_open(child):
        raise StillOpen()
    return found


KIND = Kind(name="file.erase", perform=_confirmed, waits=WAITS)


def erase_again(fact: Fact) -> None:
    """What the ledger says, in a database that has forgotten it. Its reason is lost with the database.

    Raises `NotYetErased`.
    """
    said = fact.detail
    draft = Draft(
        op=UUID(said["op"]), person=fact.by or UUID(int=0), kind="file.erase",
        target=fact.subject, file=fact.subject, at=fact.at,
        data={
            "files": said["files"], "county": said["county"], "replayed": True,
            **({"confirmed_by": said["confirmed_by"]} if "confirmed_by" in said else {}),
        },
    )  # fmt: skip
    _submit(draft, fact.at)


def _submit(draft: Draft, now: datetime) -> None:
    # A draft that is known already has no receipt: it was carried out before.
    if any(receipt.outcome != "applied" for receipt in push.submit([draft], now=now)):
        raise NotYetErased()
