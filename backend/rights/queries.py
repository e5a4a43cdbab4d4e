"""Requests as they are shown, and the copy itself. Each reading that names a child goes on the audit log."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone

from backend.accounts import queries as accounts
from backend.accounts import seconds
from backend.audit import services as audit
from backend.children import queries as children
from backend.common import encrypted
from backend.common.errors import NotFound
from backend.regions import codes
from sync.uploads import pieces

from . import errors, hindrances, scope, services, store
from .models import APPROVED, ASKED, REFUSED, CopyRequest
from .scope import FILERS, LEADS

__all__ = ["FILERS", "LEADS", "Adult", "Card", "adults", "cards", "listed", "one", "opened"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Adult:
    """One whom a request may be filed for; `relationship` is a code or empty."""

    id: UUID
    name: str
    relationship: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """`hindrances` and `answer` are for those who lead there, `decided_by` likewise: to everybody else
    a request that was refused says nothing but the sentence that all of them say."""

    id: UUID
    child: UUID
    name: str
    guardian: UUID
    guardian_name: str
    relationship: str
    identity_check: str
    note: str
    state: str
    filed_by: UUID
    filed_by_name: str
    filed_at: datetime
    due_at: datetime
    overdue: bool
    decided_at: datetime | None
    decided_by_name: str
    answer: str
    told: str
    hindrances: list[str]
    hindered: bool
    leads: bool
    may_decide: bool
    may_withdraw: bool
    task: UUID | None
    made_at: datetime | None
    ready: bool
    expires_at: datetime | None


def adults(*, viewer: UUID, child: UUID, now: datetime) -> tuple[str, list[Adult]]:
    """The child's name and the adults of its household; audited. Raises `NotFound`."""
    row = scope.child_of(child, actor=viewer, now=now)
    audit.record(
        actor=viewer, action="child.read", subject=child, subject_type="child", now=now,
        county=row.shard,
    )  # fmt: skip
    home = children.households_of([child]).get(child)
    found = [
        Adult(
            id=adult["id"], name=children.name_of(adult["registers"]),
            relationship=relationship(adult["registers"], child),
        )
        for adult in (children.guardians_of(home) if home else [])
    ]  # fmt: skip
    return children.name_of(children.opened([row]).get(child, {})), found


def listed(*, viewer: UUID, now: datetime, state: str = "") -> QuerySet[CopyRequest]:
    found = scope.visible(viewer, now=now)
    return found.filter(state=state) if state else found


def cards(rows: Sequence[CopyRequest], *, viewer: UUID, now: datetime) -> list[Card]:
    """Of a page, without what stands in the way; in a fixed number of statements, audited."""
    audit.record_each(
        [
            audit.Line(
                actor=viewer, subject=row.id, county=row.county, detail={"child": str(row.child)}
            )
            for row in rows
        ],
        action="copy.read", subject_type="copy_request", now=now,
    )  # fmt: skip
    page = _Page(rows, viewer=viewer, now=now)
    return [page.card(row) for row in rows]


def one(*, viewer: UUID, request: UUID, now: datetime) -> Card:
    """With what stands in the way, for a lead who has to decide. Raises `NotFound`."""
    row = scope.visible(viewer, now=now).filter(id=request).first()
    if row is None:
        raise NotFound(fields=("request",))
    (card,) = cards([row], viewer=viewer, now=now)
    if not card.may_decide:
        return card
    reach = accounts.prefixes(viewer, on=timezone.localdate(now), roles=LEADS)
    found = hindrances.of(row, prefixes=reach, now=now)
    return replace(card, hindrances=list(found.told), hindered=bool(found.every))


def opened(*, viewer: UUID, request: UUID, kind: str, now: datetime) -> bytes:
    """The copy, for whoever filed the request and those who lead there.

    Raises `NotFound`, `CopyGone`, and `NotProvided` when something has come to stand in the way.
    """
    row = scope.visible(viewer, now=now).filter(id=request).first()
    if row is None or kind not in store.KINDS:
        raise NotFound(fields=("request",))
    if row.state == REFUSED:
        raise errors.NotProvided()
    if not _ready(row, now):
        raise errors.CopyGone()
    if hindrances.of(row, prefixes=(), now=now).every:
        services.copy_revoke(row, now=now)
        raise errors.NotProvided()
    audit.record(
        actor=viewer, action="copy.open", subject=row.id, subject_type="copy_request", now=now,
        county=row.county, detail={"child": str(row.child), "kind": kind},
    )  # fmt: skip
    try:
        return store.read(row.id, kind, encrypted.key(row.child))
    except (pieces.Damaged, encrypted.Erased) as error:
        raise errors.CopyGone() from error


class _Page:
    """What the cards of some requests are made of."""

    def __init__(self, rows: Sequence[CopyRequest], *, viewer: UUID, now: datetime) -> None:
        files = {row.child for row in rows}
        self._viewer, self._now = viewer, now
        self._children = children.shown_children(files)
        self._adults = children.shown_guardians({row.guardian for row in rows})
        self._people = accounts.names(
            {who for row in rows for who in (row.filed_by, row.decided_by) if who}
        )
        self._ciphers = encrypted.keys(files)
        reach = accounts.prefixes(viewer, on=timezone.localdate(now), roles=LEADS)
        places = children.divisions_of(files)
        filers = sorted({row.filed_by for row in rows})
        self._hang_on = seconds.dependent(viewer, filers, now=now)
        self._led = {file for file in files if codes.covers(reach, places.get(file, ""))}

    def card(self, row: CopyRequest) -> Card:
        child, adult = self._children.get(row.child, {}), self._adults.get(row.guardian, {})
        words = self._ciphers[row.child].open_json(row.sealed) if row.child in self._ciphers else {}
        waits, leads = row.state == ASKED, row.child in self._led
        mine = self._viewer == row.filed_by
        return Card(
            id=row.id, child=row.child, name=children.name_of(child), guardian=row.guardian,
            guardian_name=children.name_of(adult), relationship=relationship(adult, row.child),
            identity_check=row.identity_check, note=words.get("note", ""), state=row.state,
            filed_by=row.filed_by, filed_by_name=self._people.get(row.filed_by, ""),
            filed_at=row.filed_at, due_at=row.due_at, overdue=waits and row.due_at < self._now,
            decided_at=row.decided_at,
            decided_by_name=self._name(row.decided_by) if leads else "",
            answer=words.get("answer", "") if leads else "",
            told=errors.NotProvided().message if row.state == REFUSED else "",
            hindrances=[], hindered=False, leads=leads,
            may_decide=leads and waits and not mine and row.filed_by not in self._hang_on, may_withdraw=waits and mine,
            task=row.task if mine else None, made_at=row.made_at, ready=_ready(row, self._now), expires_at=row.expires_at,
        )  # fmt: skip

    def _name(self, person: UUID | None) -> str:
        return self._people.get(person, "") if person else ""


def _ready(row: CopyRequest, now: datetime) -> bool:
    return row.state == APPROVED and row.expires_at is not None and row.expires_at > now


def relationship(registers: Mapping[str, Any], child: UUID) -> str:
    return str(hindrances.relation_of(registers, child).get("relationship") or "")
