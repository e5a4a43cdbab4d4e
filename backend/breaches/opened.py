"""Which children's files an account, a phone or an address had in its hands, by the audit log."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any
from uuid import UUID

from django.db.models import Q

from backend.accounts import queries as accounts
from backend.accounts.models import AccessToken, Device, Person, WebSession
from backend.audit import services as audit
from backend.audit.models import AuditEntry
from backend.children import queries as children
from backend.dossier import words

# Of an address no single subject stands on the log.
NOBODY = UUID(int=0)
# Lines of the log read as one piece: their files are opened together.
PIECE = 500
# What may be about a child whom the log does not name, because the matter is sealed.
_MATTERS = (
    "escalation", "case", "dossier", "attachment", "referral", "resolution", "missing", "operation",
)  # fmt: skip
_FILES = ("child", "file")


@dataclass(frozen=True, slots=True, kw_only=True)
class Whose:
    """Whose doings are looked for. `subject` is what the audit line about the looking is of."""

    people: Sequence[UUID] = ()
    device: UUID | None = None
    subject: UUID = NOBODY
    subject_type: str = ""

    @property
    def condition(self) -> Q:
        return Q(device=self.device) if self.device else Q(actor__in=list(self.people))


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of the log about one child. Of a sealed matter `file` is empty: a county lead knows whose it is."""

    at: datetime
    action: str
    said: str
    actor: UUID | None
    actor_name: str
    device: UUID | None
    file: UUID | None
    name: str
    division: str
    county: str
    matter: str


def account(username: str) -> Whose | None:
    row = Person.objects.filter(username=username).first()
    return Whose(people=[row.id], subject=row.id, subject_type="person") if row else None


def device(id_: UUID) -> Whose | None:
    """Of what a phone was sent and did; not of what its people did at a desk."""
    row = Device.objects.filter(id=id_).first()
    return Whose(device=row.id, subject=row.id, subject_type="device") if row else None


def address(text: str) -> Whose | None:
    """Everybody with a log-in from there that is still kept: ended ones are deleted, and addresses stand
    nowhere else. So it is asked first, before log-ins are ended."""
    people = {
        *WebSession.objects.filter(address=text).values_list("person", flat=True),
        *AccessToken.objects.filter(address=text).values_list("user", flat=True),
    } - {None}
    return Whose(people=sorted(people)) if people else None


def rows(whose: Whose, *, since: datetime, until: datetime) -> Iterator[Row]:
    """In the order it happened, `until` not included; read a piece at a time."""
    found = AuditEntry.objects.filter(whose.condition, at__gte=since, at__lt=until)
    every = found.order_by("at", "id").iterator(chunk_size=PIECE)
    while piece := list(islice(every, PIECE)):
        yield from _piece(piece)


def record(whose: Whose, *, since: datetime, until: datetime, reason: str, now: datetime) -> None:
    """That somebody at the server looked: stands on the log before anything is given out."""
    audit.record(
        actor=None, action="files.opened", subject=whose.subject, subject_type=whose.subject_type,
        now=now, detail={"since": since.isoformat(), "until": until.isoformat(), "reason": reason},
    )  # fmt: skip


def _piece(lines: Sequence[AuditEntry]) -> Iterator[Row]:
    told = [(line, _file(line)) for line in lines]
    files = {file for _, file in told if file}
    cards = children.shown_children(files)
    places = children.divisions_of_files(files)
    people = accounts.names({line.actor for line, _ in told if line.actor})
    for line, file in told:
        if file is None and line.subject_type not in _MATTERS:
            continue
        yield Row(
            at=line.at, action=line.action, said=words.said("audit_action", line.action),
            actor=line.actor, actor_name=people.get(line.actor, "") if line.actor else "",
            device=line.device, file=file, name=children.name_of(cards.get(file, {})) if file else "",
            division=places.get(file, "") if file else "", county=line.county,
            matter="" if file else f"{line.subject_type} {line.subject}",
        )  # fmt: skip


def _file(line: AuditEntry) -> UUID | None:
    if line.subject_type in _FILES:
        return line.subject
    detail: Mapping[str, Any] = line.detail
    try:
        return UUID(str(detail.get("child")))
    except ValueError:
        return None
