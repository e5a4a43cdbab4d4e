"""The queue of what waits for a person. Rows are envelopes; contents are opened for a reason, on the log."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone

from backend.accounts import queries as accounts
from backend.audit import services as audit
from backend.common.errors import NotFound
from backend.regions import queries as regions
from sync import look, waiting
from sync.waiting import STATES, WHAT, Item

from . import errors, sealed
from .scope import ROLES, SEALED_KINDS, Reach, reach

__all__ = [
    "ROLES",
    "STATES",
    "WHAT",
    "Filters",
    "Opened",
    "Row",
    "contents",
    "one",
    "queue",
    "rows",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """Empty means any; `state` is one of `STATES`."""

    state: str = "open"
    what: str = ""
    code: str = ""
    device: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """An item with the names of its place, its author and of who decided last."""

    item: Item
    place: str
    name: str
    decided_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """`line` is JSON without its sealed answers, `text` what is no JSON; `decisions` as in `sync.look`."""

    line: dict[str, Any] | None
    text: str | None
    decisions: list[look.Decided]


def queue(*, viewer: UUID, filters: Filters, now: datetime) -> QuerySet[Any, Any]:
    """The oldest first; for `rows`."""
    seen = reach(viewer, on=timezone.localdate(now))
    wanted = waiting.Filters(
        shards=seen.queue, senders=seen.devices, state=filters.state, what=filters.what, code=filters.code,
        device=filters.device, hidden=SEALED_KINDS, unhidden=seen.sealed,
    )  # fmt: skip
    return waiting.listed(wanted, now=now, alarm_after=settings.SYNC_ALARM_AFTER)


def rows(found: Iterable[tuple[UUID, str, Any]]) -> list[Row]:
    """A page of the viewer's queue, in a fixed number of statements."""
    return _named(waiting.items(found))


def one(*, viewer: UUID, item: UUID, now: datetime) -> Row:
    """Raises `NotFound`, also for what is not hers to see."""
    return _named([_found(reach(viewer, on=timezone.localdate(now)), item)])[0]


def contents(*, viewer: UUID, item: UUID, reason: str, now: datetime) -> Opened:
    """Opened and put on the audit log with the reason.

    Raises `NotFound`, `ReasonNeeded`, and `ContentsSealed` for what only a named lead may read.
    """
    seen = reach(viewer, on=timezone.localdate(now))
    found = _found(seen, item)
    if not reason.strip():
        raise errors.ReasonNeeded()
    opened = _readable(look.contents(found), named=seen.opens_sealed(found))
    audit.record(
        actor=viewer, action="quarantine.read", subject=item, subject_type=found.what, now=now,
        county=found.shard, device=found.device, detail={"reason": reason.strip()},
    )  # fmt: skip
    return opened


def check_contents(seen: Reach, item: Item) -> None:
    """Raises `ContentsSealed`: who may not read what it says may not write it anew either."""
    _readable(look.contents(item), named=seen.opens_sealed(item))


def _readable(opened: look.Contents, *, named: bool) -> Opened:
    if named:
        return Opened(line=opened.line, text=opened.text, decisions=opened.decisions)
    said = [opened.line or {}, *(decided.members or {} for decided in opened.decisions)]
    if any(sealed.is_sealed(one) for one in said):
        raise errors.ContentsSealed()
    if opened.line is None and sealed.names_sealed(opened.text or ""):
        raise errors.ContentsSealed()
    return Opened(
        line=sealed.opened(opened.line),
        text=opened.text if opened.line is None else None,
        decisions=[replace(one, members=sealed.opened(one.members)) for one in opened.decisions],
    )


def _found(seen: Reach, item: UUID) -> Item:
    found = waiting.one(item)
    if found is None or not seen.sees(found):
        raise NotFound(fields=("item",))
    return found


def _named(found: list[Item]) -> list[Row]:
    people = {person for item in found for person in (item.person, item.by) if person}
    names = accounts.names(people)
    places = regions.places({item.shard for item in found})
    return [
        Row(
            item=item, place=places.get(item.shard, ""),
            name=names.get(item.person, "") if item.person else "",
            decided_by=names.get(item.by, "") if item.by else "",
        )
        for item in found
    ]  # fmt: skip
