"""Erasing a child's file by law: on request, or when it may not be kept any longer."""

from datetime import datetime
from uuid import UUID

from django.utils import timezone

from backend.accounts import queries as accounts
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

# They see sealed matters too: whoever does not would learn of one by being refused.
ERASERS = ("county_lead",)


def child_erase(*, child: UUID, reason: str, actor: UUID, now: datetime) -> list[UUID]:
    """Erases a child's file, and the household's with its last child; returns the files.

    There is no way back. Raises `NotFound` outside the actor's area, `StillOpen`, and `NotYetErased`
    when the server will finish it later.
    """
    area = accounts.prefixes(actor, on=timezone.localdate(now), roles=ERASERS)
    found = children.everybody().filter(children.lives_in(area), id=child).first()
    if found is None:
        raise NotFound(fields=("child",))
    if concerns.has_open(child) or cases.has_open(child) or referrals.has_open(child):
        raise StillOpen()
    files = [child, *children.left_empty(child, found.household)]
    erasure = ids.uuid7(now)
    draft = Draft(
        op=ids.uuid7(now), person=actor, kind="file.erase", target=erasure, file=erasure, at=now,
        data={"files": [str(file) for file in files], "county": found.shard, "reason": reason},
    )  # fmt: skip
    _submit(draft, now)
    return files


def erase_again(fact: Fact) -> None:
    """What the ledger says, in a database that has forgotten it. Its reason is lost with the database.

    Raises `NotYetErased`.
    """
    said = fact.detail
    draft = Draft(
        op=UUID(said["op"]), person=fact.by or UUID(int=0), kind="file.erase",
        target=fact.subject, file=fact.subject, at=fact.at,
        data={"files": said["files"], "county": said["county"], "replayed": True},
    )  # fmt: skip
    _submit(draft, fact.at)


def _submit(draft: Draft, now: datetime) -> None:
    # A draft that is known already has no receipt: it was carried out before.
    if any(receipt.outcome != "applied" for receipt in push.submit([draft], now=now)):
        raise NotYetErased()
