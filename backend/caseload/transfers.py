"""Children move across counties by an offer that the other county accepts.

All raise `NotFound` for what the actor cannot see, `NotAllowed` for what is the other county's to
do, `TransferRefused` when somebody was quicker and `StepWaits` when the server must try again.
The audit lines are written in the operation's own transaction (`transfer_reactions`).
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.utils import timezone

from backend.accounts import queries as accounts
from backend.children import queries as children
from backend.common.errors import NotAllowed, NotFound, StepWaits
from backend.common.language import language
from backend.regions import codes
from backend.regions import queries as regions
from sync.entries import Draft
from sync.protocol import ids
from sync.push import submit

from . import scope
from .errors import TransferRefused, TransferTo
from .models import Transfer

# What the other county needs to tell who is meant, and no more.
CARD = ("name", "sex", "birth_date")


def county_areas(viewer: UUID, *, now: datetime) -> list[str]:
    return accounts.prefixes(viewer, on=timezone.localdate(now), roles=scope.COUNTY)


def seen_by(viewer: UUID, *, now: datetime) -> Q:
    """Offers from and to the counties in which the viewer is an officer or lead."""
    areas = [area for area in county_areas(viewer, now=now) if _is_area(area)]
    if codes.COUNTRY in areas:
        return ~Q(status="followed")
    matches = Q(pk__in=[])
    for area in areas:
        matches |= Q(from_county__startswith=area[:6]) | Q(to_county__startswith=area[:6])
    return matches & ~Q(status="followed")


def _is_area(area: str) -> bool:
    """A role narrower than a county decides nothing between counties."""
    return area == codes.COUNTRY or (codes.is_well_formed(area) and len(area) <= 6)


def transfer_offer(*, child: UUID, to: str, reason: str, actor: UUID, now: datetime) -> Transfer:
    """Offers a child to another county; `to` is as much of the new address as is known.

    Raises `TransferTo` for what is no division of another county.
    """
    areas = [area for area in county_areas(actor, now=now) if _is_area(area)]
    row = children.everybody().filter(children.lives_in(areas), id=child).first()
    if row is None:
        raise NotFound(fields=("child",))
    _require_other_county(to, row.shard)
    identity = children.shown_children([child]).get(child, {}).get("identity")
    card = identity if isinstance(identity, dict) else {}
    op = ids.uuid7(now)
    data = {
        "from": row.shard, "division": to, "reason": reason.strip(),
        "card": {name: card[name] for name in CARD if card.get(name)},
    }  # fmt: skip
    return _submit(
        Draft(
            op=op, person=actor, kind="transfer.offer", target=ids.derived(op, "transfer"),
            file=child, data=data, at=now,
        ),
        now=now,
    )  # fmt: skip


def _require_other_county(to: str, county: str) -> None:
    well_formed = codes.is_well_formed(to) and len(to) >= 6
    if not well_formed or to[:6] == county or not regions.exists([to]):
        raise TransferTo(given=to[:20])


def transfer_accept(
    *, transfer: UUID, revision: int, actor: UUID, now: datetime, division: str = ""
) -> Transfer:
    """Takes the child over: from now on this county is responsible.

    `division` says more exactly where the child lives now. Raises `TransferTo` for a place outside
    the county that was asked.
    """
    row = _found(transfer, "to_county", actor, now)
    if division and not (
        codes.is_well_formed(division)
        and division.startswith(row.to_county)
        and regions.exists([division])
    ):
        raise TransferTo(fields=("division",), given=division[:20])
    return _end(row, "accept", {"division": division}, revision, actor, now)


def transfer_refuse(
    *, transfer: UUID, revision: int, reason: str, actor: UUID, now: datetime
) -> Transfer:
    """The child stays where it is; `reason` is told to the county that offered."""
    row = _found(transfer, "to_county", actor, now)
    return _end(row, "refuse", {"reason": reason.strip()}, revision, actor, now)


def transfer_withdraw(*, transfer: UUID, revision: int, actor: UUID, now: datetime) -> Transfer:
    row = _found(transfer, "from_county", actor, now)
    return _end(row, "withdraw", {}, revision, actor, now)


def _found(transfer: UUID, side: str, actor: UUID, now: datetime) -> Transfer:
    row = Transfer.objects.filter(seen_by(actor, now=now), id=transfer).first()
    if row is None:
        raise NotFound(fields=("transfer",))
    areas = [area for area in county_areas(actor, now=now) if _is_area(area)]
    if not codes.covers(areas, getattr(row, side)):
        raise NotAllowed()
    return row


def _end(
    row: Transfer, step: str, data: dict[str, Any], revision: int, actor: UUID, now: datetime
) -> Transfer:
    draft = Draft(
        op=ids.uuid7(now), person=actor, kind=f"transfer.{step}", target=row.id, file=row.file,
        data={"revision": revision, **data}, at=now,
    )  # fmt: skip
    return _submit(draft, now=now)


def _submit(draft: Draft, *, now: datetime) -> Transfer:
    (receipt,) = submit([draft], now=now, english=language() == "en")
    if receipt.outcome == "quarantined":
        said = receipt.message or ""
        raise TransferRefused(fields=tuple(receipt.fields), sentence_zh=said, sentence_en=said)
    if receipt.outcome != "applied":
        raise StepWaits()
    return Transfer.objects.get(id=draft.target)
