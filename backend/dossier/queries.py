"""Dossiers that were made, for those who may open them. Each opening goes on the audit log."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from backend.accounts import queries as accounts
from backend.audit import services as audit
from backend.common import encrypted
from backend.common.errors import NotFound
from backend.guardianship import queries as cases
from sync import oplog
from sync.models import File
from sync.uploads import pieces

from . import errors, scope, store
from .models import Dossier

ROLES = cases.COUNTY


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One dossier; `purpose` is empty where nobody can read it any more."""

    id: UUID
    case: UUID | None
    sealed: bool
    person: UUID
    name: str
    made_at: datetime
    purpose: str
    sha256: str
    size: int
    pages: int


def of_child(*, viewer: UUID, child: UUID, now: datetime) -> list[Item]:
    """The child's dossiers that she may open, the latest first; audited. Raises `NotFound`."""
    row = scope.child_of(child, actor=viewer, now=now)
    rows, opened = scope.readable(viewer, now=now)
    found = scope.open_to(rows.filter(file=child), child=child, actor=viewer, now=now)
    broken = child in opened and any(one.sealed for one in found)
    audit.record(
        actor=viewer, action="dossier.list", subject=child, subject_type="child", now=now,
        county=row.shard, detail={"break_glass": str(opened[child])} if broken else {},
    )  # fmt: skip
    return items(found)


def items(rows: list[Dossier]) -> list[Item]:
    """In a fixed number of statements."""
    names = accounts.names({row.person for row in rows})
    said = oplog.contents(row.op for row in rows)
    return [
        Item(
            id=row.id, case=row.case, sealed=row.sealed, person=row.person,
            name=names.get(row.person, ""), made_at=row.made_at,
            purpose=str(said.get(row.op, {}).get("purpose", "")), sha256=row.sha256, size=row.size,
            pages=row.pages,
        )
        for row in rows
    ]  # fmt: skip


def opened(*, viewer: UUID, dossier: UUID, now: datetime, reason: str = "") -> bytes:
    """The PDF. Raises `NotFound`, `ReasonRequired` for a sealed one, and `NotStored`."""
    rows, broken = scope.readable(viewer, now=now)
    row = rows.filter(id=dossier).first()
    if row is None or not scope.open_to([row], child=row.file, actor=viewer, now=now):
        raise NotFound(fields=("dossier",))
    if row.sealed and not reason.strip():
        raise errors.ReasonRequired()
    county = File.objects.filter(id=row.file).values_list("shard", flat=True).first()
    # Of a sealed one the log says that it was opened and why, not whose it is.
    detail = {"reason": reason.strip()} if reason.strip() else {}
    if row.sealed and row.file in broken:
        detail["break_glass"] = str(broken[row.file])
    audit.record(
        actor=viewer, action="dossier.open", subject=dossier, subject_type="dossier", now=now,
        county=county or "", detail=detail if row.sealed else detail | {"child": str(row.file)},
    )  # fmt: skip
    try:
        return store.read(dossier, encrypted.key(row.file))
    except (pieces.Damaged, encrypted.Erased) as error:
        raise errors.NotStored() from error
