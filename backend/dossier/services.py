"""Making a dossier: one PDF of everything on record about a child, and the operation that says so."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils import timezone

from backend.accounts import queries as accounts
from backend.audit import queries as audit
from backend.audit import services as sealing
from backend.common import encrypted
from backend.guardianship import queries as cases
from sync import push
from sync.entries import Draft, Entry
from sync.protocol import ids

from . import content, document, errors, lines, manifest, pdf, pictures, scope, store, words
from .models import Dossier
from .store import forget

__all__ = ["dossier_make", "forget", "may_make"]
# On a cover it has to fit a page.
LONGEST_PURPOSE = 2000
# How long making one waits for the audit log to be closed up to now; else an older head serves.
PATIENCE = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Order:
    """What was asked for, by whom."""

    dossier: UUID
    child: UUID
    household: UUID | None
    division: str
    case: UUID | None
    sealed: bool
    purpose: str
    actor: UUID
    now: datetime

    @property
    def files(self) -> list[UUID]:
        return [self.child, *([self.household] if self.household else [])]


def may_make(
    *, child: UUID, purpose: str, actor: UUID, now: datetime, case: UUID | None = None
) -> Any:
    """The row of the child of whom the actor may have a dossier made.

    Raises `NotFound`, `PurposeRequired` and `PurposeTooLong`.
    """
    row = scope.child_of(child, actor=actor, now=now)
    if case:
        scope.case_of(case, child=child, actor=actor, now=now)
    if not purpose.strip():
        raise errors.PurposeRequired()
    if len(purpose) > LONGEST_PURPOSE:
        raise errors.PurposeTooLong(limit=LONGEST_PURPOSE)
    return row


def dossier_make(
    *, child: UUID, purpose: str, actor: UUID, now: datetime, case: UUID | None = None,
    dossier: UUID | None = None,
) -> Dossier:  # fmt: skip
    """One of the child's whole file; with what is sealed only for a sealed case, by who sees that.

    `dossier` is the id it gets; one that was made under it is left as it is. Raises `NotFound`,
    `PurposeRequired`, `PurposeTooLong` and `DossierWaits`.
    """
    row = may_make(child=child, purpose=purpose, actor=actor, now=now, case=case)
    if dossier and (made_before := Dossier.objects.filter(id=dossier).first()):
        return made_before
    chosen = scope.case_of(case, child=child, actor=actor, now=now) if case else None
    order = _Order(
        dossier=dossier or ids.uuid7(now), child=child, household=row.household, division=row.division,
        case=chosen.id if chosen else None, sealed=bool(chosen and chosen.sealed),
        purpose=purpose.strip(), actor=actor, now=now,
    )  # fmt: skip
    sealing.seal(now=now, patience=PATIENCE)
    head = audit.head(row.shard)
    made, count = _rendered(order, row.shard, head)
    store.write(order.dossier, made, encrypted.key(child))
    try:
        _submit(order, made, count, head)
    except BaseException:
        store.drop(order.dossier)
        raise
    return Dossier.objects.get(id=order.dossier)


def _rendered(order: _Order, county: str, head: audit.Head | None) -> tuple[bytes, int]:
    """The PDF and how many operations it holds."""
    used, entries = _used(order)
    rows = pictures.attached([line.op for line in used], sealed=order.sealed)
    cards, shown = pictures.of(rows)
    told = manifest.make(
        dossier=order.dossier, child=order.child, household=order.household, case=order.case,
        sealed=order.sealed, made_at=order.now, county=county, head=head, lines=used, photos=cards,
    )  # fmt: skip
    sections = content.sections(
        child=order.child, household=order.household, division=order.division, entries=entries,
        pictures=shown, on=timezone.localdate(order.now),
    )  # fmt: skip
    shape = document.of(
        sections, dossier=order.dossier, purpose=order.purpose, maker=_maker(order),
        sealed=order.sealed, now=order.now, head=head, operations=told["operations"],
    )  # fmt: skip
    files = {picture.name: picture.shown for picture in shown if picture.shown}
    return pdf.render(shape, manifest.write(told), files, now=order.now), len(used)


def _used(order: _Order) -> tuple[list[lines.Line], list[Entry]]:
    """Every line that this dossier may hold, in the order they came."""
    stored = lines.of_files(order.files)
    entries = lines.opened(stored)
    left_out = lines.about(entries, scope.hidden(order.child, order.actor, now=order.now))
    reach = cases.reach(order.actor, on=timezone.localdate(order.now))
    left_out |= lines.accusing(entries, reach.works) | lines.derived(entries)
    if not order.sealed:
        left_out |= lines.sealed(entries)
    kept = [entry for entry in entries if entry.op not in left_out]
    known = {entry.op for entry in kept}
    return [line for line in stored if line.op in known], kept


def _maker(order: _Order) -> str:
    name = accounts.names([order.actor]).get(order.actor, "")
    roles = accounts.roles_of(order.actor, on=timezone.localdate(order.now))
    titles: Sequence[str] = [words.said("role", role) for role in cases.COUNTY if role in roles]
    return f"{name}（{'、'.join(titles)}）"


def _submit(order: _Order, made: bytes, count: int, head: audit.Head | None) -> None:
    data = {
        "case": str(order.case) if order.case else None,
        "sealed": order.sealed,
        "purpose": order.purpose,
        "sha256": manifest.sha256(made),
        "size": len(made),
        "pages": pdf.pages(made),
        "operations": count,
        "audit": manifest.audit(head) if head else None,
    }
    draft = Draft(
        op=ids.uuid7(order.now), person=order.actor, kind="dossier.make", target=order.dossier,
        file=order.child, data=data, at=order.now,
    )  # fmt: skip
    receipts = push.submit([draft], now=order.now)
    if any(receipt.outcome != "applied" for receipt in receipts):
        raise errors.DossierWaits()
